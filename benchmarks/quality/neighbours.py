"""What dates of neighbouring months would add to the test over the dates.

Every choice of one and of two dates of a month is masked by ``multidate`` alone, and again with the dates of
the neighbouring months beside them, which are compared and not used otherwise.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.measure import ROOT
from benchmarks.quality.measures import Errors, errors, mosaic
from benchmarks.quality.observations import BANDS, Bools, Observations, UInt16s
from benchmarks.quality.recipes import levels_of_scenes
from benchmarks.quality.synthetic import SyntheticMonth, synthetic_month
from cloudless_mosaic.masks import MaskSettings, make_mask
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES
from cloudless_mosaic.masks.dates import DateTest
from cloudless_mosaic.masks.levels import HARD, UInt8s
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive

_MONTHS = ("2020-10", "2020-11", "2020-12")


@dataclass(frozen=True, slots=True)
class _Month:
    """The dates of a month, masked by their classes."""

    case: SyntheticMonth
    stack: UInt16s
    levels: UInt8s

    @classmethod
    def of(cls, case: SyntheticMonth) -> _Month:
        mask = make_mask("multidate", MaskSettings(DEFAULT_CLEAR_CLASSES, None))
        levels = levels_of_scenes(mask, case.seen)
        usable = case.seen.complete & (levels != HARD)
        return cls(case, np.where(usable, case.seen.stack, 0).astype(np.uint16), levels)

    def kept(self, dates: Sequence[int], others: Sequence[_Month]) -> Bools:
        """Observations of some dates that are kept, shape (time, y, x)."""
        stack = np.concatenate([self.stack[:, dates], *(one.stack for one in others)], axis=1)
        levels = np.concatenate([self.levels[list(dates)], *(one.levels for one in others)])
        stack = np.ascontiguousarray(stack)
        DateTest().take_out(stack, BANDS, levels)
        return np.asarray(stack[0, : len(dates)] > 0)

    def errors(self, dates: Sequence[int], kept: Bools) -> Errors:
        """Errors of the mosaic of some dates."""
        seen = self.case.seen
        some: Observations = replace(
            seen, stack=seen.stack[:, dates], scl=seen.scl[list(dates)], days=seen.days[list(dates)]
        )
        made = mosaic(some, kept)
        found = errors(made, self.case.truth, np.ones(made.shape[1:], np.bool_))
        if found is None:
            raise ValueError("no pixel is filled")
        return found


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.neighbours", description=__doc__)
    parser.add_argument("--archive-dir", type=Path, default=ROOT / "demo-archive")
    archive = build_archive(parser.parse_args().archive_dir, ArchiveSpec.demo())
    months = [_Month.of(synthetic_month(archive, month, 25.0)) for month in _MONTHS]
    for place, month in enumerate(months):
        others = [months[one] for one in (place - 1, place + 1) if 0 <= one < len(months)]
        for number in (1, 2):
            for row in _rows(month, number, others):
                sys.stdout.write(f"| {_MONTHS[place]} | {number} | {row} |\n")


def _rows(month: _Month, number: int, others: Sequence[_Month]) -> Iterator[str]:
    choices = [list(dates) for dates in combinations(range(month.stack.shape[1]), number)]
    for name, known in (("alone", None), ("with neighbours", others)):
        found = [month.errors(dates, month.kept(dates, known or ())) for dates in choices]
        yield _row(name, found)
    yield _row("perfect", [month.errors(dates, month.case.clear[dates]) for dates in choices])


def _row(name: str, found: Sequence[Errors]) -> str:
    filled, mean, off = np.mean([(one.filled, one.mean, 100 * one.off_100) for one in found], axis=0)
    return f"{name} | {filled:.4f} | {mean:.1f} | {off:.2f} %"


if __name__ == "__main__":
    main()
