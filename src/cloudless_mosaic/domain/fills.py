"""Ways to fill pixels that no scene of their period shows clearly, as values in a registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cloudless_mosaic.errors import UsageError

_MOST_DAYS = 366
_MOST_NEIGHBOURS = 24


@dataclass(frozen=True, slots=True)
class Widen:
    """Widens the period on both sides until something is clear: ``window:15``."""

    days: int
    """Days that are added on each side at most."""
    way: str = "window"
    """Name of the way in counts and flags."""

    def __str__(self) -> str:
        """As it is written in a request."""
        return f"window:{self.days}"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Takes the pixel of the nearest period before or after: ``neighbours:2``."""

    number: int
    """Periods on each side that are looked at."""
    way: str = "neighbours"
    """See ``Widen``."""

    def __str__(self) -> str:
        """As it is written in a request."""
        return f"neighbours:{self.number}"


@dataclass(frozen=True, slots=True)
class Relax:
    """Relaxes the mask, then the limit on the cloud cover of scenes: ``relax``."""

    way: str = "relax"
    """See ``Widen``."""

    def __str__(self) -> str:
        """As it is written in a request."""
        return "relax"


@dataclass(frozen=True, slots=True)
class Interpolate:
    """Interpolates in time between the period before and the one after: ``interpolate``."""

    way: str = "interpolate"
    """See ``Widen``."""

    def __str__(self) -> str:
        """As it is written in a request."""
        return "interpolate"


Fill = Widen | Neighbours | Relax | Interpolate

FILLS: dict[str, Callable[[str], Fill]] = {
    "window": lambda text: Widen(_number("window", text, _MOST_DAYS)),
    "neighbours": lambda text: Neighbours(_number("neighbours", text, _MOST_NEIGHBOURS)),
    "relax": lambda text: _bare("relax", text, Relax()),
    "interpolate": lambda text: _bare("interpolate", text, Interpolate()),
}
"""Makes a way of its parameter, by name."""

NONE = "none"


def parse_fills(text: str) -> tuple[Fill, ...]:
    """The ways in their order, from ``window:15,neighbours:2``; none of ``none``.

    Raises:
        UsageError: if there is no such way, or one is given twice.
    """
    if text.strip() == NONE:
        return ()
    fills = []
    if NONE in {part.strip() for part in text.split(",")}:
        raise UsageError(f"`fill` none goes with no other way, got {text[:40]!r}; leave none out")
    for part in text.split(","):
        name, _, parameter = part.strip().partition(":")
        if name not in FILLS:
            raise UsageError(
                f"`fill` {part.strip()[:40]!r} is unknown; choose among window:DAYS, neighbours:N, relax and "
                "interpolate, with commas, or none"
            )
        fills.append(FILLS[name](parameter))
    ways = [fill.way for fill in fills]
    repeated = sorted({way for way in ways if ways.count(way) > 1})
    if repeated:
        raise UsageError(f"`fill` {repeated[0]} is given more than once; name every way once")
    return tuple(fills)


def _number(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise UsageError(f"`fill` {name} takes a number from 1 to {most}, got {text[:40]!r}; as {name}:2")
    return int(text)


def _bare(name: str, text: str, fill: Fill) -> Fill:
    if text:
        raise UsageError(f"`fill` {name} takes no number, got {text[:40]!r}; leave it out")
    return fill
