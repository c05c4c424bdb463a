"""Paths on the command line."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import click

from cloudless_mosaic.domain.request.checks import expanded, require_local
from cloudless_mosaic.errors import UsageError


class LocalPath(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """A path of this computer: ``~`` is expanded and ``file:///`` taken off; other addresses are refused."""

    name = "path"

    def convert(self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path.

        Raises:
            UsageError: if it is the address of something elsewhere, or isn't text.
        """
        del ctx
        name = param.name if param and param.name else "path"
        text = str(value)
        if text.startswith("file:///"):
            text = unquote(text.removeprefix("file://"))
        if not text:
            raise UsageError(f"`{name}` is empty; give a path, or leave the option out")
        require_local(name, text)
        return expanded(Path(text))
