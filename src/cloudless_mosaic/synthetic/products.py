"""Products: one processing of one overpass over one extent, with its names and figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyproj import Transformer
from shapely import segmentize, transform
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box

from cloudless_mosaic.domain.bands import BANDS
from cloudless_mosaic.synthetic.acquisitions import Acquisition, Swath
from cloudless_mosaic.synthetic.granules import Extent
from cloudless_mosaic.synthetic.ground import Bytes
from cloudless_mosaic.synthetic.world import AROUND, geographic_position, heading_vector, world_position

SCL = "SCL"
"""Name of the scene classification among the rasters of a product."""

_EDGE_STEP = 10_000.0
"""Metres between the corners of a footprint along its edges."""

_STAMP = "%Y%m%dT%H%M%S"

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Product:
    """The content of one item."""

    acquisition: Acquisition
    """The overpass and its processing."""
    extent: Extent
    """The part of the granule."""
    class_counts: tuple[int, ...] = (0,) * 12
    """Pixels of each class of the scene classification."""
    sequence: int = 0
    """Number of older processings of the same overpass."""

    @property
    def sensed(self) -> str:
        """Start of the datatake, as written in names."""
        return self.acquisition.start.strftime(_STAMP)

    @property
    def generated(self) -> str:
        """Time of processing, as written in names."""
        return self.acquisition.generated.strftime(_STAMP)

    @property
    def uri(self) -> str:
        """Product name in the format of ESA."""
        return f"{self.name()}.SAFE"

    def name(self, *, baseline: bool = True) -> str:
        """Product name in ESA's format without suffix; the Planetary Computer leaves out the baseline."""
        orbit = f"R{self.acquisition.relative_orbit:03d}"
        if baseline:
            orbit = f"N{self.acquisition.baseline.replace('.', '')}_{orbit}"
        granule = f"T{self.extent.granule.name}"
        platform = self.acquisition.platform
        return f"{platform}_MSIL2A_{self.sensed}_{orbit}_{granule}_{self.generated}"

    def file_stem(self, raster: str) -> str:
        """File name in the format of ESA of a band or of the scene classification, without suffix."""
        return f"T{self.extent.granule.name}_{self.sensed}_{raster}_{raster_resolution(raster)}m"

    @property
    def datatake(self) -> str:
        """Id of the datatake."""
        return f"G{self.acquisition.platform}_{self.sensed}_{self._orbit}_{self._baseline}"

    def datastrip(self, station: str) -> str:
        """Id of the datastrip; ``station`` is the processing centre and time."""
        start = self.acquisition.strip_start.strftime(_STAMP)
        return f"{self.acquisition.platform}_OPER_MSI_L2A_DS_{station}_S{start}_{self._baseline}"

    def granule_id(self, station: str) -> str:
        """Id of the granule; ``station`` is the processing centre and time."""
        tile = f"A{self._orbit}_T{self.extent.granule.name}"
        return f"{self.acquisition.platform}_OPER_MSI_L2A_TL_{station}_{tile}_{self._baseline}"

    @property
    def _orbit(self) -> str:
        return f"{self.acquisition.absolute_orbit:06d}"

    @property
    def _baseline(self) -> str:
        return f"N{self.acquisition.baseline}"

    def percentage(self, *classes: int) -> float:
        """Share of some classes among the valid pixels, in percent."""
        valid = max(sum(self.class_counts[1:]), 1)
        return round(100 * sum(self.class_counts[code] for code in classes) / valid, 6)

    @property
    def nodata_percentage(self) -> float:
        """Share of the extent outside the swath, in percent."""
        return round(100 * self.class_counts[0] / max(sum(self.class_counts), 1), 6)


def raster_resolution(raster: str) -> int:
    """Metres per native pixel of a band or of the scene classification."""
    return 20 if raster == SCL else BANDS[raster].resolution


def count_classes(scl: Bytes) -> tuple[int, ...]:
    """Pixels of each class of a scene classification."""
    return tuple(np.bincount(scl.ravel(), minlength=12).tolist())


def footprint(extent: Extent, swath: Swath | None) -> Polygon | MultiPolygon:
    """The valid area of an extent in EPSG:4326, cut in two where it crosses the antimeridian.

    Empty where the swath misses the extent.
    """
    left, bottom, right, top = extent.grid(10).bounds
    to_geographic = Transformer.from_crs(extent.granule.crs, "EPSG:4326", always_xy=True)

    def flatten(points: Points) -> Points:
        longitude, latitude = to_geographic.transform(points[:, 0], points[:, 1])
        turns = np.round((longitude - longitude[0]) / 360)
        return np.column_stack(world_position(longitude - 360 * turns, latitude))

    def unflatten(points: Points) -> Points:
        return np.column_stack(geographic_position(points[:, 0], points[:, 1])).round(7)

    area = transform(segmentize(box(left, bottom, right, top), _EDGE_STEP), flatten)
    if swath is not None:
        area = _seen(area, swath)
    return _cut_at_antimeridian(transform(area, unflatten))


def _seen(area: Polygon, swath: Swath) -> Polygon:
    """The part of a convex area, in world units, on the visible side of an edge."""
    u, v = (float(value) for value in world_position(*swath.edge))
    u += AROUND * round((area.bounds[0] - u) / AROUND)
    x, y = heading_vector(swath.bearing + 90)
    far = AROUND / 4
    corners = [(-y, x), (x - y, x + y), (x + y, y - x), (y, -x)]
    half_plane = Polygon([(u + far * a, v + far * b) for a, b in corners])
    part = area.intersection(half_plane)
    return part if isinstance(part, Polygon) else Polygon()


def _cut_at_antimeridian(area: Polygon) -> Polygon | MultiPolygon:
    """Brings longitudes into the range from -180 to 180 degrees."""
    globe = box(-180, -90, 180, 90)
    parts = (translate(area, turn).intersection(globe) for turn in (-360, 0, 360))
    inside = [part for part in parts if isinstance(part, Polygon) and not part.is_empty]
    return inside[0] if len(inside) == 1 else MultiPolygon(inside)


def bounding_box(area: Polygon | MultiPolygon) -> tuple[float, float, float, float]:
    """West, south, east, north; west is greater than east across the antimeridian, as RFC 7946 requires."""
    west, south, east, north = area.bounds
    if isinstance(area, MultiPolygon):
        west = max(part.bounds[0] for part in area.geoms)
        east = min(part.bounds[2] for part in area.geoms)
    return west, south, east, north
