"""Makes the picture of docs/how-to/preview.md from the demo's archive: ``make docs``."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from PIL import Image

from cloudless_mosaic.cli.demo import demo_request
from cloudless_mosaic.pipeline import run
from cloudless_mosaic.report.server import FolderServer
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive

_WEB = Path(__file__).resolve().parents[1] / "web"
_STATE = "#month=2020-10&picture=false&other=2020-12&swipe=55"


def main(archive_folder: Path, target: Path) -> None:
    """Looks at the demo in Chromium, October beside December."""
    if not (shutil.which("chromium") and (_WEB / "node_modules" / "playwright-core").is_dir()):
        print(f"{target} stays as it is: it takes Chromium and npm to make it")  # noqa: T201 - a script for people
        return
    archive = build_archive(archive_folder, ArchiveSpec.demo())
    with tempfile.TemporaryDirectory() as scratch:
        request = demo_request(archive.catalog, Path(scratch) / "mosaics")
        run(dataclasses.replace(request, bands=("red", "green", "blue", "nir"), resolution=20.0))
        shot = Path(scratch) / "shot.png"
        with FolderServer(request.output_dir) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            subprocess.run(  # noqa: S603 - our own script
                [shutil.which("node") or "node", "browser/picture.js", server.address + _STATE, str(shot)],
                cwd=_WEB,
                check=True,
            )
            server.shutdown()
        # a third of the bytes; of 256 colours, the few pixels of the legend get theirs
        Image.open(shot).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE).save(target, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
