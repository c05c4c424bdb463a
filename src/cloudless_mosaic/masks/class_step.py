"""The step of a mask that looks at the scene classification (SCL) of one scene."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cloudless_mosaic.kernels import apply_lut, grade
from cloudless_mosaic.kernels.masks import cloud_distance
from cloudless_mosaic.masks.classes import CLOUD_CLASSES, SCL_CLASSES
from cloudless_mosaic.masks.levels import CLEAR, DOUBTFUL, HARD, SNOW, Bools, UInt8s
from cloudless_mosaic.masks.morphology import eroded, opened, take_out


@dataclass(frozen=True, slots=True)
class ClassStep:
    """Classes that are clear, and classes that are eroded, opened and dilated, in this order, to be masked.

    A class that is neither, and a code that doesn't exist, is masked as it is. Distances are metres on the
    ground; below one pixel they do nothing.
    """

    clear: tuple[int, ...]
    """Codes of the classes that are clear."""
    spreading: tuple[int, ...]
    """Codes of the classes that are masked together with what lies around them."""
    dilation: float = 0.0
    """Metres by which they grow."""
    opening: float = 0.0
    """Metres of the disk that has to fit into a patch of them; smaller patches are clear."""
    erosion: float = 0.0
    """Metres by which they shrink before anything else."""
    doubtful: tuple[int, ...] = ()
    """Codes of the clear classes that are doubtful."""
    far: float = 0.0
    """Metres around the spreading classes up to which pixels are doubtful."""
    snow: tuple[int, ...] = ()
    """Codes of the clear classes that are snow."""

    @property
    def description(self) -> str:
        """Which pixels are clear, in full sentences for the provenance."""
        text = f"Clear are the classes {_named(self.clear)} of the scene classification."
        if not self.spreading:
            return text
        what = "Clouds and their shadows"
        if set(self.spreading) - set(CLOUD_CLASSES):
            what = f"The classes {_named(self.spreading)}"
        before = [("shrunk", self.erosion), ("opened", self.opening), ("grown", self.dilation)]
        steps = [f"{verb} by {distance:g} m" for verb, distance in before if distance]
        if steps:
            text += f" {what} were {', then '.join(steps)}."
        if self.far:
            also = f"the class {_named(self.doubtful)}, and " if self.doubtful else ""
            text += f" Doubtful is {also}what lies within {self.far:g} m of clouds and their shadows."
        return text

    def margin(self, resolution: float) -> int:
        """Pixels that have to be read around a window for its mask to be right.

        Args:
            resolution: Edge of a pixel of the scene classification, metres.
        """
        steps = (self.erosion, self.opening, self.opening, max(self.dilation, self.far))
        return sum(math.floor(distance / resolution) for distance in steps)

    def clear_pixels(self, codes: UInt8s, resolution: float) -> Bools:
        """True where a pixel is clear or doubtful; see `levels`."""
        clear = _one_of(codes, self._possible)
        spreading = self._spreading(codes, resolution)
        if spreading is not None:
            take_out(spreading, clear, self.dilation / resolution)
        return clear

    def levels(self, codes: UInt8s, resolution: float) -> UInt8s:
        """Levels of a scene classification, shape (rows, columns); right `margin` away from its edges.

        Args:
            codes: Class codes, shape (rows, columns).
            resolution: Edge of a pixel, metres. A neighbour whose centre is at a distance or nearer is within
                it.
        """
        known = dict.fromkeys(self._possible, CLEAR) | dict.fromkeys(self.snow, SNOW)
        table = _table(known | dict.fromkeys(self.doubtful, DOUBTFUL))
        spreading = self._spreading(codes, resolution)
        if spreading is None:
            return _looked_up(codes, table)
        far, near = np.ones_like(spreading), np.ones_like(spreading)
        take_out(spreading, far, self.far / resolution)
        take_out(spreading, near, self.dilation / resolution)
        around = _table(dict.fromkeys(known, DOUBTFUL))
        return grade(np.ascontiguousarray(codes), near, far, np.stack([_table({}), around, table]))

    def cloud_distances(self, codes: UInt8s, resolution: float, reach: float) -> UInt8s | None:
        """Distances to the nearest pixel of what spreads, shape of the classes; ``None`` if nothing does.

        Args:
            codes: See `levels`.
            resolution: See `levels`.
            reach: Metres that have the level 255, as all that is farther; 0 metres have the level 0. Right so
                far away from the edges.
        """
        spreading = self._spreading(codes, resolution)
        if spreading is None:
            return None
        pixels = math.floor(reach / resolution)
        metres = np.sqrt(np.arange(pixels * pixels + 2)) * resolution
        levels = np.rint(np.minimum(metres / reach, 1) * 255).astype(np.uint8)
        levels[-1] = 255
        return cloud_distance(spreading, pixels, levels)

    @property
    def _possible(self) -> tuple[int, ...]:
        """Classes that are clear, or would be in patches so small that nothing grows from them."""
        return *self.clear, *(code for code in self.spreading if code != 0)

    def _spreading(self, codes: UInt8s, resolution: float) -> Bools | None:
        """What grows, C-contiguous; ``None`` where there is nothing of it."""
        if not self.spreading:
            return None
        found = _one_of(codes, self.spreading)
        if self.erosion >= resolution:
            found = eroded(found, self.erosion / resolution)
        if self.opening >= resolution:
            found = opened(found, self.opening / resolution)
        return found


def _table(known: dict[int, int]) -> UInt8s:
    table = np.full(256, HARD, np.uint8)
    for code, level in known.items():
        table[code] = level
    return table


def _looked_up(codes: UInt8s, table: UInt8s) -> UInt8s:
    found = np.empty(codes.shape, np.uint8)
    apply_lut(np.ascontiguousarray(codes), table, found)
    return found


def _one_of(codes: UInt8s, chosen: Iterable[int]) -> Bools:
    return _looked_up(codes, _table(dict.fromkeys(chosen, 1))).view(np.bool_)


def _named(codes: Iterable[int]) -> str:
    return ", ".join(f"{code} ({SCL_CLASSES[code]})" for code in sorted(codes))
