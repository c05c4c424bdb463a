"""The demo: the main job on a synthetic archive."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.results import MosaicResult
from cloudless_mosaic.execution import core_count
from cloudless_mosaic.pipeline import run
from cloudless_mosaic.screen import Screen
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive

README_AOI = Aoi(-122.27508544921875, 47.54687159892238, -121.96128845214844, 47.745787772920934)
"""The area of the example in the README: the eastern shore of Lake Washington and the foothills behind."""


def run_demo(
    output_dir: Path, archive_dir: Path, workers: int | None, screen: Screen, *, overwrite: bool = False
) -> MosaicResult:
    """Builds the archive, unless it is there already, and makes its three mosaics.

    Raises:
        CloudlessMosaicError: as ``pipeline.run``.
    """
    screen.note(f"synthetic archive: {archive_dir} (made once, takes some seconds)")
    archive = build_archive(archive_dir, ArchiveSpec.demo(), workers or core_count())
    return run(demo_request(archive.catalog, output_dir, workers, overwrite=overwrite), screen)


def demo_request(
    catalog: Path, output_dir: Path, workers: int | None = None, *, overwrite: bool = False
) -> MosaicRequest:
    """The example of the README, on local files."""
    return MosaicRequest(
        start_date=date(2020, 10, 1),
        end_date=date(2020, 12, 31),
        aoi=README_AOI,
        bands=("nir", "red", "green"),
        max_items=1000,
        stac_url=str(catalog),
        workers=workers,
        output_dir=output_dir,
        overwrite=overwrite,
    )
