"""Indices by name, against spyndex."""

import sys

import numpy as np
import pytest
import spyndex

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.indices import NORMALISED, find_index
from cloudless_mosaic.indices.index import BANDS

EVERY = {band: name for band, (_, name, *_) in BANDS.items()}


def usable():
    """Names of the indices that take bands of Sentinel-2 and constants with a default."""
    for name, index in spyndex.indices.items():
        constants = set(index.bands) - set(BANDS)
        if all(one in spyndex.constants and spyndex.constants[one].default is not None for one in constants):
            yield name


@pytest.mark.parametrize("name", NORMALISED)
def test_normalised_differences_are_those_of_spyndex(name):
    index, theirs = find_index(name), spyndex.indices[name]
    assert (index.name, index.title, index.formula) == (name, theirs.long_name, theirs.formula)
    assert index.is_difference


@pytest.mark.slow
def test_every_index_of_spyndex_has_the_same_values():
    values = np.random.default_rng(3).integers(1, 9000, (len(EVERY), 50)).astype(np.uint16)
    bands = tuple(EVERY.values())
    reflectances = dict(zip(EVERY, values / 10000, strict=True))
    defaults = {name: one.default for name, one in spyndex.constants.items() if one.default is not None}
    names = list(usable())
    assert len(names) > 200
    for name in names:
        index = find_index(name)
        with np.errstate(all="ignore"):
            expected = np.asarray(spyndex.computeIndex(name, reflectances | defaults), float) + np.zeros(50)
        expected[~np.isfinite(expected)] = np.nan
        found = index.of(values, bands)
        # single precision loses digits where a formula subtracts what is almost equal
        close = np.isclose(found, expected, rtol=1e-3, atol=1e-5, equal_nan=True)
        assert close.mean() > 0.9, name
        assert np.nanmedian(np.abs(found - expected) / (np.abs(expected) + 1e-5)) < 1e-5, name


def test_pixels_without_data_have_no_index():
    values = np.array([[3000, 0, 3000], [1000, 1000, 0]], np.uint16)
    np.testing.assert_array_equal(
        find_index("NDVI").of(values, ("B08", "B04")), np.array([0.5, np.nan, np.nan], np.float32)
    )


def test_the_narrow_near_infrared_stands_in_for_the_broad_one():
    values = np.array([[3000], [1000]], np.uint16)
    assert find_index("ndvi").of(values, ("B8A", "B04"))[0] == np.float32(0.5)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kNDVI", "takes kNN and kNR, which is neither a band of Sentinel-2 nor a constant"),
        ("nonsense", "'nonsense' is unknown to spyndex; choose one of its list, such as NDVI"),
        ("", "'' is unknown to spyndex"),
    ],
)
def test_what_can_not_be_computed_is_refused(name, message):
    with pytest.raises(UsageError, match=message):
        find_index(name)


def test_without_the_extra_differences_work_and_others_name_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "spyndex", None)
    assert find_index("NBR").formula == "(N-S2)/(N+S2)"
    with pytest.raises(UsageError, match=r"for those of spyndex pip install 'cloudless-mosaic\[indices\]'"):
        find_index("EVI")


def test_bands_that_are_missing_are_named():
    with pytest.raises(UsageError, match="EVI takes nir, red, blue, and bands lack blue; add bands blue"):
        find_index("EVI").check(("B04", "B08"))
