"""Lines for collectors of logs: one JSON object an event, with the time, the level and the run."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, Self, TextIO

from cloudless_mosaic.domain.results import LostObservation
from cloudless_mosaic.errors import naming_options
from cloudless_mosaic.net.redaction import redact

Level = Literal["info", "warning", "error"]
"""How much an event matters; an error ends the run."""


class LogLines:
    """Writes events to standard error; what both programs share."""

    def __init__(self, run: str, stream: TextIO | None = None) -> None:
        """Takes a stream.

        Args:
            run: Id of the run, in every line.
            stream: Where lines go; ``None`` is standard error.
        """
        self._run = run
        self._stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Does nothing; nothing is held."""

    def note(self, message: str) -> None:
        """Writes a note."""
        warning = message.startswith("warning: ")
        self.write("note", "warning" if warning else "info", message=message.removeprefix("warning: "))

    def ended(self, message: str, exit_code: int) -> None:
        """Writes the error that ends the run."""
        self.write("error", "error", message=message, exit_code=exit_code)

    def write(self, event: str, level: Level = "info", **fields: Any) -> None:  # noqa: ANN401 - any JSON value
        """Writes one line, without credentials."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"time": time, "level": level, "run": self._run, "event": event, **_redacted(fields)}
        print(naming_options(json.dumps(line)), file=self._stream or sys.stderr, flush=True)

    def _write_losses(self, lost: Iterable[LostObservation], **where: Any) -> None:  # noqa: ANN401 - likewise
        """Writes a line for each observation that could not be read."""
        for one in lost:
            self.write("lost", "warning", **where, scene=one.scene_id, reason=one.reason)


def _redacted(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(one) for key, one in value.items()}
    return [_redacted(one) for one in value] if isinstance(value, list | tuple) else value
