"""An environment for each contender, from the versions that it is pinned to."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.contenders import Contender
from benchmarks.errors import BenchmarkError


def prepare_environment(contender: Contender, cache: Path) -> Path:
    """Makes the virtual environment of a contender, or finds it in the cache.

    Args:
        contender: Whose.
        cache: Folder of all environments; they are kept.

    Returns:
        Its interpreter.

    Raises:
        BenchmarkError: if packages can't be installed.
    """
    if contender.folder is None:
        return Path(sys.executable)
    key = hashlib.sha256(contender.requirements.read_bytes() + platform.python_version().encode()).hexdigest()
    folder = cache / f"{contender.folder}-{key[:12]}"
    python = folder / "bin" / "python"
    complete = folder / "complete"
    if not complete.exists():
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)], contender)
        # the list is complete; one package's requirement of a cloud model is left out on purpose
        install = ["install", "--quiet", "--no-deps", "--requirement", str(contender.requirements)]
        _run([str(python), "-m", "pip", "--disable-pip-version-check", *install], contender)
        complete.touch()
    return python


def _run(command: list[str], contender: Contender) -> None:
    if subprocess.run(command, check=False).returncode:
        raise BenchmarkError(
            f"the environment of {contender.name} can't be made; pip's message above says why, "
            "--contenders leaves it out"
        )
