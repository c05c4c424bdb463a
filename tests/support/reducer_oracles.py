"""What each reducer has to give, in numpy; a reducer without an oracle fails the tests of the registry."""

import warnings

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


def median(values):
    return _over_time(np.nanmedian, values)


ORACLES = {
    "median": median,
}
"""Data of the reduction by the text of a reducer, of a stack of shape (band, time, y, x)."""
