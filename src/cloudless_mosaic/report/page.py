"""The preview page: one file with all scripts, styles and data."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

from cloudless_mosaic.cog.picture import GAMMA
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.output.preview import REPORT, is_report
from cloudless_mosaic.report.summary import Summary, read_summary
from cloudless_mosaic.storage.files import write_whole

_TEMPLATE = files("cloudless_mosaic.report") / "template.html"
_DATA = "{{REPORT}}"
"""Placeholder for the data in the template."""


def check_report(folder: Path) -> None:
    """Makes sure, before any work, that a page can be written to a folder.

    Raises:
        UsageError: if this installation lacks the page, or the folder has another file of that name.
    """
    _template()
    path = folder / REPORT
    if path.exists() and not is_report(path):
        raise UsageError(f"{path} isn't a page of this program; move it away, or choose another `output_dir`")


def write_report(folder: Path) -> Path:
    """Writes the page of a folder of mosaics beside its catalog.

    Returns:
        The page.

    Raises:
        UsageError: if there is no catalog of mosaics, or this installation has no page.
        TemporaryError: if the disk is full or fails.
    """
    page = report_page(folder)
    write_whole(folder / REPORT, page)
    return folder / REPORT


def report_page(folder: Path) -> bytes:
    """The page of a folder of mosaics.

    Raises:
        UsageError: if there is no catalog of mosaics, or this installation has no page.
    """
    return _template().replace(_DATA, _embedded(read_summary(folder)), 1).encode()


def _embedded(summary: Summary) -> str:
    """JSON that can't break out of its element, whatever ids and reasons contain."""
    text = json.dumps({**asdict(summary), "gamma": GAMMA}, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _template() -> str:
    """The page without data, as built from ``web/``."""
    try:
        return _TEMPLATE.read_text("utf-8")
    except FileNotFoundError:
        raise UsageError(
            "this installation has no preview page, since there was no npm when it was made; install "
            "Node.js 20 or newer with npm, then cloudless-mosaic again, or do without `report` and view"
        ) from None
