"""What the scripts of a release share."""

from __future__ import annotations

import shutil
from pathlib import Path


def path_with(folder: Path, *programs: str) -> Path:
    """A folder for ``PATH`` that holds these programs, where they are installed, and nothing else."""
    folder.mkdir()
    for name in programs:
        found = shutil.which(name)
        if found:
            (folder / name).symlink_to(found)
    return folder
