"""The step of a mask that asks a trained network, and how a scene is cut into windows for it.

A network sees a scene in windows that overlap, and their answers are blended. Windows are counted from the
corner of the scene, never from that of a block: so the answer for a pixel depends on the scene alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.masks.classes import CLOUD_CLASSES
from cloudless_mosaic.masks.levels import Bools, UInt8s

Float32s = npt.NDArray[np.float32]
UInt16s = npt.NDArray[np.uint16]
Ints = npt.NDArray[np.int64]

EDGE = 256
"""Edge of a window, pixels."""
STEP = 204
"""Pixels from one window to the next."""
_MARGIN = 51
"""Pixels of the first window that lie before the scene."""

CLOUD, SHADOW = 1, 2
"""Classes of a network's answer; 0 is clear."""
_CLOUD_CODE, _SHADOW_CODE = 9, 3
"""Classes of the scene classification that they count as."""


class Network(Protocol):
    """A trained network. Equal values give equal answers; small to pickle."""

    @property
    def bands(self) -> tuple[str, ...]:
        """Sentinel-2 names of the bands that it looks at, in its order."""
        ...

    @property
    def resolution(self) -> float:
        """Metres of its pixels, at most, unless the classification's own are larger."""
        ...

    @property
    def process_memory(self) -> int:
        """Bytes that each process holds once it has loaded the network."""
        ...

    @property
    def task_memory(self) -> int:
        """Bytes that each task holds while it runs the network."""
        ...

    @property
    def written(self) -> dict[str, object]:
        """Its name and what else determines its answers, as JSON values for the provenance."""
        ...

    @property
    def description(self) -> str:
        """What it is and what it does, in full sentences for the provenance."""
        ...

    def probabilities(self, reflectance: Float32s) -> Float32s:
        """How likely each class is.

        Args:
            reflectance: Of one window, shape (`EDGE`, `EDGE`, band), from 0 to 1; 0 where there is no data.

        Returns:
            Shape (`EDGE`, `EDGE`, class): clear, cloud, shadow.
        """
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A network's answer for a window."""

    probabilities: Float32s
    """See ``Network.probabilities``."""
    data: Bools
    """True where any band has data, shape (`EDGE`, `EDGE`)."""

    @classmethod
    def of(cls, network: Network, bands: UInt16s) -> Answer:
        """Asks a network.

        Args:
            network: The network.
            bands: Reflectance times 10,000, shape (band, `EDGE`, `EDGE`); 0 is nodata.
        """
        reflectance = np.moveaxis(bands, 0, -1).astype(np.float32) / np.float32(10_000)
        return cls(network.probabilities(reflectance), np.logical_or.reduce(bands > 0))

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""
        return self.probabilities.nbytes + self.data.nbytes


Place = tuple[int, int]
"""Row and column of a window among those of a scene."""


def factor_of(network: Network, resolution: float) -> int:
    """Pixels of a scene classification along the edge of one of the network's.

    Args:
        network: The network.
        resolution: Edge of a pixel of the scene classification, metres.
    """
    return max(1, math.floor(network.resolution / resolution * (1 + 1e-9)))


def source_pixels(place: int, length: int) -> Ints:
    """Rows (or columns) of a scene that a window sees; beyond its edges they are mirrored.

    Args:
        place: Row (or column) of the window.
        length: Rows (or columns) of the scene.
    """
    pixels = np.arange(place * STEP - _MARGIN, place * STEP - _MARGIN + EDGE) % (2 * length)
    return np.where(pixels < length, pixels, 2 * length - 1 - pixels)


def places_of(first: int, end: int) -> range:
    """Rows (or columns) of the cells that some pixels lie in; a cell is `STEP` pixels wide.

    Args:
        first: First pixel.
        end: The one after the last.
    """
    return range(first // STEP, -(-end // STEP))


def classes_of_cell(place: Place, shape: tuple[int, int], answer_at: Callable[[Place], Answer]) -> UInt8s:
    """The classes of a cell, from the answers for the four windows that see it.

    Args:
        place: Row and column of the cell; the window there begins `_MARGIN` pixels before it.
        shape: Rows and columns of the scene.
        answer_at: Gives the answer for a window.

    Returns:
        Shape (`STEP`, `STEP`): 0, `CLOUD` or `SHADOW`; 0 without data.
    """
    total = np.zeros((STEP, STEP, 3))
    for window in _windows_over(place, shape):
        down, right = ((window[axis] - place[axis]) * STEP - _MARGIN for axis in (0, 1))
        rows, columns = slice(max(0, down), STEP), slice(max(0, right), STEP)
        seen = slice(rows.start - down, STEP - down), slice(columns.start - right, STEP - right)
        weights = _WEIGHTS[seen[0], None] * _WEIGHTS[None, seen[1]]
        total[rows, columns] += answer_at(window).probabilities[seen] * weights[..., None]
    classes: UInt8s = total.astype(np.float32).argmax(axis=2).astype(np.uint8)
    inner = slice(_MARGIN, _MARGIN + STEP)
    classes[~answer_at(place).data[inner, inner]] = 0
    return classes


def merged(codes: UInt8s, classes: UInt8s) -> UInt8s:
    """A scene classification with what a network found: its clouds are class 9, its shadows class 3.

    Args:
        codes: Class codes, shape (rows, columns). What is a cloud here isn't made a shadow.
        classes: 0, `CLOUD` or `SHADOW`, likewise.
    """
    found = codes.copy()
    data = codes != 0
    found[data & (classes == CLOUD)] = _CLOUD_CODE
    found[data & (classes == SHADOW) & ~np.isin(codes, CLOUD_CLASSES)] = _SHADOW_CODE
    return found


def _windows_over(place: Place, shape: tuple[int, int]) -> Iterator[Place]:
    """The windows that see a cell of a scene, in the order of their rows."""
    for row in (place[0], place[0] + 1):
        for column in (place[1], place[1] + 1):
            if row * STEP - _MARGIN < shape[0] and column * STEP - _MARGIN < shape[1]:
                yield row, column


def _tapered() -> npt.NDArray[np.float64]:
    """Weights along a window: a cosine over two fifths of it, half of that at either end, and 1 between."""
    rise = 0.5 * (1 + np.cos(np.pi * (-1 + 2.0 * np.arange(_MARGIN + 1) / 0.4 / (EDGE - 1))))
    fall = 0.5 * (1 + np.cos(np.pi * (-2.0 / 0.4 + 1 + 2.0 * np.arange(STEP, EDGE) / 0.4 / (EDGE - 1))))
    return np.concatenate([rise, np.ones(STEP - _MARGIN - 1), fall])


_WEIGHTS = _tapered()
