"""One bright source pixel: where it comes out, at every resolution, in its own zone and in the next."""

import numpy as np
import pytest
from pyproj import Transformer

BACKGROUND, BRIGHT = 100, 60000
ORIGIN = 499980.0, 5300040.0


def impulse(world, make_geobox, source, resolution, crs, place):
    """Brightness above the background around the pixel, x and y of its pixels, and those of the source's."""
    size = 1200 // int(source)
    pixels = np.full((size, size), BACKGROUND, np.uint16)
    row, column = round(place[0] * size), round(place[1] * size)
    pixels[row, column] = BRIGHT
    world.add(pixels, np.full((60, 60), 4, np.uint8), resolution=source)
    centre = ORIGIN[0] + source * (column + 0.5), ORIGIN[1] - source * (row + 0.5)
    x, y = Transformer.from_crs("EPSG:32633", crs, always_xy=True).transform(*centre)
    half = int(400 // resolution)
    left, top = (np.floor(x / resolution) - half) * resolution, (np.ceil(y / resolution) + half) * resolution
    mosaic = world.mosaic(make_geobox((2 * half + 1,) * 2, resolution, (left, top), crs), exact=True)
    light = np.where(mosaic.count > 0, mosaic.data[0].astype(float) - BACKGROUND, 0)
    steps = resolution * (np.arange(2 * half + 1) + 0.5)
    return light, left + steps, top - steps, (x, y)


@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:32632", "EPSG:32634"])
@pytest.mark.parametrize("resolution", [10.0, 20.0, 60.0, 100.0])
@pytest.mark.parametrize("source", [10.0, 20.0, 60.0])
@pytest.mark.parametrize("place", [(0.5, 0.5), (0.63, 0.41)])
def test_bright_pixel_peaks_where_it_is(world, make_geobox, source, resolution, crs, place):
    light, xs, ys, (x, y) = impulse(world, make_geobox, source, resolution, crs, place)
    assert light.any()
    row, column = np.unravel_index(light.argmax(), light.shape)
    # the brightest pixel lies over the bright one; where it is larger, it may share it with its neighbours
    reach = (resolution + source) / 2
    assert abs(xs[column] - x) < reach
    assert abs(ys[row] - y) < reach
    if crs == "EPSG:32633" and resolution >= source:
        assert abs(xs[column] - x) <= resolution / 2
        assert abs(ys[row] - y) <= resolution / 2
    if resolution <= source:
        weights = light / light.sum()
        slack = 0.01 if crs == "EPSG:32633" and source % resolution == 0 else 0.06 * source
        assert (weights.sum(axis=0) * xs).sum() == pytest.approx(x, abs=slack)
        assert (weights.sum(axis=1) * ys).sum() == pytest.approx(y, abs=slack)


@pytest.mark.parametrize(("crs", "slack"), [("EPSG:32633", 0.001), ("EPSG:32634", 0.25)])
@pytest.mark.parametrize("resolution", [20.0, 60.0, 100.0])
def test_light_of_a_bright_pixel_is_kept(world, make_geobox, resolution, crs, slack):
    """Between zones, squares along the axes of the source overlap a bit, or leave a bit out."""
    light, *_ = impulse(world, make_geobox, 10.0, resolution, crs, (0.5, 0.5))
    assert light.sum() * resolution**2 == pytest.approx((BRIGHT - BACKGROUND) * 100, rel=slack)
