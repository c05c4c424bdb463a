"""The page of the comparison, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality.measures import BRIGHT, DARK, Errors

_HEAD = """\
# Masks in numbers

Written by `python -m benchmarks.quality`; don't edit. Which mask makes the better mosaic? Every recipe masks
the same scenes, the same median is taken over what is left, and the mosaic is compared with the truth. Errors
are in digital numbers (reflectance / 0.0001).
"""

_RECIPES = "## Recipes\n"

_REAL = """\
## Real pixels: the clearest date left out

The mosaic of the other dates is compared with the clearest one where that is clear (classes 3, 8, 9 and 10
grown by 120 m left out). Bright: B02 more than {bright} too high, which is haze or cloud. Dark: B08 more than
{dark} too low, which is shadow. The land itself changes within days and the dates differ in their atmosphere,
so no recipe comes to 0: read the ranking. Distances below one pixel do nothing.
"""

_SYNTHETIC = """\
## Synthetic archive: the truth is known

The demo's archive, errors of red at every third pixel of 10 m in rows and columns. "Perfect" masks exactly
what the archive hides. The land changes over the month, so perfect masks have errors too.
"""

_HARD = """\
## Harder weather

What the classification gets wrong, kind by kind, over an area of 15 km by 20 km. Every month has two dates of
the kind and two of plain cloud. Haze adds up to 300, 1000 or 2000 to blue. The classification knows no haze,
smoke or glint, no cloud thinner than two thirds of an opaque one in "edges of clouds", no shadow in "far
shadows" (of clouds at 6000 m), takes four fifths of the bright roofs for cloud, and three tenths of the snow.
"""

_LEFT = "Share of the pixels whose red is off by more than 100:\n"

_FILLED = "Share of the pixels that have data:\n"

_BY_DATES = "Mean error, and share off by more than 100, by the number of dates that show the land:\n"

_REAL_TITLES = ("recipe", "filled", "bright", "dark", "RMSE B02", "p99 B04")
_SYNTHETIC_TITLES = ("recipe", "filled", "mean error", "of perfect", "p99", "> 100", "> 300")


@dataclass(frozen=True, slots=True)
class SyntheticResult:
    """What the recipes made of one month."""

    title: str
    """Of the month."""
    whole: Mapping[str, Errors]
    """Errors by recipe; ``perfect`` among them."""
    by_dates: Mapping[str, Mapping[int, Errors | None]]
    """Errors by recipe and number of dates that show the land."""


@dataclass(frozen=True, slots=True)
class RealResult:
    """What the recipes made of a real tile."""

    title: str
    """Of the tile."""
    errors: Mapping[str, Errors]
    """By recipe."""


def write_page(
    path: Path,
    titles: Mapping[str, str],
    real: Sequence[RealResult],
    synthetic: Sequence[SyntheticResult],
    hard: Sequence[SyntheticResult],
) -> None:
    """Writes the page in Markdown.

    Args:
        path: The file.
        titles: What each recipe does, by name.
        real: Real tiles, if there are any.
        synthetic: Months of the archive.
        hard: Kinds of weather.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(_page(titles, real, synthetic, hard)), encoding="utf-8")


def _page(
    titles: Mapping[str, str],
    real: Sequence[RealResult],
    synthetic: Sequence[SyntheticResult],
    hard: Sequence[SyntheticResult],
) -> Iterator[str]:
    yield _HEAD
    yield _RECIPES
    yield table(("recipe", "what it does"), ((f"`{name}`", title) for name, title in titles.items()))
    if real:
        yield _REAL.format(bright=BRIGHT, dark=DARK)
    for tile in real:
        yield f"### {tile.title}\n"
        yield table(_REAL_TITLES, (_real_row(name, one) for name, one in tile.errors.items()))
    yield _SYNTHETIC
    for month in synthetic:
        yield f"### {month.title}\n"
        perfect = month.whole["perfect"].mean
        yield table(_SYNTHETIC_TITLES, (_row(name, one, perfect) for name, one in month.whole.items()))
        yield _BY_DATES
        numbers = sorted({number for row in month.by_dates.values() for number in row})
        rows = (
            (f"`{name}`", *(_brief(row.get(number)) for number in numbers))
            for name, row in month.by_dates.items()
        )
        yield table(("recipe", *map(str, numbers)), rows)
    if hard:
        names = tuple(hard[0].whole)
        heads = ("weather", *(f"`{name}`" for name in names))
        yield _HARD
        yield _LEFT
        yield table(heads, ((one.title, *(_off(one.whole[name]) for name in names)) for one in hard))
        yield _FILLED
        yield table(
            heads, ((one.title, *(f"{one.whole[name].filled:.4f}" for name in names)) for one in hard)
        )


def _off(one: Errors) -> str:
    return f"{100 * one.off_100:.2f} %"


def _real_row(name: str, one: Errors) -> tuple[str, ...]:
    shares = (f"{100 * share:.2f} %" for share in (one.bright, one.dark))
    return f"`{name}`", f"{one.filled:.4f}", *shares, f"{one.rmse:.0f}", f"{one.p99:.0f}"


def _row(name: str, one: Errors, perfect: float) -> tuple[str, ...]:
    shares = (f"{100 * share:.2f} %" for share in (one.off_100, one.off_300))
    mean, times = f"{one.mean:.2f}", f"{one.mean / perfect:.2f} x"
    return f"`{name}`", f"{one.filled:.4f}", mean, times, f"{one.p99:.0f}", *shares


def _brief(one: Errors | None) -> str:
    return f"{one.mean:.1f}, {100 * one.off_100:.2f} %" if one else "-"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
