"""How a run says to those who started it how it ended: its log, ``run.json`` and Kubernetes."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from cloudless_mosaic.net.redaction import redact

if TYPE_CHECKING:
    from cloudless_mosaic.domain.results import MosaicResult

TERMINATION = "CLOUDLESS_MOSAIC_TERMINATION_LOG"
"""Environment variable with another place of the termination message."""

_DEFAULT = "/dev/termination-log"
"""Where Kubernetes reads the message of a container that has ended; it exists in pods only."""

_LARGEST = 4096
"""Bytes that Kubernetes takes."""


@dataclass(slots=True)
class _Run:
    """The run of this process."""

    id: str = field(default_factory=lambda: uuid4().hex[:12])
    """In the log, ``run.json`` and the termination message."""
    logs: bool = False
    """True where events and errors go to the log."""


_RUN = _Run()


def start_log(*, log_json: bool) -> str:
    """Has errors go to the log as well, if there is one.

    Returns:
        Id of the run where there is a log; else empty.
    """
    _RUN.logs = log_json
    return _RUN.id if log_json else ""


def log_error(message: str, exit_code: int) -> bool:
    """Writes the error that ends the run to the log.

    Returns:
        False where there is no log.
    """
    if _RUN.logs:
        from cloudless_mosaic.screen.log_lines import LogLines  # noqa: PLC0415 - rarely needed

        LogLines(_RUN.id).ended(message, exit_code)
    return _RUN.logs


def write_termination(message: str, exit_code: int) -> None:
    """Writes how the run ended to where Kubernetes looks, which shows it with the state of the container."""
    path = Path(os.environ.get(TERMINATION) or _DEFAULT)
    text = json.dumps({"run": _RUN.id, "exit_code": exit_code, "message": redact(message)[:1000]})
    # nothing depends on it, and outside of a pod there is no such file
    with suppress(OSError):
        if path.is_file():
            path.write_bytes(text.encode()[:_LARGEST])


def say_how_it_ended(result: MosaicResult) -> None:
    """Writes the termination message of a run that was successful."""
    mosaics = sum(not period.empty for period in result.periods)
    observations = sum(period.observations for period in result.periods)
    lost = sum(len(period.lost) for period in result.periods)
    write_termination(f"{mosaics} mosaics, {lost} of {observations} observations lost", 0)


def add_run_file(result: MosaicResult, started: datetime) -> None:
    """Writes ``run.json``.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    from cloudless_mosaic.report.run_file import RunTimes, write_run_file  # noqa: PLC0415 - rarely needed

    write_run_file(result, RunTimes(_RUN.id, started))
