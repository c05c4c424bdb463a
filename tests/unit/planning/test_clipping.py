import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.features import geometry_mask
from shapely import STRtree, affinity, contains_xy
from shapely.geometry import Polygon, box, mapping

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.geo.blocks import cut_blocks
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.projection import project
from cloudless_mosaic.planning.clipping import Clip
from cloudless_mosaic.planning.grid import mosaic_geobox, utm_crs

CORNERS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=12)


def aoi_of(polygons):
    return Aoi.from_geojson(
        {"type": "MultiPolygon", "coordinates": [mapping(polygon)["coordinates"] for polygon in polygons]}
    )


def assert_cut_as_rasterio_does(aoi, geometry):
    """Blocks of any size make the mask that rasterio makes of the whole grid."""
    crs = utm_crs(aoi)
    geobox = mosaic_geobox(aoi, 100, crs)
    outside = geometry_mask([project(geometry, "EPSG:4326", crs)], geobox.shape, geobox.affine)
    clip = Clip.to(aoi, crs)
    for size in (64, 1024):
        inside = np.zeros(geobox.shape, np.bool_)
        for block in cut_blocks(geobox, size):
            mask = clip.inside(geobox[block.window])
            inside[block.window] = True if mask is None else mask.unpacked()
        np.testing.assert_array_equal(inside, ~outside)


@pytest.mark.slow
@settings(max_examples=15)
@given(CORNERS, st.sampled_from([(11.0, 46.0), (-122.0, 47.5), (178.9, -17.0)]), st.booleans())
def test_a_mask_is_that_of_rasterio(corners, place, hole):
    shell = Polygon(corners).convex_hull
    # the hull of points that differ by rounding alone may cross itself
    if shell.geom_type != "Polygon" or shell.area < 0.01 or not shell.is_valid:
        return
    shell = affinity.translate(affinity.scale(shell, 0.5, 0.5, origin=(0, 0)), *place)
    inner = affinity.scale(shell, 0.5, 0.5, origin="centroid")
    polygon = Polygon(shell.exterior, [inner.exterior]) if hole else shell
    assert_cut_as_rasterio_does(aoi_of([polygon]), polygon)


RING = [(179.6, -17.2), (180.4, -17.1), (180.3, -16.6), (179.7, -16.7)]
HOLE = [(179.9, -17.0), (180.1, -17.0), (180.1, -16.9), (179.9, -16.9)]


def jumping(ring):
    return [(x - 360 if x > 180 else x, y) for x, y in ring]


def cut(polygon):
    """Its halves, as RFC 7946 has them."""
    east = affinity.translate(polygon.intersection(box(180, -90, 360, 90)), -360)
    return [polygon.intersection(box(0, -90, 180, 90)), east]


@pytest.mark.parametrize(
    "given",
    [
        [Polygon(RING, [HOLE])],
        [Polygon(jumping(RING), [jumping(HOLE)])],
        [Polygon(RING, [jumping(HOLE)])],
        [affinity.translate(Polygon(RING, [HOLE]), -360)],
        cut(Polygon(RING, [HOLE])),
    ],
    ids=["beyond", "jumping", "both", "western", "halves"],
)
def test_cuts_across_the_antimeridian_are_those_of_rasterio(given):
    aoi = aoi_of(given)
    assert aoi.crosses_antimeridian
    crs = utm_crs(aoi)
    geobox = mosaic_geobox(aoi, 80, crs)
    mask = Clip.to(aoi, crs).inside(geobox)
    assert mask is not None
    # pyproj takes longitudes beyond 180 degrees
    wholes = given if len(given) > 1 else [Polygon(RING, [HOLE])]
    projected = [project(whole, "EPSG:4326", crs) for whole in wholes]
    outside = geometry_mask(projected, geobox.shape, geobox.affine)
    np.testing.assert_array_equal(mask.unpacked(), ~outside)
    rows, columns = np.indices(geobox.shape) + 0.5
    xs, ys = geobox.affine @ (columns, rows)
    within = np.logical_or.reduce([contains_xy(one, xs, ys) for one in projected])
    np.testing.assert_array_equal(mask.unpacked(), within)


