"""Which screen a command gets."""

from __future__ import annotations

from typing import TextIO

from cloudless_mosaic.screen.protocol import Screen
from cloudless_mosaic.screen.quiet import QuietScreen


def make_screen(*, verbose: bool, quiet: bool, as_json: bool, stream: TextIO | None = None) -> Screen:
    """The screen for a command's options and the kind of its output."""
    if quiet:
        return QuietScreen()
    from rich.console import Console  # noqa: PLC0415 - rich loads slowly, and each screen needs a part of it

    # a path with ":100:" in it is no picture
    console = Console(file=stream, highlight=False, soft_wrap=True, emoji=False)
    if as_json:
        from cloudless_mosaic.screen.events import JsonScreen  # noqa: PLC0415 - as above

        return JsonScreen(console)
    # a dumb terminal can't move its cursor, so bars would fill it line by line
    if console.is_terminal and not console.is_dumb_terminal:
        from cloudless_mosaic.screen.live import LiveScreen  # noqa: PLC0415 - as above

        return LiveScreen(console, verbose=verbose)
    from cloudless_mosaic.screen.plain import PlainScreen  # noqa: PLC0415 - as above

    return PlainScreen(console, verbose=verbose)
