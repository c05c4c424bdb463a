"""What each reducer has to give, in numpy; a reducer without an oracle fails the tests of the registry."""

import math
import warnings
from datetime import date
from fractions import Fraction

import numpy as np


def complete(values):
    """The stack as floats, NaN where an observation lacks any band; shape (band, time, y, x)."""
    return np.where((values > 0).all(axis=0), values.astype(float), np.nan)


def _rounded(reduced):
    return np.nan_to_num(np.rint(reduced)).astype(np.uint16)


def _over_time(function, values):
    bands, times, rows, columns = values.shape
    if not times:
        return np.zeros((bands, rows, columns), np.uint16)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return _rounded(function(complete(values), axis=1))


def median(stack):
    return _over_time(np.nanmedian, stack.values)


def quarter(stack):
    return _over_time(lambda values, axis: np.nanpercentile(values, 25, axis=axis), stack.values)


def mean(stack):
    return _over_time(np.nanmean, stack.values)


def _pixels(function, stack):
    """A function of the observations of a pixel, shape (clear, band), and of their places in the stack."""
    values = stack.values
    out = np.zeros((len(values), *values.shape[2:]), np.uint16)
    for row, column in np.ndindex(values.shape[2:]):
        series = values[:, :, row, column]
        places = np.flatnonzero(series.all(axis=0))
        if len(places):
            out[:, row, column] = function(series[:, places].T.astype(int), places)
    return out


def geomedian(stack):
    def weiszfeld(observed, _):
        observed = observed.astype(float)
        point = observed.mean(axis=0)
        if len(observed) < 3:
            return np.rint(point)
        starts = [point, *observed]
        return np.rint(min((_descend(observed, start) for start in starts), key=lambda g: _cost(observed, g)))

    return _pixels(weiszfeld, stack)


def _cost(observed, point):
    return np.sqrt(((observed - point) ** 2).sum(axis=1)).sum()


def _descend(observed, point):
    for _ in range(30):
        length = np.sqrt(((observed - point) ** 2).sum(axis=1))
        if (length == 0).any():
            return point
        point = (observed / length[:, None]).sum(axis=0) / (1 / length).sum()
    return point


def _best_of(score):
    """All bands of the earliest observation with the highest score of (values by band, place)."""

    def choose(stack):
        def take(observed, places):
            scored = [
                score(stack, dict(zip(stack.bands, values.tolist(), strict=True)), place)
                for values, place in zip(observed, places, strict=True)
            ]
            return observed[scored.index(max(scored))]

        return _pixels(take, stack)

    return choose


def _medoid(stack):
    def take(observed, _):
        apart = np.sqrt(((observed[:, None] - observed[None]) ** 2.0).sum(axis=2))
        return observed[np.rint(apart * 2**20).sum(axis=1).argmin()]

    return _pixels(take, stack)


def _apart(stack, place, day):
    return abs((stack.times[place].date() - day).days)


def _index(a, b):
    return _best_of(lambda _, pixel, __: Fraction(pixel[a] - pixel[b], pixel[a] + pixel[b]))


def _best(stack, pixel, place):
    """Middle of October and its farther end, 15 days apart."""
    sigma = 15 / math.sqrt(2 * math.log(100))
    days = math.exp(-0.5 * (_apart(stack, place, date(2020, 10, 16)) / sigma) ** 2)
    hot = min(max(pixel["B02"] - pixel["B04"] / 2 - 800, -550), 250)
    return round(2**20 * days) + round(2**20 * 0.3 / (1 + math.exp(0.05 * (hot + 150))))


ORACLES = {
    "median": median,
    "percentile:25": quarter,
    "mean": mean,
    "geomedian": geomedian,
    "medoid": _medoid,
    "best": _best_of(_best),
    "max:NDVI": _index("B08", "B04"),
    "nearest": _best_of(lambda stack, _, place: -_apart(stack, place, date(2020, 10, 16))),
    "nearest:2020-10-05": _best_of(lambda stack, _, place: -_apart(stack, place, date(2020, 10, 5))),
    "first": _best_of(lambda _, __, place: -place),
    "last": _best_of(lambda _, __, place: place),
}
"""Data of the reduction by the text of a reducer, of a ``Stack`` of October 2020."""

FEWEST_BANDS = {"geomedian": 2, "medoid": 2, "max:NDVI": 2, "best": 3}
"""Of the bands B08, B04 and B02; 1 for others."""