def test_a_box_across_the_antimeridian_is_cut_in_one_piece():
    aoi = Aoi(179.62, -17.2, -179.55, -16.6)
    crs = utm_crs(aoi)
    geobox = mosaic_geobox(aoi, 20, crs)
    mask = Clip.to(aoi, crs).inside(geobox)
    assert mask is not None
    whole = project(box(179.62, -17.2, 180.45, -16.6), "EPSG:4326", crs)
    np.testing.assert_array_equal(mask.unpacked(), ~geometry_mask([whole], geobox.shape, geobox.affine))


def test_polygons_that_overlap_are_all_inside():
    one, other = (
        Polygon([(11, 46), (11.4, 46), (11.2, 46.3)]),
        Polygon([(11.1, 46.1), (11.5, 46), (11.5, 46.3)]),
    )
    aoi = aoi_of([one, other])
    crs = utm_crs(aoi)
    geobox = mosaic_geobox(aoi, 50, crs)
    mask = Clip.to(aoi, crs).inside(geobox)
    assert mask is not None
    both = [project(polygon, "EPSG:4326", crs) for polygon in (one, other)]
    np.testing.assert_array_equal(mask.unpacked(), ~geometry_mask(both, geobox.shape, geobox.affine))


def test_blocks_that_are_all_inside_or_outside_are_known():
    aoi = Aoi(11, 46, 11.5, 46.5)
    crs = utm_crs(aoi)
    geobox = mosaic_geobox(aoi, 100, crs)
    clip = Clip.to(aoi, crs)
    rows, columns = geobox.shape
    assert clip.inside(geobox[rows // 2 : rows // 2 + 9, columns // 2 : columns // 2 + 9]) is None
    beyond = clip.inside(geobox.pad(50)[:20, :20])
    assert beyond is not None
    assert not beyond.unpacked().any()


@pytest.mark.parametrize("place", [(11, 46), (179.8, -17), (-60, 83)])
def test_a_margin_is_as_wide_as_it_should_be(place):
    west, south = place
    aoi = Aoi(west, south, west + 0.4, south + 0.3)
    grown = aoi.grown(3000)
    crs = utm_crs(aoi)
    inner = mosaic_geobox(aoi, 100, crs).boundingbox
    outer = mosaic_geobox(grown, 100, crs).boundingbox
    margins = (
        *(inner.left - outer.left, inner.bottom - outer.bottom),
        *(outer.right - inner.right, outer.top - inner.top),
    )
    assert all(abs(margin - 3000) <= 200 for margin in margins)


SHAPES = {
    "strip": [(0, 0), (0.05, 0), (1, 0.95), (1, 1), (0.95, 1), (0, 0.05)],
    "corner": [(0, 0), (1, 0), (1, 0.0513), (0.0513, 0.0513), (0.0513, 1), (0, 1)],
    "triangle": [(0, 0), (1, 0.8), (1, 1)],
}
TILES, TILE, TILE_PIXELS = 40, 5120.0, 32


@pytest.mark.parametrize("shape", SHAPES)
def test_a_tenth_of_a_wide_rectangle_meets_a_sixth_of_its_tiles(shape):
    edge, corner = TILES * TILE, (300_000.0, 5_100_000.0)
    polygon = Polygon([(x * edge + corner[0] + 1000, y * edge + corner[1] + 2000) for x, y in SHAPES[shape]])
    assert polygon.area == pytest.approx(0.1 * edge**2, rel=0.03)
    clip = Clip((polygon,), STRtree([polygon]))
    pixels = TILE_PIXELS * (TILES + 1)
    pixel = TILE / TILE_PIXELS
    geobox = GeoBox(
        (pixels, pixels), Affine(pixel, 0, corner[0], 0, -pixel, corner[1] + edge + TILE), "EPSG:32610"
    )
    inside = clip.inside(geobox).unpacked()
    met = inside.reshape(TILES + 1, TILE_PIXELS, TILES + 1, TILE_PIXELS).any(axis=(1, 3))
    assert met.mean() <= 1 / 6
