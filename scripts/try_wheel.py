"""Installs a wheel in a new environment without compiler, npm and git, and makes the demo's mosaics with it.

``python scripts/try_wheel.py WHEEL``; prints how long it took and how much the environment holds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from bare_path import path_with

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Installs, runs, measures."""
    (wheel,) = (Path(argument).resolve() for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory() as scratch:
        environment = Path(scratch) / "env"
        bare = {**os.environ, "PATH": str(path_with(Path(scratch) / "bin"))}
        began = time.monotonic()
        venv.create(environment, with_pip=True)
        python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        constraints = ["--only-binary", ":all:", "--constraint", str(ROOT / "constraints.txt")]
        subprocess.run([*install, *constraints, str(wheel)], env=bare, check=True)
        installed = time.monotonic()
        size = sum(path.stat().st_size for path in environment.rglob("*") if path.is_file())
        subprocess.run([python, str(ROOT / "scripts/try_installed.py")], cwd=scratch, env=bare, check=True)
        print(
            f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB; installed in {installed - began:.0f} s, "
            f"{size / 1e6:.0f} MB; demo {time.monotonic() - installed:.0f} s"
        )


if __name__ == "__main__":
    main()
