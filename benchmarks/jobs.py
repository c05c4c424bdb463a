"""What is measured: four jobs on one archive, and the order that a contender gets for one of them."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

from shapely.geometry import box

from cloudless_mosaic.cli.demo import README_AOI
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.geo.projection import project
from cloudless_mosaic.planning.grid import mosaic_geobox
from cloudless_mosaic.synthetic.granules import GRANULE_SIZE, Extent

BANDS = {"nir": "B08", "red": "B04", "green": "B03"}
"""Common name and asset of the bands, in the order of the output."""

AUTUMN = ("2020-10", "2020-11", "2020-12")
"""The months of the archive."""

NATIVE_RESOLUTION = 10
"""Metres of a pixel of the bands."""

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Job:
    """A mosaic to be made by every contender."""

    name: str
    """``J1`` to ``J4``."""
    title: str
    """What it is, for people."""
    aoi: Aoi
    """Area of interest in EPSG:4326."""
    bounds: Bounds
    """Left, bottom, right and top of the same area in ``epsg``, on multiples of the resolution."""
    epsg: int
    """Code of the UTM zone of the scenes."""
    resolution: int
    """Metres of an output pixel."""
    months: tuple[str, ...]
    """``YYYY-MM``; one mosaic each."""
    granule: str | None = None
    """Name of the granule where the bounds are the whole of it."""
    delay: float = 0.0
    """Seconds that are added to every request."""

    @property
    def days(self) -> tuple[date, date]:
        """First and last day."""
        last = date.fromisoformat(f"{self.months[-1]}-01")
        return date.fromisoformat(f"{self.months[0]}-01"), last.replace(
            day=monthrange(last.year, last.month)[1]
        )


@dataclass(frozen=True, slots=True)
class Order:
    """One run of one contender, as it is told in a file."""

    job: Job
    """What to make."""
    items: Path
    """ItemCollection with the addresses of the served files."""
    output: Path
    """Folder that gets the mosaics."""
    clear_classes: tuple[int, ...] = (2, 4, 5, 6, 7, 11)
    """Codes of the scene classification that count as clear."""
    dates_per_chunk: int = -1
    """Dates that a chunk of a lazy array holds; -1 is all of a month. For contenders that have chunks."""
    whole_scenes: bool = False
    """True not to cut scenes to the area. For the published algorithm."""
    reducer: str = "median"
    """As ``--reducer`` names it."""
    bands: Mapping[str, str] = field(default_factory=lambda: BANDS)
    """Common name and asset of the bands, in the order of the output."""
    count: bool = False
    """True to write the number of clear observations as one more band, for comparing."""

    def write(self) -> Path:
        """Writes the order beside its output, and returns where; the folder is made."""
        self.output.mkdir(parents=True)
        path = self.output.with_suffix(".json")
        aoi = self.job.aoi
        content = {
            **asdict(self.job),
            "aoi": (aoi.west, aoi.south, aoi.east, aoi.north),
            "days": [day.isoformat() for day in self.job.days],
            "assets": list(self.bands.values()),
            "items": str(self.items),
            "output": str(self.output),
            "clear_classes": self.clear_classes,
            "dates_per_chunk": self.dates_per_chunk,
            "whole_scenes": self.whole_scenes,
            "reducer": self.reducer,
            "count": self.count,
        }
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        return path


def make_jobs(extent: Extent, delay: float) -> tuple[Job, ...]:
    """The four jobs on an archive of one extent.

    Args:
        extent: What the archive holds.
        delay: Seconds for each request of the fourth job.
    """
    granule = extent.granule
    # whole pixels of the 20 m scene classification: not every contender aligns its masks by itself
    fine = mosaic_geobox(README_AOI, 20, granule.crs).boundingbox.bbox
    coarse = mosaic_geobox(README_AOI, 100, granule.crs).boundingbox.bbox
    readme = Job("J2", "README example, 10 m, three months", README_AOI, fine, granule.epsg, 10, AUTUMN)
    return (
        replace(
            readme, name="J1", title=readme.title.replace("10 m", "100 m"), bounds=coarse, resolution=100
        ),
        readme,
        _whole_extent(extent),
        replace(
            readme, name="J4", title=f"J2 with {1000 * delay:.0f} ms added to every request", delay=delay
        ),
    )


def _whole_extent(extent: Extent) -> Job:
    granule = extent.granule
    left, bottom, right, top = extent.grid(10).bounds
    whole = extent.size == (GRANULE_SIZE, GRANULE_SIZE)
    return Job(
        name="J3",
        title=f"whole {'tile' if whole else 'archive'}, 10 m, one month of four dates",
        aoi=Aoi(*project(box(left, bottom, right, top), granule.crs, "EPSG:4326").bounds),
        bounds=(left, bottom, right, top),
        epsg=granule.epsg,
        resolution=10,
        months=AUTUMN[:1],
        granule=granule.name if whole else None,
    )
