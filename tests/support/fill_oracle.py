"""Which values filled pixels get, in numpy, from whole scenes that lie on the grid of the mosaics."""

import itertools
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from mask_oracles import dilated
from reducer_oracles import median

FLAGS = {"window": 4, "neighbours": 5, "relax": 6, "interpolate": 7}
CLOUDS = (3, 8, 9, 10)
STEP = 5


@dataclass
class Overpass:
    """One scene, its bands as digital numbers without an offset."""

    day: object
    cloud_cover: float
    scl: np.ndarray
    bands: np.ndarray
    """Shape (band, y, x); 0 is no data."""


@dataclass
class Stack:
    """What the oracles of reducers take."""

    values: np.ndarray


@dataclass
class Result:
    """A mosaic of a period."""

    values: np.ndarray
    count: np.ndarray
    flags: np.ndarray
    days: np.ndarray
    """Days since 1970 of the first observation; -1 where there is none."""
    filled: dict = field(default_factory=dict)


@dataclass
class FillOracle:
    """Makes the mosaics of consecutive periods, each between its first and its last day."""

    overpasses: list
    periods: list
    """First and last day of each."""
    most_cloud: float
    clear_classes: tuple
    dilation: float
    """Pixels."""
    reducer: str = "median"

    def results(self, fills):
        """The mosaics with their pixels filled by ways in an order."""
        own = [
            self._reduced([one for one in self._within(first, last) if one.cloud_cover <= self.most_cloud])
            for first, last in self.periods
        ]
        return [self._filled(place, own, fills) for place in range(len(own))]

    def _within(self, first, last):
        return [one for one in self.overpasses if first <= one.day <= last]

    def _reduced(self, overpasses, classes=None, dilation=None):
        classes = self.clear_classes if classes is None else classes
        dilation = self.dilation if dilation is None else dilation
        shape = self.overpasses[0].bands.shape
        stack = np.zeros((shape[0], len(overpasses), *shape[1:]), np.uint16)
        observed = np.zeros(shape[1:], bool)
        for place, one in enumerate(overpasses):
            clouds = np.isin(one.scl, [code for code in CLOUDS if code not in classes])
            near = dilated(clouds, dilation) if dilation >= 1 else clouds
            seen = (one.bands > 0).all(axis=0)
            stack[:, place] = np.where(np.isin(one.scl, classes) & ~near & seen, one.bands, 0)
            observed |= one.scl > 0
        count = (stack > 0).all(axis=0).sum(axis=0)
        days = np.full(shape[1:], -1)
        for place in reversed(range(len(overpasses))):
            days[stack[0, place] > 0] = (overpasses[place].day - type(overpasses[place].day)(1970, 1, 1)).days
        values = median(Stack(stack)) if self.reducer == "median" else self._first(stack)
        return Result(values, count, np.where(count > 0, 0, np.where(observed, 2, 1)), days)

    def _first(self, stack):
        values = np.zeros((len(stack), *stack.shape[2:]), np.uint16)
        for place in reversed(range(stack.shape[1])):
            values = np.where(stack[:, place] > 0, stack[:, place], values)
        return values

    def _filled(self, place, own, fills):
        before = own[place]
        result = Result(*(one.copy() for one in (before.values, before.count, before.flags, before.days)))
        for way, number in fills:
            if way == "interpolate":
                self._interpolate(place, own, result)
                continue
            donors = (
                self._neighbours(place, own, number)
                if way == "neighbours"
                else self._rescues(place, way, number)
            )
            for donor in donors:
                self._take(result, donor, way)
        return result

    def _take(self, result, donor, way):
        taken = (result.count == 0) & (donor.count > 0)
        result.values[:, taken] = donor.values[:, taken]
        result.count[taken], result.days[taken] = donor.count[taken], donor.days[taken]
        self._mark(result, taken, way)

    def _mark(self, result, taken, way):
        result.flags[taken] = FLAGS[way]
        if taken.any():
            result.filled[way] = result.filled.get(way, 0) + int(taken.sum())

    def _neighbours(self, place, own, number):
        places = itertools.chain.from_iterable((place - n, place + n) for n in range(1, number + 1))
        return [own[one] for one in places if 0 <= one < len(own)]

    def _interpolate(self, place, own, result):
        if not 0 < place < len(own) - 1:
            return
        low, high = own[place - 1], own[place + 1]
        start, middle, end = (self._middle(one) for one in (place - 1, place, place + 1))
        share = (middle - start) / (end - start)
        taken = (result.count == 0) & (low.count > 0) & (high.count > 0)
        values = low.values.astype(float) * (1 - share) + high.values.astype(float) * share
        result.values[:, taken] = np.rint(np.round(values, 9)).astype(np.uint16)[:, taken]
        result.count[taken] = (low.count + high.count)[taken]
        result.days[taken] = (low if share <= 0.5 else high).days[taken]
        self._mark(result, taken, "interpolate")

    def _middle(self, place):
        first, last = self.periods[place]
        return (first.toordinal() + last.toordinal() + 1) / 2

    def _rescues(self, place, way, number):
        first, last = self.periods[place]
        if way == "window":
            days = range(0, number, STEP)
            rings = [(start, min(start + STEP, number)) for start in days]
            return [self._reduced(self._ring(first, last, *ring)) for ring in rings]
        clear, cloudy = self._by_cover(first, last)
        with_class_7 = (*self.clear_classes, 7)
        return [
            self._reduced(clear, dilation=0),
            self._reduced(clear, with_class_7, 0),
            self._reduced(cloudy, with_class_7, 0),
        ]

    def _by_cover(self, first, last):
        there = self._within(first, last)
        clear = [one for one in there if one.cloud_cover <= self.most_cloud]
        return clear, [one for one in there if one.cloud_cover > self.most_cloud]

    def _ring(self, first, last, inner, outer):
        wide = self._by_cover(first - timedelta(days=outer), last + timedelta(days=outer))[0]
        narrow = self._by_cover(first - timedelta(days=inner), last + timedelta(days=inner))[0]
        return [one for one in wide if one not in narrow]
