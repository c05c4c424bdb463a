"""Makes the picture of docs/how-to/burned-area.md from the synthetic fire: ``make docs``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import imagecodecs
import numpy as np
import numpy.typing as npt
import rasterio

from cloudless_mosaic.burned.demo import run_demo
from cloudless_mosaic.burned.screen import make_screen
from cloudless_mosaic.burned.severity import NOT_COMPARED, PALETTE
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive

_BANDS = {"B12": 4000, "B08": 5000, "B04": 3000}
"""Red, green and blue, and the digital number that is drawn as 255."""

_SHAPE = (320, 320)
_GAP = 8
"""White pixels between two pictures."""

Picture = npt.NDArray[np.uint8]
"""Shape (y, x, 3)."""


def main(archive_folder: Path, target: Path) -> None:
    """Writes three pictures side by side: before, after, severity over the scene after."""
    archive = build_archive(archive_folder, ArchiveSpec.fire())
    before, after = (_scene(archive.item_path(one).parent) for one in archive.acquisitions)
    with tempfile.TemporaryDirectory() as scratch:
        screen = make_screen(verbose=False, quiet=True, as_json=False)
        run_demo(Path(scratch), archive_folder, screen, overwrite=False)
        with rasterio.open(Path(scratch) / "severity.tif") as file:
            codes = file.read(1, out_shape=_SHAPE)
    grey = after.mean(axis=2, keepdims=True).astype(np.uint8).repeat(3, axis=2)
    severity = np.where((codes == NOT_COMPARED)[..., None], grey, np.array(PALETTE, np.uint8)[codes])
    gap = np.full((_SHAPE[0], _GAP, 3), 255, np.uint8)
    picture = np.concatenate([before, gap, after, gap, severity], axis=1)
    target.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(picture), level=9))


def _scene(folder: Path) -> Picture:
    """A scene in short-wave infrared, near infrared and red: green is alive, brown and violet is burned."""
    planes = []
    for band, white in _BANDS.items():
        with rasterio.open(folder / f"{band}.tif") as file:
            pixels = file.read(1, out_shape=_SHAPE, resampling=rasterio.enums.Resampling.average)
        planes.append(255 * np.clip(pixels / white, 0, 1) ** (1 / 1.6))
    # fewer levels make the file a third as large, without a visible difference
    return np.stack(planes, axis=2).astype(np.uint8) & 0xF8


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
