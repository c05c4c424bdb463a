"""Scenes: acquisitions over one granule, reduced from STAC items to what the mosaic needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from shapely import union_all
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.domain.bit_classes import Bits
from cloudless_mosaic.domain.pixels import UNDECLARED, DeclaredPixels
from cloudless_mosaic.net.redaction import redact

Affine6 = tuple[float, float, float, float, float, float]
"""Pixel width, 0, x of the left edge, 0, minus pixel height, y of the top edge; units of the CRS."""

GRANULE_WIDTH = 109_800.0
"""Metres along an edge of a granule."""

GRANULE_PIXELS = 10_980
"""Pixels along an edge of a granule's largest rasters, those of 10 m."""


@dataclass(frozen=True, slots=True)
class SourceGrid:
    """The north-up pixel grid of a raster file (or of one of its overviews)."""

    crs: str
    """Authority code, for example ``EPSG:32610``, or WKT2 where there is none."""
    transform: Affine6
    """From pixel corner (column, row) to CRS coordinates."""
    shape: tuple[int, int]
    """Rows, columns."""

    @property
    def resolution(self) -> float:
        """Pixel width in CRS units."""
        return self.transform[0]

    @property
    def pixel(self) -> tuple[float, float]:
        """Width and height of a pixel, in CRS units."""
        return self.transform[0], -self.transform[4]

    @property
    def origin(self) -> tuple[float, float]:
        """Corner of the first pixel, left x and top y, in CRS units."""
        return self.transform[2], self.transform[5]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top, in CRS units."""
        left, top = self.origin
        rows, columns = self.shape
        return left, top + rows * self.transform[4], left + columns * self.transform[0], top


@dataclass(frozen=True, slots=True)
class SourceRaster:
    """A single-band raster file behind an asset."""

    href: str
    """Unsigned address or path."""
    grid: SourceGrid | None
    """Native grid as the item declares it; ``None`` where it declares none."""
    pixels: DeclaredPixels = UNDECLARED
    """What the item declares about the pixels."""
    alternates: tuple[str, ...] = ()
    """Other addresses of the same file, for where the first can't be read, in the order to try them."""
    bits: Bits = ()
    """What the bits of a classification stand for; empty where it holds codes, and for bands."""

    def __repr__(self) -> str:
        # some catalogues give addresses that they have signed, and workers log the tasks that fail
        return f"SourceRaster({redact(self.href)!r}, {self.grid!r})"


@dataclass(frozen=True, slots=True)
class Scene:
    """One acquisition over one granule."""

    id: str
    """Id of the STAC item."""
    collection: str
    """Collection of the STAC item."""
    datetime: datetime
    """Sensing time, UTC."""
    cloud_cover: float | None
    """Cloudy share of the scene in percent; ``None`` where the catalogue does not know it."""
    platform: str
    """Satellite in lower case, for example ``sentinel-2a``."""
    granule: str
    """MGRS tile, for example ``10TET``."""
    overpass: str
    """Same for all granules that one satellite took in one pass."""
    datastrip: str
    """Start of the sensing strip; distinguishes two halves of one granule from two processings of it."""
    baseline: str
    """Processing baseline, for example ``05.09``; empty where unknown."""
    generated: str
    """Time of processing as ISO text, for choosing among reprocessed twins; may be empty."""
    footprint: BaseGeometry = field(compare=False)
    """Valid area in EPSG:4326."""
    rasters: Mapping[str, SourceRaster]
    """Reflectance bands by Sentinel-2 name (``B04``)."""
    scl: SourceRaster | None
    """Scene classification; ``None`` where the item has none."""
    cloud_probability: SourceRaster | None = field(default=None, kw_only=True)
    """Cloud probability in percent; ``None`` where the mask doesn't look at it."""
    offset: int
    """Digital number to add for ``reflectance = 0.0001 * value``: 0 or -1000."""
    offset_reason: str
    """Reason for this offset."""
    href: str = ""
    """Address of the STAC item itself, without credentials; may be empty."""
    view: float | None = None
    """Mean angle between the line of sight and the vertical, degrees; ``None`` where unknown."""


@dataclass(frozen=True, slots=True)
class DroppedScene:
    """A scene that the search found and the mosaic does not use."""

    id: str
    """Id of the STAC item."""
    datetime: datetime | None
    """Sensing time, UTC, where known."""
    reason: str
    """One line for people."""


AnyScene = TypeVar("AnyScene", Scene, DroppedScene)

_TWIN_OVERLAP = 0.8
"""Share of the footprint covered by better scenes that makes a twin; at least 0.93 in real catalogues."""

_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SceneSet:
    """The result of a search: usable scenes in a fixed order, and the rest with reasons."""

    scenes: tuple[Scene, ...]
    """Ordered by time and id, whatever the order of the search."""
    dropped: tuple[DroppedScene, ...] = ()
    """Every scene that was found and is not used, in the same order."""
    warnings: tuple[str, ...] = ()
    """Notes on the search that the user has to see, for example that it was cut."""
    spare: tuple[Scene, ...] = ()
    """Scenes that only fill pixels, in the same order: of other days, or with more cloud."""

    @classmethod
    def of(
        cls,
        scenes: Iterable[Scene],
        dropped: Iterable[DroppedScene] = (),
        warnings: Iterable[str] = (),
    ) -> SceneSet:
        """Orders scenes by time and id, and drops duplicates."""
        kept, twins = _without_twins(scenes)
        return cls(tuple(_in_order(kept)), tuple(_in_order([*dropped, *twins])), tuple(warnings))


def _in_order(scenes: Iterable[AnyScene]) -> list[AnyScene]:
    """By time and id; scenes of unknown time first."""
    return sorted(scenes, key=lambda scene: (scene.datetime or _EARLIEST, scene.id))


def _without_twins(scenes: Iterable[Scene]) -> tuple[list[Scene], list[DroppedScene]]:
    """Keeps the highest baseline, then the newest, of scenes of one strip over the same ground.

    Halves of a granule complement each other and are both needed.
    """
    groups: dict[tuple[str, str, str], list[Scene]] = {}
    best_first = sorted(scenes, key=lambda scene: (scene.baseline, scene.generated, scene.id), reverse=True)
    dropped = []
    for scene in best_first:
        better = groups.setdefault((scene.overpass, scene.granule, scene.datastrip), [])
        if better and _is_covered(scene, better):
            dropped.append(DroppedScene(scene.id, scene.datetime, _twin_reason(scene, better[0])))
        else:
            better.append(scene)
    return [scene for kept in groups.values() for scene in kept], dropped


def _is_covered(scene: Scene, better: Iterable[Scene]) -> bool:
    shared = union_all([other.footprint for other in better]).intersection(scene.footprint)
    return bool(shared.area >= _TWIN_OVERLAP * scene.footprint.area)


def _twin_reason(scene: Scene, better: Scene) -> str:
    if scene.baseline != better.baseline:
        return f"reprocessed twin of {better.id}, of baseline {better.baseline}"
    if scene.generated != better.generated:
        return f"reprocessed twin of {better.id}, which is newer"
    elsewhere = f" in {better.collection}" if better.collection != scene.collection else ""
    return f"the same scene as {better.id}{elsewhere}"
