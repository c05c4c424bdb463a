"""Morphology and the recipes made of it, against scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn
from scipy.ndimage import distance_transform_edt

from cloudless_mosaic.masks import MASKS, MaskSettings, make_mask
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES
from cloudless_mosaic.masks.morphology import dilated, eroded, opened
from mask_oracles import CLEAR_PIXELS, multidate_levels
from mask_oracles import dilated as scipy_dilated
from mask_oracles import eroded as scipy_eroded

SHAPES = stn.array_shapes(min_dims=2, max_dims=2, max_side=26)
# steps, since a radius within rounding of a whole number may have either disk
RADII = st.one_of(st.integers(0, 7), st.integers(0, 7 * 256).map(lambda steps: steps / 256))
CODES = st.one_of(st.just(4), st.sampled_from([*range(13), 255]))
SCLS = stn.arrays(np.uint8, SHAPES, elements=CODES)
FEW = stn.arrays(np.uint8, SHAPES, elements=CODES, fill=st.just(4))


def mask_of(name, dilation=None, **options):
    texts = tuple((key, str(value)) for key, value in options.items())
    return make_mask(name, MaskSettings(DEFAULT_CLEAR_CLASSES, dilation, texts))


@given(stn.arrays(np.bool_, SHAPES), RADII)
def test_dilation_erosion_and_opening_are_those_of_scipy(mask, radius):
    before = mask.copy()
    np.testing.assert_array_equal(dilated(mask, radius), scipy_dilated(mask, radius))
    np.testing.assert_array_equal(eroded(mask, radius), scipy_eroded(mask, radius))
    np.testing.assert_array_equal(opened(mask, radius), scipy_dilated(scipy_eroded(mask, radius), radius))
    np.testing.assert_array_equal(mask, before)


@given(st.one_of(SCLS, FEW), st.integers(0, 200), st.integers(0, 400), st.sampled_from([10.0, 20.0, 60.0]))
def test_levels_of_multidate(scl, near, far, resolution):
    mask = mask_of("multidate", float(near), far=far)
    levels = multidate_levels(scl, resolution, near, max(near, far))
    np.testing.assert_array_equal(mask.levels(scl, resolution), levels)
    np.testing.assert_array_equal(mask.clear(scl, resolution), levels != 0)


@pytest.mark.parametrize("name", MASKS)
@settings(max_examples=40)
@given(scl=st.one_of(SCLS, FEW))
def test_every_recipe_is_its_oracle(name, scl):
    oracle = CLEAR_PIXELS[name]
    if MASKS[name].takes_weights:
        # the same steps, and a network that takes no part here
        assert MASKS[name].options == MASKS["multidate"].options
        name = "multidate"
    if name == "ukis":
        pytest.importorskip("ukis_csmask", reason="the extra ukis is not installed")
        pytest.importorskip("onnxruntime", reason="the extra ukis is not installed")
    np.testing.assert_array_equal(mask_of(name).clear(scl, 20.0), oracle(scl))


@given(FEW, st.integers(0, 90), st.integers(0, 90), st.integers(0, 90))
def test_scl_may_be_eroded_and_opened_before_it_grows(scl, erosion, opening, dilation):
    mask = mask_of("scl", float(dilation), erosion=erosion, opening=opening)
    cloud = scipy_eroded(np.isin(scl, (3, 8, 9, 10)), erosion / 20)
    cloud = scipy_dilated(scipy_eroded(cloud, opening / 20), opening / 20)
    possible = np.isin(scl, (*DEFAULT_CLEAR_CLASSES, 3, 8, 9, 10))
    np.testing.assert_array_equal(mask.clear(scl, 20.0), possible & ~scipy_dilated(cloud, dilation / 20))


@pytest.mark.parametrize("name", ["multidate", "scl", "deafrica", "cdse", "worldcereal", "none"])
@given(st.data())
def test_part_with_its_margin_is_the_part_of_the_whole(name, data):
    scl = data.draw(stn.arrays(np.uint8, (40, 37), elements=CODES, fill=st.just(4)))
    mask = mask_of(name)
    top, bottom = sorted(data.draw(st.tuples(st.integers(0, 40), st.integers(0, 40))))
    left, right = sorted(data.draw(st.tuples(st.integers(0, 37), st.integers(0, 37))))
    margin = mask.margin(60.0)
    row, column = max(0, top - margin), max(0, left - margin)
    part = scl[row : bottom + margin, column : right + margin]
    inner = np.s_[top - row : bottom - row, left - column : right - column]
    whole = np.s_[top:bottom, left:right]
    np.testing.assert_array_equal(mask.clear(part, 60.0)[inner], mask.clear(scl, 60.0)[whole])
    if mask.dates:
        np.testing.assert_array_equal(mask.levels(part, 60.0)[inner], mask.levels(scl, 60.0)[whole])


@given(st.one_of(SCLS, FEW), st.integers(1, 300), st.sampled_from([10.0, 20.0, 60.0]))
def test_distances_to_clouds_are_those_of_scipy(scl, reach, resolution):
    clouds = np.isin(scl, (3, 8, 9, 10))
    metres = np.full(scl.shape, np.inf)
    if clouds.any():
        metres = distance_transform_edt(~clouds) * resolution
    pixels = metres <= reach // resolution * resolution + 1e-9
    expected = np.where(pixels, np.rint(np.minimum(metres / reach, 1) * 255), 255)
    np.testing.assert_array_equal(mask_of("scl").cloud_distances(scl, resolution, reach), expected)


def test_without_clouds_there_is_no_distance_to_them():
    scl = np.full((3, 3), 4, np.uint8)
    assert mask_of("none").cloud_distances(scl, 20, 3000) is None
    assert not mask_of("none").has_clouds
    every = make_mask("scl", MaskSettings(tuple(range(1, 12)), None, ()))
    assert not every.has_clouds
    assert every.cloud_distances(scl, 20, 3000) is None
