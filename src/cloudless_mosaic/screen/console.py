"""The console that all screens write to."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console


def open_console(stream: TextIO | None, *, quiet: bool = False) -> Console:
    """A console that prints text as it is.

    Args:
        stream: Where to write; ``None`` is the standard output.
        quiet: True for one that prints nothing.
    """
    # without emoji=False, ":100:" in a path would be replaced by a picture
    return Console(file=stream, quiet=quiet, highlight=False, soft_wrap=True, emoji=False)


def has_cursor(console: Console) -> bool:
    """True where bars can be redrawn; a dumb terminal would be filled with them line by line."""
    # console.is_terminal is true under FORCE_COLOR too, which brings colours to a log
    return console.file.isatty() and not console.is_dumb_terminal
