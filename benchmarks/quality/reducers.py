"""Compares reducers by the mosaics they make: ``python -m benchmarks.quality.reducers``.

Writes its tables into the page of the documentation, between two comments.
"""

from __future__ import annotations

import argparse
import calendar
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.errors import BenchmarkError
from benchmarks.measure import ROOT
from benchmarks.quality.measures import Errors, errors
from benchmarks.quality.observations import BANDS, Observations, UInt16s
from benchmarks.quality.page import table
from benchmarks.quality.real import real_tile
from benchmarks.quality.recipes import kept_by
from benchmarks.quality.synthetic import synthetic_month
from cloudless_mosaic.masks import Mask, MaskSettings, make_mask
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES
from cloudless_mosaic.reducers import Reducer, Stack, parse_reducer
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive

_log = logging.getLogger("benchmarks.quality.reducers")

REDUCERS = (
    *("median", "percentile:25", "mean", "geomedian", "medoid"),
    *("best", "max:NDVI", "nearest", "first", "last"),
)
"""All that are compared."""

MASKS = ("scl", "multidate")
"""A mask that leaves haze, and one that finds most of it."""

_MONTHS = (("2020-10", 25.0), ("2020-11", 100.0))
"""Months of the synthetic archive, and the cloudiest scenes that are used, percent."""

_BEGIN, _END = "<!-- python -m benchmarks.quality.reducers -->", "<!-- end -->"

_SYNTHETIC_TITLES = ("reducer", *(f"`{mask}`: {what}" for mask in MASKS for what in ("mean error", "> 100")))
_REAL_TITLES = (
    "reducer",
    *(f"`{mask}`: {what}" for mask in MASKS for what in ("bright", "dark", "p99 B04")),
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the reducers made of one case."""

    title: str
    """Of the case."""
    real: bool
    """True of real pixels."""
    found: Mapping[tuple[str, str], Errors]
    """Errors by reducer and mask."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures all reducers and writes the tables."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    cases = []
    archive = build_archive(options.archive_dir, ArchiveSpec.demo())
    for month, cloud in _MONTHS:
        case = synthetic_month(archive, month, cloud)
        everywhere = np.ones(case.truth.shape[1:], np.bool_)
        cases.append(Comparison(case.title, False, _measured(case.seen, case.truth, everywhere)))  # noqa: FBT003 - a field
    if options.real.is_dir():
        tile = real_tile(options.real)
        cases.append(Comparison(tile.title, True, _measured(tile.seen, tile.truth, tile.valid)))  # noqa: FBT003 - a field
    write_tables(options.page, cases)
    _log.info("written: %s", options.page)


def _measured(seen: Observations, truth: UInt16s, where: np.ndarray) -> dict[tuple[str, str], Errors]:
    found = {}
    for name in MASKS:
        mask = make_mask(name, MaskSettings(DEFAULT_CLEAR_CLASSES, None))
        kept = kept_by(mask)(seen)
        for text in REDUCERS:
            made = reduced(seen, kept, parse_reducer(text), mask)
            one = errors(made, truth, where)
            if one:
                found[text, name] = one
                _log.info("%s, %s: mean error %.2f", text, name, one.mean)
    return found


def reduced(seen: Observations, kept: np.ndarray, reducer: Reducer, mask: Mask) -> UInt16s:
    """A mosaic of the observations that are kept, shape (band, y, x).

    Args:
        seen: The observations, of one month.
        kept: Those that count, shape (time, y, x).
        reducer: Makes one value of them.
        mask: Knows how far clouds are, where the reducer asks for it.
    """
    days = [date.fromordinal(int(day)) for day in seen.days]
    first = days[0].replace(day=1)
    end = first + timedelta(days=calendar.monthrange(first.year, first.month)[1])
    span = (_midnight(first), _midnight(end))
    values = np.ascontiguousarray(np.where(kept[None], seen.stack, np.uint16(0)))
    reach = reducer.cloud_reach
    levels = [mask.cloud_distances(one, seen.resolution, reach) for one in seen.scl] if reach else []
    known = [one for one in levels if one is not None]
    distances = np.ascontiguousarray(seen.at_pixels(np.stack(known)), np.uint8) if known else None
    times = tuple(_midnight(day) + timedelta(hours=10) for day in days)
    return reducer.reduce(Stack(values, times, BANDS, span, distances)).data


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def write_tables(page: Path, cases: Sequence[Comparison]) -> None:
    """Puts the tables between the comments of a page.

    Raises:
        BenchmarkError: if the page has no such comments.
    """
    text = page.read_text(encoding="utf-8")
    found = re.search(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", text, re.DOTALL)
    if found is None:
        raise BenchmarkError(f"{page} has no {_BEGIN} ... {_END}")
    tables = "\n".join(_tables(cases))
    page.write_text(
        f"{text[: found.start()]}{_BEGIN}\n\n{tables}\n{_END}{text[found.end() :]}", encoding="utf-8"
    )


def _tables(cases: Sequence[Comparison]) -> Iterator[str]:
    for case in cases:
        yield f"{'Real pixels' if case.real else 'Synthetic archive'}: {case.title}\n"
        row = _real_row if case.real else _synthetic_row
        rows = (
            (f"`{text}`", *(cell for mask in MASKS for cell in row(case.found.get((text, mask)))))
            for text in REDUCERS
        )
        yield table(_REAL_TITLES if case.real else _SYNTHETIC_TITLES, rows)


def _synthetic_row(one: Errors | None) -> tuple[str, ...]:
    return (f"{one.mean:.1f}", f"{100 * one.off_100:.2f} %") if one else ("-", "-")


def _real_row(one: Errors | None) -> tuple[str, ...]:
    return (f"{100 * one.bright:.1f} %", f"{100 * one.dark:.1f} %", f"{one.p99:.0f}") if one else ("-",) * 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.reducers", description=__doc__)
    parser.add_argument(
        "--real",
        type=Path,
        default=ROOT.parent / "shared" / "data" / "real-33TWL",
        help="folder with scenes of one tile; left out where it is not there",
    )
    parser.add_argument(
        "--archive-dir", type=Path, default=ROOT / "demo-archive", help="synthetic scenes; made if need be"
    )
    page = ROOT / "docs" / "how-to" / "choose-a-reducer.md"
    parser.add_argument("--page", type=Path, default=page, help="page that has the comments")
    return parser


if __name__ == "__main__":
    main()
