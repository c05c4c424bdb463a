"""Geometries of any kind, as files and WKT have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pyproj import CRS
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.domain.areas.polygons import Area, Part, make_area
from cloudless_mosaic.errors import UsageError

_NO_CRS = "AOI names no CRS; taken as WGS 84"


@dataclass(frozen=True, slots=True)
class Layer:
    """Geometries that share a CRS."""

    geometries: Sequence[BaseGeometry | None]
    """Two-dimensional, x before y; ``None`` for a feature without one."""
    crs: CRS | None
    """Their CRS; ``None`` for degrees of WGS 84."""
    stated: bool = True
    """False where the file names no CRS."""


def area_of_layers(layers: Iterable[Layer], notes: Sequence[str] = ()) -> Area:
    """The area of all polygons; other geometries are left out with a note.

    Args:
        layers: Geometries and their CRSs.
        notes: What the user has to know about how they were read.

    Raises:
        UsageError: if they have no area, or their place is ambiguous.
    """
    parts: list[Part] = []
    said = list(notes)
    left_out: Counter[str] = Counter()
    unlocated = 0
    for layer in layers:
        unlocated += sum(geometry is None for geometry in layer.geometries)
        leaves = [leaf for geometry in layer.geometries for leaf in _leaves(geometry)]
        polygons = tuple(leaf for leaf in leaves if isinstance(leaf, Polygon))
        left_out.update(leaf.geom_type for leaf in leaves if not isinstance(leaf, Polygon))
        if polygons:
            parts.append(Part(polygons, layer.crs))
            said += [] if layer.stated else [_NO_CRS]
    kinds = ", ".join(f"{count} x {kind!r}" for kind, count in sorted(left_out.items()))
    if not parts:
        raise UsageError(f"AOI has no polygon{f', only {kinds}' if kinds else ''}; give polygons")
    said += [f"AOI holds {kinds} without area; left out"] if kinds else []
    said += [f"AOI holds {unlocated} features without geometry; left out"] if unlocated else []
    try:
        return make_area(parts, said)
    except UsageError as error:
        # what is outside of the world in degrees is probably in the metres of a CRS
        unstated = [note for note in said if note == _NO_CRS]
        raise UsageError(f"{error.marked}; {_NO_CRS}") from None if unstated else error


def _leaves(geometry: BaseGeometry | None) -> Iterator[BaseGeometry]:
    if geometry is None or geometry.is_empty:
        return
    if hasattr(geometry, "geoms"):
        for part in geometry.geoms:
            yield from _leaves(part)
    else:
        yield geometry
