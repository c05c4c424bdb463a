import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.features import geometry_mask
from shapely import affinity
from shapely.geometry import Polygon, mapping

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.geo.blocks import cut_blocks
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
@settings(max_examples=40)
@given(CORNERS, st.sampled_from([(11.0, 46.0), (-122.0, 47.5), (178.9, -17.0)]), st.booleans())
def test_a_mask_is_that_of_rasterio(corners, place, hole):
    shell = Polygon(corners).convex_hull
    if shell.geom_type != "Polygon" or shell.area < 0.01:
        return
    shell = affinity.translate(affinity.scale(shell, 0.5, 0.5, origin=(0, 0)), *place)
    inner = affinity.scale(shell, 0.5, 0.5, origin="centroid")
    polygon = Polygon(shell.exterior, [inner.exterior]) if hole else shell
    assert_cut_as_rasterio_does(aoi_of([polygon]), polygon)


def test_holes_and_parts_across_the_antimeridian_are_kept():
    ring = [(179.6, -17.2), (180.4, -17.1), (180.3, -16.6), (179.7, -16.7)]
    hole = [(179.9, -17.0), (180.1, -17.0), (180.1, -16.9), (179.9, -16.9)]
    aoi = aoi_of([Polygon(ring, [hole])])
    assert aoi.crosses_antimeridian
    whole = Polygon([(x, y) for x, y in ring], [hole])
    crs = utm_crs(aoi)
    # pyproj takes longitudes beyond 180 degrees
    geobox = mosaic_geobox(aoi, 100, crs)
    outside = geometry_mask([project(whole, "EPSG:4326", crs)], geobox.shape, geobox.affine)
    mask = Clip.to(aoi, crs).inside(geobox)
    assert mask is not None
    differ = np.count_nonzero(mask.unpacked() == outside)
    # the two halves have a point more where the antimeridian cuts their edges
    assert differ <= 4


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
