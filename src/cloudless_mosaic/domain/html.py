"""Tables that notebooks show. All text is escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

_LARGEST_PICTURE = 1 << 20
"""Bytes of a picture that goes into a notebook."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A cell with a picture."""

    path: Path
    """A file of PNG."""


def html_table(
    title: str, header: Sequence[str], rows: Iterable[Sequence[object]], notes: Iterable[str] = ()
) -> str:
    """A table for a notebook.

    Args:
        title: Its caption.
        header: Names of the columns; none for a table without.
        rows: Cells, shown as text or as pictures.
        notes: Lines below it.
    """
    top = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    lines = "".join(f"<div>{escape(note)}</div>" for note in notes)
    caption = f'<caption style="text-align: left"><b>{escape(title)}</b></caption>'
    return f"<div><table>{caption}{f'<tr>{top}</tr>' if top else ''}{body}</table>{lines}</div>"


def _cell(value: object) -> str:
    if not isinstance(value, Picture):
        return f'<td style="text-align: left">{escape(str(value))}</td>'
    try:
        data = value.path.read_bytes() if value.path.stat().st_size <= _LARGEST_PICTURE else b""
    except OSError:
        data = b""
    encoded = b64encode(data).decode("ascii")
    image = f'<img alt="" style="max-height: 12em" src="data:image/png;base64,{encoded}">' if data else ""
    return f"<td>{image}</td>"
