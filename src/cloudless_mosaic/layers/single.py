"""Layers of one band that any reducer has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cloudless_mosaic.layers.protocol import LayerClass, LayerLook, ObservedPixels, Plane
from cloudless_mosaic.masks.taken_out import NO_DATA, STEPS
from cloudless_mosaic.reducers import Reducer

NO_AGE = -32768
"""Where no observation counts."""

CLEAR, NEVER_OBSERVED, ALWAYS_MASKED, LOST = range(4)
FILLED = {"window": 4, "neighbours": 5, "relax": 6, "interpolate": 7}
OUTSIDE = 255
"""Values of the flags; of filled pixels by the name of the way."""


@dataclass(frozen=True, slots=True)
class SingleLayer:
    """A layer of one band, made from the observed pixels alone."""

    name: str
    """See ``Layer``."""
    title: str
    """See ``Layer``."""
    description: str
    """See ``Layer``."""
    dtype: Literal["uint8", "uint16", "int16", "float32"]
    """See ``Layer``."""
    nodata: float | None
    """See ``Layer``."""
    make: Callable[[ObservedPixels], Plane]
    """Makes the plane, shape (y, x)."""
    classes: tuple[LayerClass, ...] = ()
    """See ``Layer``."""
    roles: tuple[str, ...] = ("metadata",)
    """See ``Layer``."""
    classified: bool = False
    """See ``Layer``."""
    look: LayerLook | None = None
    """See ``Layer``."""

    @property
    def ending(self) -> str:
        """Its name."""
        return self.name

    def check(self, reducer: Reducer) -> None:
        """Any reducer has it."""

    def bands(self, _reducer: Reducer, _bands: Sequence[str], /) -> tuple[str, ...]:
        """Its name."""
        return (self.name,)

    def pixels(self, observed: ObservedPixels) -> Plane:
        """Its pixels, shape (1, y, x)."""
        return self.make(observed)[np.newaxis]


def _date(observed: ObservedPixels) -> Plane:
    # the last entry is that of -1, which is no observation
    days: Plane = np.append(observed.stack.days, 0).astype(np.uint16)[observed.origin]
    return days


def _age(observed: ObservedPixels) -> Plane:
    days: Plane = np.append(observed.stack.days_from(None), NO_AGE).astype(np.int16)[observed.origin]
    return days


def _source(observed: ObservedPixels) -> Plane:
    return observed.scenes(observed.origin)


def _flags(observed: ObservedPixels) -> Plane:
    return np.where(observed.reduced.count > 0, np.uint8(CLEAR), observed.unclear)


def _mask(observed: ObservedPixels) -> Plane:
    if observed.taken_out is None:
        raise ValueError("the mask takes what its steps took out")
    return observed.taken_out


_COLORS = ("F7F7F7", "4393C3", "FDB863", "92C5DE", "5E3C99", "B2ABD2", "E66101", "404040")
"""Of what the steps took out, by value."""


def _step_classes() -> tuple[LayerClass, ...]:
    """A class for every combination of steps."""
    classes = [LayerClass(0, "kept", "The mask took nothing out of any scene", _COLORS[0])]
    for value in range(1, 1 << len(STEPS)):
        names = [name for bit, name in STEPS if value & bit]
        text = f"Taken out of at least one scene, by {' and by '.join(_STEPS[name] for name in names)}"
        classes.append(LayerClass(value, "-".join(names), text, _COLORS[value]))
    return tuple(classes)


_STEPS = {
    "classes": "its scene classification",
    "haze": "comparing dates as haze",
    "shadow": "comparing dates as shadow",
}

_OBSERVATION = "of a pixel's observation; where observations are mixed, of the one nearest to the result"

DATE = SingleLayer(
    "date",
    "Date",
    f"Day, UTC, in days since 1970-01-01, {_OBSERVATION}; 0 is nodata",
    "uint16",
    0,
    _date,
    look=LayerLook("viridis"),
)
AGE = SingleLayer(
    "age",
    "Age",
    f"Days from the middle of the period, negative before it, {_OBSERVATION}; {NO_AGE} is nodata",
    "int16",
    NO_AGE,
    _age,
    look=LayerLook("rdbu"),
)
SOURCE = SingleLayer(
    "source",
    "Source",
    f"Number of the scene {_OBSERVATION}; 0 is nodata",
    "uint16",
    0,
    _source,
    classified=True,
)
FLAGS = SingleLayer(
    "flags",
    "Flags",
    "Why a pixel has data or not",
    "uint8",
    None,
    _flags,
    (
        LayerClass(CLEAR, "clear", "At least one clear observation", "5AAE61"),
        LayerClass(NEVER_OBSERVED, "never-observed", "No scene has data here", "404040"),
        LayerClass(ALWAYS_MASKED, "always-masked", "Scenes have data here, but none is clear", "BABABA"),
        LayerClass(LOST, "lost", "Nothing clear; a scene that may have been could not be read", "D6604D"),
        LayerClass(FILLED["window"], "filled-window", "Filled from a wider range of days", "92C5DE"),
        LayerClass(FILLED["neighbours"], "filled-neighbours", "Filled from another period", "4393C3"),
        LayerClass(
            FILLED["relax"],
            "filled-relax",
            "Filled with a relaxed mask or limit",
            "2166AC",
        ),
        LayerClass(FILLED["interpolate"], "filled-interpolate", "Interpolated between periods", "9970AB"),
        LayerClass(OUTSIDE, "outside", "Outside of the polygons that the mosaic is cut to", "FFFFFF"),
    ),
    classified=True,
    look=LayerLook(),
)
MASK = SingleLayer(
    "mask",
    "Mask",
    "What the mask took out of the scenes of the period, and by which steps",
    "uint8",
    NO_DATA,
    _mask,
    _step_classes(),
    classified=True,
    look=LayerLook(),
)
