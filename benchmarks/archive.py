"""The archive that all contenders read: synthetic scenes on disk, and items that lead to a server."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from cloudless_mosaic.synthetic.acquisitions import CLEAR_AUTUMN
from cloudless_mosaic.synthetic.archive import Archive, ArchiveSpec, build_archive

Size = Literal["full", "small"]

_NOISE = 32.0
"""Digital numbers of noise. With so much a whole tile comes to some 205 MB a band, against the 225 to 234 MB
that Earth Search lists for red bands of real ones (``file:size`` in collection ``sentinel-2-c1-l2a``, scaled
to tiles without nodata). Smoother pixels would decompress twice as fast as real ones do."""

_BANDS = ("B02", "B03", "B04", "B08")
"""Those of the jobs, and blue, which one of the reducers needs."""

_SPECS = {
    "full": replace(ArchiveSpec.full_tile(), noise=_NOISE, bands=_BANDS),
    "small": replace(ArchiveSpec.demo(), acquisitions=CLEAR_AUTUMN, noise=_NOISE, bands=_BANDS),
}


@dataclass(frozen=True, slots=True)
class BuiltArchive:
    """An archive, and what building it took."""

    archive: Archive
    """Where it lies and what is in it."""
    seconds: float
    """Time of building; next to nothing where it was there already."""
    megabytes: float
    """Size of its rasters."""


def prepare_archive(folder: Path, size: Size) -> BuiltArchive:
    """Builds the archive in a folder, or finds it there.

    Args:
        folder: Where it shall lie.
        size: ``full`` is a whole granule, ``small`` the part around the example of the README; both have
            twelve dates over three months.
    """
    begin = time.perf_counter()
    archive = build_archive(folder, _SPECS[size], len(os.sched_getaffinity(0)))
    seconds = time.perf_counter() - begin
    megabytes = sum(path.stat().st_size for path in folder.rglob("*.tif")) / 1e6
    return BuiltArchive(archive, seconds, megabytes)


def write_served_items(archive: Archive, url: str, path: Path) -> Path:
    """Writes the archive's items as an ItemCollection whose assets lie on a server.

    Args:
        archive: What is served.
        url: Address of the archive's folder.
        path: File to write; returned.
    """
    features = []
    for acquisition in archive.acquisitions:
        source = archive.item_path(acquisition)
        item = json.loads(source.read_text(encoding="utf-8"))
        folder = source.parent.relative_to(archive.folder).as_posix()
        for asset in item["assets"].values():
            asset["href"] = f"{url}/{folder}/{asset['href'].removeprefix('./')}"
        features.append(item | {"links": []})
    collection = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(collection), encoding="utf-8")
    return path
