"""Compares masks by the mosaics they lead to: ``python -m benchmarks.quality --help``."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.errors import BenchmarkError
from benchmarks.measure import ROOT
from benchmarks.quality.bars import missed_in_clear_month, missed_in_hard_weather, missed_on_real
from benchmarks.quality.measures import Errors, errors, mosaic
from benchmarks.quality.page import RealResult, SyntheticResult, write_page
from benchmarks.quality.real import RealTile, real_tile
from benchmarks.quality.recipes import RECIPES, Recipe
from benchmarks.quality.synthetic import SyntheticMonth, hard_weather, synthetic_month
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive

_MONTHS = (("2020-10", 25.0), ("2020-10", 100.0), ("2020-11", 100.0), ("2020-12", 25.0))
"""Months of the synthetic archive, and the cloudiest scenes that are used, percent."""

_log = logging.getLogger("benchmarks.quality")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures all recipes and writes the page."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    recipes = [one for one in RECIPES if one.name in options.recipes]
    real = []
    for folder in options.real:
        if folder.is_dir():
            real.append(on_real(real_tile(folder), recipes))
        else:
            _log.info("%s is not there; real pixels are left out", folder)
    archive = build_archive(options.archive_dir, ArchiveSpec.demo())
    synthetic = [on_synthetic(synthetic_month(archive, month, cloud), recipes) for month, cloud in _MONTHS]
    hard = build_archive(options.hard_archive_dir, ArchiveSpec.hard())
    kinds = [on_synthetic(case, recipes) for case in hard_weather(hard)]
    write_page(options.page, {one.name: one.title for one in recipes}, real, synthetic, kinds)
    _log.info("written: %s", options.page)
    if {"multidate", "scl"} <= {one.name for one in recipes}:
        _require_bars(real, synthetic[0], kinds)


def _require_bars(
    real: Sequence[RealResult], october: SyntheticResult, kinds: Sequence[SyntheticResult]
) -> None:
    missed = [line for tile in real for line in missed_on_real(tile)]
    missed += missed_in_clear_month(october)
    missed += (line for kind in kinds for line in missed_in_hard_weather(kind))
    if missed:
        raise BenchmarkError("; ".join(missed))


def on_real(tile: RealTile, recipes: Sequence[Recipe]) -> RealResult:
    """What recipes make of a real tile."""
    found: dict[str, Errors] = {}
    for recipe in recipes:
        one = errors(mosaic(tile.seen, recipe.kept(tile.seen)), tile.truth, tile.valid)
        if one:
            found[recipe.name] = one
            _log.info(
                "%s: %s: filled %.4f, bright %.2f %%, dark %.2f %%",
                *(tile.title, recipe.name, one.filled, 100 * one.bright, 100 * one.dark),
            )
    return RealResult(tile.title, found)


def on_synthetic(case: SyntheticMonth, recipes: Sequence[Recipe]) -> SyntheticResult:
    """What recipes make of a synthetic month, and the perfect one."""
    whole: dict[str, Errors] = {}
    by_dates: dict[str, dict[int, Errors | None]] = {}
    # a network trained on real clouds has nothing to say of synthetic ones
    for recipe in (*(one for one in recipes if not one.whole), _perfect(case)):
        made = mosaic(case.seen, recipe.kept(case.seen))
        one = errors(made, case.truth, np.ones(made.shape[1:], np.bool_))
        if one is None:
            continue
        whole[recipe.name] = one
        dates = case.clear.sum(axis=0)
        numbers = range(int(dates.min()), int(dates.max()) + 1)
        by_dates[recipe.name] = {number: errors(made, case.truth, dates == number) for number in numbers}
        _log.info(
            "%s: %s: mean error %.2f, > 100: %.2f %%",
            *(case.title, recipe.name, one.mean, 100 * one.off_100),
        )
    return SyntheticResult(case.title, whole, by_dates)


def _perfect(case: SyntheticMonth) -> Recipe:
    """The mask that knows what the archive hides."""
    return Recipe("perfect", "the truth", lambda _: case.clear)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    names = tuple(one.name for one in RECIPES)
    parser.add_argument(
        "--recipes", nargs="+", choices=names, default=names, metavar="NAME", help=f"of {', '.join(names)}"
    )
    parser.add_argument(
        "--real",
        nargs="*",
        type=Path,
        default=[ROOT.parent / "shared" / "data" / "real-33TWL"],
        help="folders with scenes of one tile; default ../shared/data/real-33TWL",
    )
    parser.add_argument(
        "--archive-dir", type=Path, default=ROOT / "demo-archive", help="synthetic scenes; made if need be"
    )
    parser.add_argument(
        "--hard-archive-dir",
        type=Path,
        default=ROOT / "demo-archive-hard",
        help="synthetic scenes of harder weather; made if need be",
    )
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "quality.md", help="what is written")
    return parser


if __name__ == "__main__":
    try:
        main()
    except BenchmarkError as error:
        sys.exit(f"error: {error}")
