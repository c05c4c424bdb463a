"""Writes the workflows of a release, ``NAME.VERSION.cwl``, with the image pinned by its digest.

``python scripts/release_cwl.py registry.example/cloudless-mosaic@sha256:...``, the digest of the pushed one.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from cloudless_mosaic.version import __version__

WORKFLOWS = Path(__file__).resolve().parents[1] / "cwl-workflows"
PLACEHOLDER = "dockerPull: cloudless-mosaic:latest\n"
VERSION = "s:softwareVersion: "
_PINNED = re.compile(r"[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}")


def release(workflow: Path, image: str, folder: Path) -> Path:
    """Writes one workflow with its image filled in; returns the file."""
    text = workflow.read_text("utf-8")
    if text.count(PLACEHOLDER) != text.count("dockerPull:") or f"\n{VERSION}{__version__}\n" not in text:
        sys.exit(f"error: {workflow} names another image or version than {__version__}; put that right first")
    target = folder / f"{workflow.stem}.{__version__}.cwl"
    target.write_text(text.replace(PLACEHOLDER, f"dockerPull: {image}\n"), "utf-8")
    return target


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("image", metavar="IMAGE", help="name of the image with its digest: NAME@sha256:HEX")
    parser.add_argument("--output-dir", type=Path, default=Path("dist"), help="default: %(default)s")
    options = parser.parse_args()
    if not _PINNED.fullmatch(options.image):
        sys.exit(f"error: {options.image!r} has no digest; give NAME@sha256: and 64 hexadecimal digits")
    options.output_dir.mkdir(parents=True, exist_ok=True)
    for workflow in sorted(WORKFLOWS.glob("*.cwl")):
        print(release(workflow, options.image, options.output_dir))


if __name__ == "__main__":
    main()
