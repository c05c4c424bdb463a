"""Who is measured: ourselves and three other ways to the same mosaics, each in an environment of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.jobs import Order

_HERE = Path(__file__).parent

_KEPT_VARIABLES = ("HOME", "LANG", "PATH", "TMPDIR")
"""Variables of the environment that every contender gets; others could tune one of them."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to make the mosaics."""

    name: str
    """Name in the records."""
    title: str
    """What it is, for people."""
    jobs: tuple[str, ...]
    """Jobs that it takes part in."""
    folder: str | None = None
    """Folder of its script and its pinned requirements; ``None`` is the project itself."""
    compared: bool = False
    """True where its pixels have to be ours."""
    clear_classes: tuple[int, ...] = (2, 4, 5, 6, 7, 11)
    """Codes of the scene classification that it takes for clear."""
    remark: str = ""
    """What to know when its figures are read."""
    options: tuple[str, ...] = ()
    """Of the project's own command line, beside those of the job."""
    launcher: tuple[str, ...] = ("cloudless_mosaic",)
    """Module that runs the project's own command line, and what comes before its options."""

    @property
    def requirements(self) -> Path:
        """Pinned packages of its environment."""
        return _HERE / (self.folder or "") / "requirements.txt"

    @property
    def version(self) -> str:
        """Version of its main package, as pinned."""
        package = self.title.split()[0]
        pins = self.requirements.read_text(encoding="utf-8").split()
        return next(pin.partition("==")[2] for pin in pins if pin.startswith(f"{package}=="))

    def command(self, order: Order, python: Path) -> list[str]:
        """The command that carries out an order; its folder and file are made.

        Args:
            order: What to do.
            python: Interpreter of the contender's environment.
        """
        path = order.write()
        if self.folder is None:
            return [sys.executable, "-m", *self.launcher, *_own_options(order), *self.options]
        return [str(python), str(_HERE / self.folder / "run.py"), str(path)]

    def environment(self) -> dict[str, str]:
        """Variables that it runs with: next to none, the same for all."""
        return {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}

    def mosaic(self, order: Order, month: str) -> Path:
        """Where it writes the mosaic of a month."""
        if self.folder is None:
            return order.output / f"monthly-mosaic-{month}" / f"monthly-mosaic-{month}.tif"
        return order.output / f"{month}.tif"


def _own_options(order: Order) -> list[str]:
    job = order.job
    aoi = job.aoi
    first, last = job.days
    options: Mapping[str, object] = {
        "start-date": first,
        "end-date": last,
        "aoi": f"{aoi.west!r},{aoi.south!r},{aoi.east!r},{aoi.north!r}",
        "resolution": job.resolution,
        "max-cloud-cover": 100,
        "mask": "scl",
        "cloud-dilation": 0,
        "reducer": order.reducer,
        "scl-clear": ",".join(map(str, order.clear_classes)),
        "stac-url": order.items,
        "output-dir": order.output,
    }
    named = [f"--{name}={value}" for name, value in options.items()]
    bands = [f"--bands={band}" for band in order.bands]
    return ["--quiet", *named, *bands]


OURS = Contender("cloudless-mosaic", "cloudless-mosaic", ("J1", "J2", "J3", "J4"))
"""The project itself, from the environment that runs the benchmark."""

PUBLISHED = Contender(
    name="published",
    title="stackstac as the published application uses it",
    jobs=("J1", "J2", "J4"),
    folder="published",
    remark=(
        "no cloud mask and no radiometric offset: its pixels are other ones; chunks and options of files are "
        "the published ones; it holds all dates in memory as 64-bit floats, so J3 is left out"
    ),
)
ODC_STAC = Contender(
    name="odc-stac",
    title="odc-stac with xarray's median",
    jobs=("J1", "J2", "J3", "J4"),
    folder="odc_stac",
    compared=True,
)
S2MOSAIC = Contender(
    name="s2mosaic",
    title="s2mosaic with the mask of the scene classification",
    jobs=("J1", "J2", "J3", "J4"),
    folder="s2mosaic",
    compared=True,
    clear_classes=(4, 5, 6, 11),
    remark=(
        "writes a GeoTIFF without tiles and overviews; cuts half medians off where we round them to even; "
        "leaves out 80 m along the edge of a swath; takes dark and unclassified pixels for cloud, so ours is "
        "compared with the same classes"
    ),
)

CONTENDERS = (OURS, PUBLISHED, ODC_STAC, S2MOSAIC)
