"""What the default mask costs beside ``scl``: runs of both in turns."""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median

from shapely.geometry import box

from benchmarks.measure import ROOT, run_measured
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.geo.projection import project
from cloudless_mosaic.synthetic.acquisitions import CLEAR_AUTUMN
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.granules import GRANULE_SIZE, SEATTLE, Extent

_BANDS = (("blue", "red", "nir"), ("nir", "red", "green"))
"""Bands of the pairs: with all that the mask looks at, and without blue."""

_NOISE = 32.0
"""As in the archive of the benchmark."""


def main() -> None:
    """Runs the pairs and prints the processor time of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=ROOT / "benchmarks" / ".cache" / "mask-cost")
    parser.add_argument("--edge", type=int, default=5120, help="pixels of 10 m along the edge of the area")
    parser.add_argument("--pairs", type=int, default=4)
    options = parser.parse_args()
    offset = min(4096, GRANULE_SIZE - options.edge), min(1024, GRANULE_SIZE - options.edge)
    extent = Extent(SEATTLE, offset=offset, size=(options.edge, options.edge))
    spec = replace(ArchiveSpec.full_tile(), extents=(extent,), acquisitions=CLEAR_AUTUMN[:4], noise=_NOISE)
    catalog = build_archive(options.cache / "archive", spec).catalog
    left, bottom, right, top = extent.grid(10).bounds
    aoi = Aoi(*project(box(left, bottom, right, top), SEATTLE.crs, "EPSG:4326").bounds)
    for bands in _BANDS:
        pairs = [_pair(options.cache, catalog, aoi, bands) for _ in range(options.pairs)]
        shares = [compared / alone for alone, compared in pairs]
        sys.stdout.write(
            f"{', '.join(bands)}: {median(shares):.2f} x, pairs "
            f"{', '.join(f'{alone:.2f} and {compared:.2f} s' for alone, compared in pairs)}\n"
        )


def _pair(cache: Path, catalog: Path, aoi: Aoi, bands: tuple[str, ...]) -> tuple[float, float]:
    """Processor time with ``scl`` and with ``multidate``, seconds."""
    return _seconds(cache, catalog, aoi, bands, "scl"), _seconds(cache, catalog, aoi, bands, "multidate")


def _seconds(cache: Path, catalog: Path, aoi: Aoi, bands: tuple[str, ...], mask: str) -> float:
    output = cache / "output"
    shutil.rmtree(output, ignore_errors=True)
    command = [
        *(sys.executable, "-m", "cloudless_mosaic", "--quiet", f"--stac-url={catalog}", f"--mask={mask}"),
        *("--start-date=2020-10-01", "--end-date=2020-10-31", "--max-cloud-cover=100", "--resolution=10"),
        f"--aoi={aoi.west!r},{aoi.south!r},{aoi.east!r},{aoi.north!r}",
        *(f"--bands={band}" for band in bands),
        f"--output-dir={output}",
    ]
    return run_measured(command, {}, cache / "log").cpu_s


if __name__ == "__main__":
    main()
