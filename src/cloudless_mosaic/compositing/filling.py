"""Fills pixels that no scene of their period shows clearly, and says how in the flags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.domain.bands import canonical_bands
from cloudless_mosaic.domain.fills import Fill, Interpolate, Neighbours
from cloudless_mosaic.domain.periods import Period
from cloudless_mosaic.geo.packed_mask import PackedMask
from cloudless_mosaic.layers.index import IndexLayer
from cloudless_mosaic.layers.single import AGE, FILLED, FLAGS, SOURCE
from cloudless_mosaic.planning.series import SeriesPart
from cloudless_mosaic.planning.tasks import BlockTask
from cloudless_mosaic.reading.protocol import RasterReader

Pixels = npt.NDArray[np.bool_]


def fill_pixels(
    part: SeriesPart, place: int, made: Sequence[Composite], fills: Sequence[Fill], reader: RasterReader
) -> Composite:
    """The composite of a period, with its empty pixels filled where any of the ways has a value.

    Args:
        part: The period.
        place: Of its composite among those that are made.
        made: Composites of consecutive periods before they are filled.
        fills: The ways, in order.
        reader: Where pixels come from.
    """
    own = made[place]
    empty = own.count == 0
    if part.task.inside is not None:
        empty &= part.task.inside.unpacked()
    if not (part.wanted and fills and empty.any()):
        return own
    filling = _Filling.of(own, empty)
    for fill in fills:
        if isinstance(fill, Neighbours):
            for donor in _nearest_first(made, place, fill.number):
                filling.take_from_neighbour(donor)
        elif isinstance(fill, Interpolate):
            if 0 < place < len(made) - 1:
                filling.interpolate(made[place - 1], made[place + 1], part.task)
        else:
            for task in (task for way, task in part.rescues if way == fill.way):
                if not filling.empty.any():
                    break
                inside = PackedMask.of(filling.empty)
                filling.take(compose(replace(task, inside=inside), reader), fill.way)
    return filling.composite()


def _nearest_first(made: Sequence[Composite], place: int, number: int) -> Iterator[Composite]:
    """Periods before and after, by their distance, the one before first."""
    for distance in range(1, number + 1):
        for other in (place - distance, place + distance):
            if 0 <= other < len(made):
                yield made[other]


@dataclass(slots=True)
class _Filling:
    """A composite on its way from one with holes to one with fewer."""

    own: Composite
    """Before anything was filled."""
    empty: Pixels
    """Pixels that have no value yet, shape (y, x)."""
    data: npt.NDArray[np.uint16]
    count: npt.NDArray[np.uint16]
    layers: dict[str, npt.NDArray[Any]]
    filled: Counter[str] = field(default_factory=Counter)
    """Pixels by the name of the way."""
    donors: list[Composite] = field(default_factory=list)
    """Composites that were made for filling."""

    @classmethod
    def of(cls, own: Composite, empty: Pixels) -> Self:
        layers = {name: pixels.copy() for name, pixels in own.layers.items()}
        return cls(own, empty, own.data.copy(), own.count.copy(), layers)

    def take(self, donor: Composite, way: str) -> None:
        """Takes pixels of a composite that was made for the empty pixels of this one."""
        self.donors.append(donor)
        self._take(donor, way, donor.layers)

    def take_from_neighbour(self, donor: Composite) -> None:
        """Takes pixels of another period; its scenes have numbers of their own."""
        self._take(donor, "neighbours", _moved(donor, self.own.period))

    def interpolate(self, before: Composite, after: Composite, task: BlockTask) -> None:
        """Takes values between those of two periods, linear in time between their middles.

        Indices of the composite are those of these values, other layers those of the nearer period.
        """
        taken = self.empty & (before.count > 0) & (after.count > 0)
        start, end = _middle(before.period), _middle(after.period)
        weight = (_middle(self.own.period) - start) / (end - start)
        low, high = before.data[:, taken].astype(np.float64), after.data[:, taken].astype(np.float64)
        # both are at least 1, and so is what lies between them
        self.data[:, taken] = np.rint(low + (high - low) * weight).astype(np.uint16)
        total = before.count[taken].astype(np.uint32) + after.count[taken]
        self.count[taken] = np.minimum(total, np.iinfo(np.uint16).max).astype(np.uint16)
        nearer = before if weight <= 0.5 else after
        self._mark(taken, "interpolate", _moved(nearer, self.own.period))
        bands = canonical_bands(task.bands)
        for layer in task.layers:
            if isinstance(layer, IndexLayer) and layer.over is None:
                self.layers[layer.name][0, taken] = layer.index.of(self.data[:, taken], bands)

    def composite(self) -> Composite:
        """The composite, and what is known of the scenes that were read for it."""
        known = {scene_id for scene_id, _ in self.own.masked}
        pixels: Counter[str] = Counter(dict(self.own.scene_pixels))
        for donor in self.donors:
            pixels.update(dict(donor.scene_pixels))
        return replace(
            self.own,
            data=self.data,
            count=self.count,
            layers=self.layers,
            scene_pixels=tuple(pixels.items()),
            observations=self.own.observations + sum(donor.observations for donor in self.donors),
            lost=(*self.own.lost, *(lost for donor in self.donors for lost in donor.lost)),
            notes=tuple(sorted({*self.own.notes, *(note for donor in self.donors for note in donor.notes)})),
            statistics=(*self.own.statistics, *(one for donor in self.donors for one in donor.statistics)),
            masked=(
                *self.own.masked,
                *(one for donor in self.donors for one in donor.masked if one[0] not in known),
            ),
            filled=tuple(sorted(self.filled.items())),
        )

    def _take(self, donor: Composite, way: str, layers: Mapping[str, npt.NDArray[Any]]) -> None:
        taken = self.empty & (donor.count > 0)
        np.copyto(self.data, donor.data, where=taken)
        np.copyto(self.count, donor.count, where=taken)
        self._mark(taken, way, layers)

    def _mark(self, taken: Pixels, way: str, layers: Mapping[str, npt.NDArray[Any]]) -> None:
        for name, pixels in self.layers.items():
            if name == FLAGS.name:
                pixels[:, taken] = FILLED[way]
            else:
                np.copyto(pixels, layers[name], where=taken)
        self.empty &= ~taken
        number = int(np.count_nonzero(taken))
        if number:
            self.filled[way] += number


def _moved(donor: Composite, period: Period) -> dict[str, npt.NDArray[Any]]:
    """Layers of another period as seen from this one."""
    layers = dict(donor.layers)
    if AGE.name in layers:
        days = (_middle_day(donor.period) - _middle_day(period)).days
        layers[AGE.name] = (layers[AGE.name] + np.int16(days)).astype(np.int16)
    if SOURCE.name in layers:
        layers[SOURCE.name] = np.zeros_like(layers[SOURCE.name])
    return layers


def _middle(period: Period) -> float:
    return (period.start.timestamp() + period.end.timestamp()) / 2


def _middle_day(period: Period) -> date:
    start, end = period.source
    return (start + (end - start) / 2).date()
