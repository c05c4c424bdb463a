import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from shapely.geometry import Point, Polygon, shape

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.planning.grid import mosaic_geobox, utm_crs
from cloudless_mosaic.stac.footprint import footprint, pixel_metres


def over(aoi, resolution=100.0):
    return mosaic_geobox(aoi, resolution, utm_crs(aoi))


def grid(left, bottom, right, top, crs, resolution):
    shape = round((top - bottom) / resolution), round((right - left) / resolution)
    return GeoBox(shape, Affine(resolution, 0, left, 0, -resolution, top), crs)


def corners(geobox):
    rows, columns = geobox.shape
    to_degrees = Transformer.from_crs(str(geobox.crs), "EPSG:4326", always_xy=True)
    a, _, c, _, e, f = geobox.affine[:6]
    return [to_degrees.transform(c + a * x, f + e * y) for x in (0, columns) for y in (0, rows)]


def test_a_polygon_with_the_corners_of_the_grid():
    geobox = over(Aoi(-122.275, 47.54, -121.96, 47.74))
    geometry, bbox = footprint(geobox)
    polygon = shape(geometry)
    assert geometry["type"] == "Polygon"
    assert polygon.is_valid
    assert polygon.exterior.is_ccw
    assert bbox == list(polygon.bounds)
    for corner in corners(geobox):
        assert polygon.exterior.distance(Point(corner)) < 2e-6
    assert polygon.covers(Aoi(-122.275, 47.54, -121.96, 47.74).geometry)


def test_curved_edges_are_followed():
    geobox = grid(2e6, 1.5e6, 6e6, 5e6, "EPSG:3035", 1e5)
    outline = shape(footprint(geobox)[0])
    straight = Polygon([corners(geobox)[place] for place in (0, 1, 3, 2)])
    assert outline.is_valid
    to_degrees = Transformer.from_crs("EPSG:3035", "EPSG:4326", always_xy=True)
    middle = Point(to_degrees.transform(4e6, 5e6))
    assert outline.exterior.distance(middle) < 1e-5
    assert straight.exterior.distance(middle) > 1


@pytest.mark.parametrize("aoi", [Aoi(179.5, -17, -179.5, -16), Aoi(-179.99, 65, -179.5, 66)])
def test_across_the_antimeridian_there_are_two_parts(aoi):
    geobox = over(aoi)
    geometry, bbox = footprint(geobox)
    parts = shape(geometry)
    assert geometry["type"] == "MultiPolygon"
    assert parts.is_valid
    assert len(parts.geoms) == 2
    west, south, east, north = bbox
    assert west > 179
    assert east < -179
    assert (south, north) == (parts.bounds[1], parts.bounds[3])
    assert parts.bounds[0] == -180
    assert parts.bounds[2] == 180
    for corner in corners(geobox):
        assert parts.boundary.distance(Point(corner)) < 2e-6


def test_a_grid_that_ends_at_the_antimeridian_is_one_part():
    aoi = Aoi(170, -17, 180, -16)
    geometry, bbox = footprint(mosaic_geobox(aoi, 0.01, "EPSG:4326"))
    assert geometry["type"] == "Polygon"
    assert bbox == [170, -17, 180, -16]


def test_a_hair_beyond_the_antimeridian_is_no_part():
    geometry, bbox = footprint(grid(179.0 + 1e-8, 0, 180.0 + 1e-8, 1, "EPSG:4326", 0.1))
    assert geometry["type"] == "Polygon"
    assert bbox == [179, 0, 180, 1]


@pytest.mark.parametrize(("crs", "sign"), [("EPSG:3413", 1), ("EPSG:3031", -1)])
def test_around_a_pole_it_is_the_cap(crs, sign):
    geobox = grid(-3e6, -3e6, 3e6, 3e6, crs, 1e4)
    geometry, bbox = footprint(geobox)
    cap = shape(geometry)
    assert cap.is_valid
    assert bbox[0::2] == [-180, 180]
    assert (bbox[3] if sign > 0 else bbox[1]) == 90 * sign
    assert all(cap.covers(Point(corner)) for corner in corners(geobox))


def test_pixels_are_measured_in_metres():
    assert pixel_metres(over(Aoi(10, 50, 11, 51), 60.0)) == 60
    assert pixel_metres(grid(0, 0, 1, 1, "EPSG:4326", 0.01)) == pytest.approx(1111.951)
    # US survey feet
    assert pixel_metres(grid(0, 0, 1e3, 1e3, "EPSG:2263", 100)) == 30.480061
