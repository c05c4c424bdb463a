"""Weather that the scene classification gets wrong, and the truth about it."""

from dataclasses import replace

import numpy as np
import pytest

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.synthetic.acquisitions import HARD_AUTUMN, HARD_WEATHER, Disturbance, hard_days
from cloudless_mosaic.synthetic.archive import ArchiveSpec
from cloudless_mosaic.synthetic.disturbances import View, density, disturb, hidden
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent
from cloudless_mosaic.synthetic.ground import make_ground
from cloudless_mosaic.synthetic.native import lib
from cloudless_mosaic.synthetic.products import SCL
from cloudless_mosaic.synthetic.sensor import Response, classify, measure
from cloudless_mosaic.synthetic.surface import BANDS, Season
from cloudless_mosaic.synthetic.weather import make_weather

EXTENT = Extent(SEATTLE, offset=(7168, 2048), size=(640, 512))
KINDS = [kind for kind, (_, disturbance) in HARD_WEATHER.items() if disturbance]


@pytest.fixture(scope="module")
def ground(pool):
    return make_ground(9, EXTENT.grid(10), pool)


def observed(kind, ground, pool):
    """What an acquisition of a kind sees, and its rasters without the disturbance."""
    sky, disturbance = HARD_WEATHER[kind]
    acquisition = replace(HARD_AUTUMN[0], sky=sky, disturbance=disturbance)
    weather = make_weather(9, acquisition, EXTENT.grid(20), pool)
    season, response = Season.of(acquisition.start.date()), Response.of(9, acquisition, 0.0)
    planes = measure(ground, season, weather, response, bands=BANDS, grid=EXTENT.grid(10), pool=pool)
    rasters = dict(zip(BANDS, planes, strict=True)) | {SCL: classify(ground, season, weather, pool)}
    return View(9, acquisition, ground, weather, EXTENT.grid(20)), rasters, disturbance


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_change_where_the_land_is_hidden_and_nowhere_else(kind, ground, pool):
    view, rasters, disturbance = observed(kind, ground, pool)
    found = disturb(rasters, view, disturbance, 0, pool)
    dense = density(view, disturbance, pool)
    none = (dense == 0).repeat(2, 0).repeat(2, 1)
    hides = hidden(view, disturbance, pool).repeat(2, 0).repeat(2, 1)
    for band in BANDS:
        np.testing.assert_array_equal(found[band][none], rasters[band][none])
    clear = view.weather.clear.repeat(2, 0).repeat(2, 1)
    assert (found["B02"][hides & clear] > rasters["B02"][hides & clear]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_classification_is_wrong_in_the_way_of_its_kind(kind, ground, pool):
    view, rasters, disturbance = observed(kind, ground, pool)
    before, after = rasters[SCL], disturb(rasters, view, disturbance, 0, pool)[SCL]
    changed = before != after
    if kind not in {"edges of clouds", "far shadows", "bright roofs", "snow"}:
        assert not changed.any()
    elif kind != "far shadows":  # their clouds may lie elsewhere
        assert changed.any()
    if kind == "snow":
        assert set(np.unique(after[hidden(view, disturbance, pool)])) <= {8, 11}
    if kind == "bright roofs":
        roofs = (ground.cover == lib.ROOFS).reshape(*after.shape[:1], 2, after.shape[1], 2).any(axis=(1, 3))
        assert (after[changed] == 8).all()
        assert roofs[changed].all()
    if kind == "edges of clouds":
        assert (view.weather.cloud[changed] > 0).all()
        assert not np.isin(after[view.weather.cloud == 2], (8, 9)).any()
    if kind == "far shadows":
        assert not (after == 3).any()


def test_denser_haze_adds_more_light(ground, pool):
    view, rasters, _ = observed("haze", ground, pool)
    thin, dense = (disturb(rasters, view, Disturbance("haze", one), 0, pool)["B02"] for one in (0.3, 2.0))
    hides = hidden(view, Disturbance("haze", 0.3), pool).repeat(2, 0).repeat(2, 1)
    land = hides & view.weather.clear.repeat(2, 0).repeat(2, 1)
    assert land.any()
    assert (dense[land] > thin[land]).all()


def test_every_kind_has_two_days_of_its_own():
    days = [day for kind in HARD_WEATHER for day in hard_days(kind)]
    assert len(set(days)) == len(days) == len(HARD_AUTUMN)
    assert {f"{one.start:%Y-%m-%d}" for one in HARD_AUTUMN} == set(days)


def test_bands_without_a_spectrum_are_refused():
    with pytest.raises(UsageError, match="disturbed acquisitions have only the bands B02, B03, B04, B08"):
        replace(ArchiveSpec.hard(), bands=("B02", "B12"))
