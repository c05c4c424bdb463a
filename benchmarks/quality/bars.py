"""What the masks have to reach; ``python -m benchmarks.quality`` fails where one doesn't."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.quality.page import RealResult, SyntheticResult

_REAL = {"multidate": (0.034, 0.024, 0.950), "ukis": (0.030, 0.024, 0.940)}
"""Most that may be too bright, too dark, and least that has to be filled, by recipe."""

_OFF = 0.0020
"""Most of a clear month that may be off by more than 100."""
_MEAN = 1.05
"""Largest mean error, over that of perfect masks."""
_EMPTIED = 0.002
"""Most that may be filled less than by the classification alone."""
_LEFT = 0.5
"""Most of what the classification alone leaves wrong that may stay wrong under hard weather."""


def missed_on_real(tile: RealResult) -> Iterator[str]:
    """What is missed on a real tile."""
    for name, (bright, dark, filled) in _REAL.items():
        one = tile.errors.get(name)
        if one is None:
            continue
        if one.bright > bright:
            yield f"{tile.title}: {name}: {100 * one.bright:.2f} % too bright, more than {100 * bright:g} %"
        if one.dark > dark:
            yield f"{tile.title}: {name}: {100 * one.dark:.2f} % too dark, more than {100 * dark:g} %"
        if one.filled < filled:
            yield f"{tile.title}: {name}: {one.filled:.4f} filled, less than {filled:g}"


def missed_in_clear_month(month: SyntheticResult) -> Iterator[str]:
    """What is missed in a month of scenes of at most 25 % cloud, by ``multidate``."""
    made, classes, perfect = (month.whole[name] for name in ("multidate", "scl", "perfect"))
    if made.off_100 > _OFF:
        yield f"{month.title}: {100 * made.off_100:.2f} % off by more than 100, more than {100 * _OFF:g} %"
    if made.mean > _MEAN * perfect.mean:
        yield f"{month.title}: a mean error of {made.mean / perfect.mean:.3f} x that of perfect masks"
    if made.filled < classes.filled - _EMPTIED:
        yield f"{month.title}: {made.filled:.4f} filled, {classes.filled:.4f} by the classification alone"


def missed_in_hard_weather(kind: SyntheticResult) -> Iterator[str]:
    """What is missed under a kind of weather, by ``multidate``."""
    left, classes = kind.whole["multidate"].off_100, kind.whole["scl"].off_100
    if left > _LEFT * classes:
        yield f"{kind.title}: {100 * left:.3f} % stay wrong of {100 * classes:.3f} %, more than half"
