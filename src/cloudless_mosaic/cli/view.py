"""The preview page of a folder: ``--report`` and ``cloudless-mosaic view``."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cloudless_mosaic.cli.paths import LocalPath
from cloudless_mosaic.cli.process import interrupt_on_signals

if TYPE_CHECKING:
    from cloudless_mosaic.screen import Screen


def add_report(folder: Path, screen: Screen) -> None:
    """Writes the page of the mosaics in a folder, and says how to look at it.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    from cloudless_mosaic.report import write_report  # noqa: PLC0415 - keeps --help quick

    write_report(folder)
    screen.note(f"report: cloudless-mosaic view {shlex.quote(str(folder))}")


def check_report(folder: Path) -> None:
    """Makes sure, before anything is made, that there can be a page.

    Raises:
        UsageError: if there can't.
    """
    from cloudless_mosaic.report import check_report as check  # noqa: PLC0415 - as above

    check(folder)


@click.command()
@click.argument("folder", type=LocalPath(), default=Path(), metavar="[DIR]")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port on this computer.  [default: a free one]"
)
def view(folder: Path, port: int) -> None:
    """Serves a folder of mosaics with its preview page to the browser of this computer, until Ctrl-C."""
    from cloudless_mosaic.report.server import FolderServer  # noqa: PLC0415 - keeps --help quick

    interrupt_on_signals()
    with FolderServer(folder, port) as server, suppress(KeyboardInterrupt):
        click.echo(f"{server.address}  (Ctrl-C ends it)")
        server.serve_forever()
