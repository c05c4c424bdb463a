"""Makes the mosaics of the demo with the package that is installed, and reads one.

``python scripts/try_installed.py``; works in a temporary folder.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import rasterio


def main() -> None:
    """Runs the command as a user does."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "cloudless_mosaic", "demo", "--quiet"], cwd=folder, check=True)
        mosaics = sorted(Path(folder).glob("demo-output/monthly-mosaic-*/monthly-mosaic-???????.tif"))
        for path in mosaics:
            with rasterio.open(path) as file:
                clear = (file.read(1) > 0).mean()
            print(f"{path.name}: {100 * clear:.1f} % clear")
            if clear < 0.9:
                raise SystemExit("error: the mosaic is empty")
        if not mosaics:
            raise SystemExit("error: there is no mosaic")


if __name__ == "__main__":
    main()
