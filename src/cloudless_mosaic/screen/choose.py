"""Which screen a command gets."""

from __future__ import annotations

from typing import TextIO

from cloudless_mosaic.screen.protocol import Screen
from cloudless_mosaic.screen.quiet import QuietScreen


def make_screen(
    *, verbose: bool, quiet: bool, as_json: bool, log_of: str = "", stream: TextIO | None = None
) -> Screen:
    """The screen for a command's options and the kind of its output.

    Args:
        verbose: True for every scene that is left out.
        quiet: True for errors only.
        as_json: True for JSON lines.
        log_of: Id of the run whose events go to standard error, in place of all but JSON lines; empty for
            no log.
        stream: Where the screen is; ``None`` is standard output.
    """
    if log_of:
        from cloudless_mosaic.screen.log import LogScreen  # noqa: PLC0415 - rarely needed

        log = LogScreen(log_of)
        if quiet or not as_json:
            return log
        from cloudless_mosaic.screen.both import BothScreens  # noqa: PLC0415 - as above

        return BothScreens(make_screen(verbose=verbose, quiet=False, as_json=True, stream=stream), log)
    if quiet:
        return QuietScreen()
    # rich loads slowly, and each screen needs a part of it
    from cloudless_mosaic.screen.console import has_cursor, open_console  # noqa: PLC0415

    console = open_console(stream)
    if as_json:
        from cloudless_mosaic.screen.events import JsonScreen  # noqa: PLC0415 - as above

        return JsonScreen(console)
    if has_cursor(console):
        from cloudless_mosaic.screen.live import LiveScreen  # noqa: PLC0415 - as above

        return LiveScreen(console, verbose=verbose)
    from cloudless_mosaic.screen.plain import PlainScreen  # noqa: PLC0415 - as above

    return PlainScreen(console, verbose=verbose)
