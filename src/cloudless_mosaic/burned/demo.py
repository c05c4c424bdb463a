"""The demo: a synthetic fire on synthetic scenes."""

from __future__ import annotations

from pathlib import Path

from cloudless_mosaic.burned.pipeline import run
from cloudless_mosaic.burned.request import BurnedAreaRequest
from cloudless_mosaic.burned.results import BurnedAreaResult
from cloudless_mosaic.burned.screen import Screen
from cloudless_mosaic.execution import core_count
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive


def run_demo(output_dir: Path, archive_dir: Path, screen: Screen, *, overwrite: bool) -> BurnedAreaResult:
    """Builds the archive, unless it exists, and compares its two scenes.

    Raises:
        CloudlessMosaicError: as ``pipeline.run``.
    """
    screen.note(f"synthetic archive: {archive_dir} (made once, takes some seconds)")
    archive = build_archive(archive_dir, ArchiveSpec.fire(), core_count())
    before, after = (str(archive.item_path(acquisition)) for acquisition in archive.acquisitions)
    request = BurnedAreaRequest(
        pre_fire_url=before, post_fire_url=after, output_dir=output_dir, overwrite=overwrite
    )
    return run(request, screen)
