from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import box, shape

from cloudless_mosaic.stac.data_mask import MOST_CORNERS, data_footprint
from cloudless_mosaic.stac.footprint import footprint

pytestmark = pytest.mark.slow

FACTOR = 4


def grid_of(mask):
    """A grid that ends within the last pixels of its overview."""
    rows, columns = (FACTOR * length - 3 for length in mask.shape)
    return GeoBox((rows, columns), Affine(10, 0, 5e5, 0, -10, 5e6), "EPSG:32610")


def area_of(mask):
    return data_footprint(mask[None].astype(np.uint8), FACTOR, grid_of(mask))


def clouds(seed, scale):
    """Gaussian noise without what is smaller than the scale."""
    noise = np.fft.rfft2(np.random.default_rng(seed).normal(size=(400, 512)))
    rows, columns = np.fft.fftfreq(400)[:, None], np.fft.rfftfreq(512)[None]
    return np.fft.irfft2(noise * np.exp(-(rows**2 + columns**2) * scale**2), s=(400, 512))


@pytest.mark.parametrize("scale", [2, 15, 60, 200])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_it_covers_all_data_with_few_corners(scale, share):
    field = clouds(scale, scale)
    mask = field < np.quantile(field, share)
    area, grid = area_of(mask), grid_of(mask)
    assert area.is_valid
    assert shapely.get_num_coordinates(area) <= MOST_CORNERS
    rows, columns = np.nonzero(mask)
    left, top = FACTOR * columns, FACTOR * rows
    right, bottom = np.minimum(left + FACTOR, grid.shape[1]), np.minimum(top + FACTOR, grid.shape[0])
    inside = shapely.covers(area.buffer(1e-6), shapely.box(left, top, right, bottom))
    assert inside.all()
    assert box(0, 0, *grid.shape[::-1]).buffer(1e-6).covers(area)


def test_without_gaps_it_is_the_grid():
    mask = np.ones((300, 200), bool)
    rows, columns = grid_of(mask).shape
    assert area_of(mask).equals(box(0, 0, columns, rows))


def test_many_threads_at_a_time_are_not_warned():
    mask = np.eye(64, dtype=bool)
    with ThreadPoolExecutor(4) as pool:
        found = {area.wkt for area in pool.map(lambda _: area_of(mask), range(200))}
    assert found == {area_of(mask).wkt}


def test_without_data_it_is_the_grid():
    mask = np.zeros((300, 200), bool)
    rows, columns = grid_of(mask).shape
    assert area_of(mask).equals(box(0, 0, columns, rows))


def test_the_edge_of_a_swath_is_followed():
    rows, columns = np.indices((400, 400))
    mask = rows + 3 * columns < 700
    area = area_of(mask)
    assert area.area == pytest.approx(FACTOR**2 * mask.sum(), rel=0.03)


def test_two_strips_are_two_polygons():
    mask = np.zeros((256, 256), bool)
    mask[:, :40] = mask[:, 200:] = True
    area = area_of(mask)
    assert sorted(part.bounds[0] for part in shapely.get_parts(area)) == [0, 800]
    geometry, bbox = footprint(grid_of(mask), area)
    found = shape(geometry)
    assert found.is_valid
    assert len(found.geoms) == 2
    assert bbox == list(found.bounds)


@pytest.mark.parametrize("left", [-30_000.0, -5_000.0])
def test_across_the_antimeridian_parts_stay_apart(left):
    """The first strip crosses it, the second lies behind."""
    grid = GeoBox((400, 1000), Affine(100, 0, 833_978 + left, 0, -100, 1_100_000), "EPSG:32660")
    area = box(0, 0, 350, 400).union(box(900, 0, 1000, 400))
    geometry, bbox = footprint(grid, area)
    found = shape(geometry)
    assert found.is_valid
    assert bbox[0] > 179
    assert bbox[2] < -179
    assert found.bounds[0] >= -180
    assert found.bounds[2] <= 180
    assert len(found.geoms) == 3
    whole = shape(footprint(grid)[0])
    assert whole.buffer(2e-6).covers(found)
    assert 0.4 < found.area / whole.area < 0.5


def test_holes_stay_holes():
    grid = GeoBox((100, 100), Affine(10, 0, 5e5, 0, -10, 5e6), "EPSG:32610")
    geometry, _ = footprint(grid, box(0, 0, 100, 100) - box(40, 40, 60, 60))
    outline, hole = geometry["coordinates"]
    assert shapely.linearrings(outline).is_ccw
    assert not shapely.linearrings(hole).is_ccw
    assert shape(geometry).area == pytest.approx(0.96 * shape(footprint(grid)[0]).area, rel=1e-3)


def test_a_part_around_the_pole_is_the_cap_of_all_parts():
    grid = GeoBox((600, 600), Affine(1e4, 0, -3e6, 0, -1e4, 3e6), "EPSG:3413")
    ring = box(100, 100, 500, 500) - box(200, 200, 400, 400)
    geometry, bbox = footprint(grid, ring)
    assert bbox[0::2] == [-180, 180]
    assert bbox[3] == 90
    assert shape(geometry).is_valid
