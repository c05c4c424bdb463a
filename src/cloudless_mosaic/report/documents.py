"""Fields of untrusted documents: a missing field, or one of another type, counts as not given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

Document = dict[str, Any]

_LARGEST = 1e15
"""Far above all numbers in the documents of mosaics."""


def inside(place: PurePosixPath, href: object) -> PurePosixPath | None:
    """The target of a link, relative to the root of the folder; ``None`` if it is outside or invalid."""
    if not isinstance(href, str) or not href or not href.isprintable() or "\\" in href:
        return None
    try:
        parts = urlsplit(href)
    except ValueError:
        return None
    path = PurePosixPath(os.path.normpath(place / unquote(parts.path)))
    outside = parts.scheme or parts.netloc or path.is_absolute() or path.parts[:1] in {(), ("..",)}
    return None if outside else path


def as_text(value: object) -> str:
    """A text; empty for any other value."""
    return value if isinstance(value, str) else ""


def as_number(value: object) -> float:
    """A plausible number; 0 for any other value, including NaN."""
    if isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST < value < _LARGEST:
        return float(value)
    return 0.0


def as_plain(value: object) -> dict[str, str | float]:
    """Texts and numbers of an object."""
    fields = as_object(value).items()
    return {name: one if isinstance(one, str) else as_number(one) for name, one in fields if _is_plain(one)}


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def as_numbers(value: object, length: int) -> list[float]:
    """The first numbers of a list; zeros if it is shorter, or not a list."""
    values: Sequence[object] = value if isinstance(value, list) and len(value) >= length else [0] * length
    return [as_number(one) for one in values[:length]]


def as_object(value: object) -> Document:
    """An object; empty for any other value."""
    return value if isinstance(value, dict) else {}


def as_objects(value: object) -> list[Document]:
    """The objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
