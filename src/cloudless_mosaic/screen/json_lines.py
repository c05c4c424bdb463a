"""JSON lines: what both programs share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from rich.console import Console

from cloudless_mosaic.domain.results import LostObservation, SceneNote
from cloudless_mosaic.errors import naming_options
from cloudless_mosaic.geo.geobox import GeoBox


class JsonLines:
    """Writes one JSON object per line."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Does nothing; nothing is held."""

    def note(self, message: str) -> None:
        """Writes a note."""
        self._write("note", message=message)

    def _write(self, event: str, **fields: Any) -> None:  # noqa: ANN401 - any JSON value
        self._console.out(naming_options(json.dumps({"event": event, **fields})))


def grid_fields(geobox: GeoBox) -> dict[str, Any]:
    """CRS, shape (rows, columns) and affine transform of a grid."""
    return {
        "crs": str(geobox.crs),
        "shape": list(geobox.shape),
        "transform": list(geobox.affine)[:6],
    }


def lost_fields(lost: Iterable[LostObservation]) -> list[dict[str, str]]:
    """Observations of one block that could not be read."""
    return [{"scene": one.scene_id, "reason": one.reason} for one in lost]


def note_fields(notes: Iterable[SceneNote]) -> list[dict[str, Any]]:
    """Notes on scenes."""
    return [{"scene": note.scene_id, "note": note.text, "warning": note.warning} for note in notes]
