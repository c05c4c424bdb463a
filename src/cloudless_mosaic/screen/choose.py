"""Which screen a command gets."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console

from cloudless_mosaic.screen.events import JsonScreen
from cloudless_mosaic.screen.live import LiveScreen
from cloudless_mosaic.screen.plain import PlainScreen
from cloudless_mosaic.screen.protocol import Screen


def make_screen(*, verbose: bool, quiet: bool, as_json: bool, stream: TextIO | None = None) -> Screen:
    """The screen for a command's options and the kind of its output."""
    # a path with ":100:" in it is no picture
    console = Console(file=stream, quiet=quiet, highlight=False, soft_wrap=True, emoji=False)
    if as_json:
        return JsonScreen(console)
    # a dumb terminal can't move its cursor, so bars would fill it line by line
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveScreen(console, verbose=verbose)
    return PlainScreen(console, verbose=verbose)
