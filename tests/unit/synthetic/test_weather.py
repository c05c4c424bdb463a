from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.synthetic.acquisitions import AUTUMN, CLEAR_AUTUMN, Sky, Swath
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent
from cloudless_mosaic.synthetic.ground import LIGHT_STEPS, Ground, make_ground
from cloudless_mosaic.synthetic.sensor import classify
from cloudless_mosaic.synthetic.sun import Sun, reflectance_conversion_factor
from cloudless_mosaic.synthetic.surface import Season, clear_reflectance
from cloudless_mosaic.synthetic.weather import OPAQUE, make_weather

COARSE = SourceGrid("EPSG:32610", (200.0, 0.0, 200_000.0, 0.0, -200.0, 5_500_000.0), (1500, 1500))
"""300 km by 300 km, where shares come near their expectation."""


def overpass(sky, **changes):
    return replace(CLEAR_AUTUMN[0], sky=sky, **changes)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.05, 0.15, 0.4])
def test_clouds_cover_about_the_share_they_are_asked_to(share, pool):
    weather = make_weather(9, overpass(Sky(clouds=share)), COARSE, pool)
    assert (weather.cloud > 0).mean() == pytest.approx(share, rel=0.35)
    assert not weather.cirrus.any()
    assert not weather.haze.any()


def test_full_cover_has_no_gap(pool):
    weather = make_weather(9, overpass(Sky(clouds=1.0)), COARSE, pool)
    assert weather.cloud.min() == OPAQUE
    assert not weather.clear.any()


def test_empty_sky_is_clear(pool):
    weather = make_weather(9, overpass(Sky()), COARSE, pool)
    assert weather.clear.all()


def test_veils_come_when_asked_for(pool):
    weather = make_weather(9, overpass(Sky(cirrus=0.1, haze=0.2)), COARSE, pool)
    assert (weather.cirrus > 0).mean() == pytest.approx(0.1, rel=0.5)
    assert (weather.haze > 0).mean() == pytest.approx(0.2, rel=0.5)
    assert not (weather.cloud | weather.shadow).any()
    assert not weather.clear[weather.haze > 0].any()


@pytest.mark.parametrize(("azimuth", "rows", "columns"), [(180.0, -100, 0), (90.0, 0, -100), (0.0, 100, 0)])
def test_shadows_fall_away_from_the_sun(azimuth, rows, columns, pool):
    sun = Sun(zenith=45.0, azimuth=azimuth)
    grid = Extent(SEATTLE, (5120, 1024), (2048, 2048)).grid(20)
    weather = make_weather(9, overpass(Sky(clouds=0.2, cloud_height=2000.0), sun=sun), grid, pool)
    cast = np.roll(weather.cloud, (rows, columns), axis=(0, 1))
    inner = np.s_[100:-100, 100:-100]
    expected = np.where(weather.cloud == 0, cast, 0)[inner]
    assert expected.any()
    np.testing.assert_array_equal(weather.shadow[inner], expected)


@pytest.mark.parametrize(("bearing", "seen_from_west"), [(180.0, True), (0.0, False)])
def test_swath_is_seen_on_the_right_of_its_edge(bearing, seen_from_west, pool):
    edge = Swath((-123.0, 48.0), bearing)  # the central meridian of the zone, x = 500 km
    weather = make_weather(9, overpass(Sky(), swath=edge), COARSE, pool)
    expected = np.zeros(COARSE.shape, bool)
    expected[:, : 1500 if seen_from_west else 0] = True
    middle = (500_000 - 200_000) // 200
    expected[:, middle:] = not seen_from_west
    np.testing.assert_array_equal(weather.seen, expected)


def test_weather_belongs_to_the_overpass(pool):
    grid = Extent(SEATTLE, (5120, 1024), (512, 512)).grid(20)
    first = make_weather(9, CLEAR_AUTUMN[1], grid, pool)
    twin = make_weather(9, replace(CLEAR_AUTUMN[1], baseline="05.00"), grid, pool)
    later = make_weather(9, replace(CLEAR_AUTUMN[1], start=datetime(2020, 10, 9, 19, tzinfo=UTC)), grid, pool)
    np.testing.assert_array_equal(first.cloud, twin.cloud)
    assert (first.cloud != later.cloud).any()


@pytest.mark.slow
def test_scl_takes_haze_for_clear(pool):
    extent = Extent(SEATTLE, (5120, 1024), (2048, 2048))
    (hazy,) = (a for a in AUTUMN if a.start.date().isoformat() == "2020-10-18")
    weather = make_weather(9, hazy, extent.grid(20), pool)
    ground = make_ground(9, extent.grid(10), pool)
    scl = classify(ground, Season.of(hazy.start.date()), weather, pool)
    haze_alone = (weather.haze > 0) & (weather.cloud == 0) & (weather.shadow == 0)
    assert haze_alone.mean() > 0.03
    assert set(np.unique(scl[haze_alone])) <= {2, 4, 5, 6, 11}
    assert set(np.unique(scl[weather.cloud >= OPAQUE])) == {9}
    assert {3, 7, 8} <= set(np.unique(scl))


@pytest.mark.slow
def test_scl_finds_dense_cirrus(pool):
    extent = Extent(SEATTLE, (5120, 1024), (2048, 2048))
    weather = make_weather(9, overpass(Sky(cirrus=0.5)), extent.grid(20), pool)
    ground = make_ground(9, extent.grid(10), pool)
    scl = classify(ground, Season.of(datetime(2020, 10, 3, tzinfo=UTC).date()), weather, pool)
    np.testing.assert_array_equal(scl == 10, weather.cirrus >= 4)
    assert (weather.cirrus[scl != 10] > 0).any()


def test_snow_comes_down_over_the_autumn_and_leaves_water_free():
    seasons = [Season.of(datetime(2020, month, 15, tzinfo=UTC).date()) for month in (10, 11, 12)]
    assert sorted((season.snow_line for season in seasons), reverse=True) == [s.snow_line for s in seasons]
    cover = np.array([[2, 2, 0]], np.uint8)  # conifers and water
    height = np.array([[200, 50, 200]], np.uint8)
    ground = Ground(cover, np.full((1, 3), LIGHT_STEPS, np.uint8), height)
    high, low, water = clear_reflectance(ground, replace(seasons[0], snow_line=100.0), "B04")[0]
    assert high > 8000
    assert max(low, water) < 300


@pytest.mark.parametrize(
    ("instant", "longitude", "latitude", "zenith", "azimuth"),
    [  # mean angles of real items, at the start of their strips: S2B 32TMT, S2B 46XER
        ("2020-07-05T10:19:17+00:00", 8.6, 47.4, 27.7, 147.3),
        ("2024-04-19T09:55:49+00:00", 95.4, 81.4, 75.2, 247.4),
    ],
)
def test_sun_stands_where_real_items_say(instant, longitude, latitude, zenith, azimuth):
    sun = Sun.over(longitude, latitude, datetime.fromisoformat(instant))
    assert sun.zenith == pytest.approx(zenith, abs=1.5)
    assert sun.azimuth == pytest.approx(azimuth, abs=4)


@pytest.mark.parametrize(
    ("instant", "factor"),
    [("2020-07-05T10:15:59+00:00", 0.967398932975655), ("2024-04-19T09:55:49+00:00", 0.993580226222447)],
)
def test_distance_of_the_sun_is_that_of_real_items(instant, factor):
    assert reflectance_conversion_factor(datetime.fromisoformat(instant)) == pytest.approx(factor, abs=5e-4)
