import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.geojson import read_area
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.planning.grid import mosaic_geobox, utm_crs


def ring(west, south, east, north):
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*corners):
    return {"type": "Polygon", "coordinates": [ring(*corners)]}


def multi(*boxes):
    return {"type": "MultiPolygon", "coordinates": [[ring(*corners)] for corners in boxes]}


def feature(geometry):
    return {"type": "Feature", "properties": {"name": "x"}, "geometry": geometry}


def collection(*geometries):
    return {"type": "FeatureCollection", "features": [feature(geometry) for geometry in geometries]}


PLAIN = polygon(14, 45, 16, 46)


@pytest.mark.parametrize(
    "document",
    [
        PLAIN,
        multi((14, 45, 15, 46), (15, 45, 16, 46)),
        feature(PLAIN),
        collection(polygon(14, 45, 15, 46), polygon(14.5, 45, 16, 46)),
        {"type": "GeometryCollection", "geometries": [PLAIN]},
        {**PLAIN, "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}},
        {"type": "Polygon", "coordinates": [[[x, y, 300.0] for x, y in ring(14, 45, 16, 46)]]},
        {"type": "Polygon", "coordinates": [ring(14, 45, 16, 46), ring(14.5, 45.2, 15, 45.4)]},
        {"type": "Polygon", "coordinates": [ring(14, 45, 16, 46)[::-1]]},
        polygon(374 - 360, 45, 376 - 360, 46),
    ],
)
def test_every_form_of_an_area_is_read(document):
    aoi = Aoi.from_geojson(document)
    assert (aoi.west, aoi.south, aoi.east, aoi.north) == (14, 45, 16, 46)
    assert aoi.area.area == pytest.approx(2)
    assert aoi.boxes == ((14, 45, 16, 46),)
    assert aoi == Aoi.parse(json.dumps(document))


FIJI = Aoi(179.9, -17.2, -179.8, -17.0)
CROSSING = {
    "cut": multi((179.9, -17.2, 180, -17.0), (-180, -17.2, -179.8, -17.0)),
    "beyond 180": polygon(179.9, -17.2, 180.2, -17.0),
    "beyond -180": polygon(-180.1, -17.2, -179.8, -17.0),
    "jumping": polygon(179.9, -17.2, -179.8, -17.0),
    "features": collection(polygon(179.9, -17.2, 180, -17.0), polygon(-180, -17.2, -179.8, -17.0)),
    "islands": multi((179.9, -17.2, 179.95, -17.0), (-179.95, -17.15, -179.8, -17.0)),
}


@pytest.mark.parametrize("document", CROSSING.values(), ids=CROSSING)
def test_area_across_the_antimeridian_is_the_box_with_west_above_east(document):
    aoi = Aoi.from_geojson(document)
    assert (aoi.west, aoi.south, aoi.east, aoi.north) == pytest.approx((179.9, -17.2, -179.8, -17.0))
    assert aoi.crosses_antimeridian
    assert utm_crs(aoi) == utm_crs(FIJI) == "EPSG:32701"
    drawn, boxed = (mosaic_geobox(area, 100, "EPSG:32701").shape for area in (aoi, FIJI))
    assert np.abs(np.subtract(tuple(drawn), tuple(boxed))).max() <= 1
    assert all(-180 <= part.bounds[0] < part.bounds[2] <= 180 for part in aoi.parts)


def test_areas_on_both_sides_of_the_world_stay_apart():
    aoi = Aoi.from_geojson(multi((-80, 10, -70, 11), (20, 10, 30, 11), (100, 10, 110, 11)))
    assert (aoi.west, aoi.east) == (-80, 110)


def test_whole_world_is_no_crossing():
    aoi = Aoi.from_geojson(multi((-180, -60, 0, 80), (0, -60, 180, 80)))
    assert aoi.boxes == ((-180, -60, 180, 80),)


def test_bow_tie_is_mended_and_keeps_its_extent():
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}
    aoi = Aoi.from_geojson(bow)
    assert (aoi.west, aoi.south, aoi.east, aoi.north) == (0, 0, 2, 2)
    assert aoi.area.is_valid


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([1, 2], "no GeoJSON object"),
        (None, "no GeoJSON object"),
        ({"type": "Point", "coordinates": [1, 2]}, "'Point'"),
        (feature({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}), "'LineString'"),
        (feature(None), "no GeoJSON object"),
        (collection(), "no area"),
        ({"type": "FeatureCollection", "features": None}, "no area"),
        ({"type": "Polygon", "coordinates": []}, "no area"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}, "no area"),
        ({"type": "Polygon", "coordinates": "here"}, "make no polygon"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "make no polygon"),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, None], [2, 0], [0, 0]]]},
            "make no polygon|not a number",
        ),
        ({"type": "Polygon"}, "make no polygon"),
        (polygon(500000, 5300000, 510000, 5310000), "outside of the world"),
        (polygon(47, 100, 48, 101), "outside of the world"),
        (polygon(-180, -90, 180, 90), "longer than 180 degrees"),
        (
            {**PLAIN, "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32633"}}},
            "longitude and latitude of WGS 84",
        ),
        ({"type": "Topology"}, "'Topology'"),
        ({}, "'None'"),
    ],
)
def test_what_has_no_area_is_refused(document, said):
    with pytest.raises(UsageError, match=said) as caught:
        read_area(document)
    assert str(caught.value).startswith("AOI ")
    assert "\n" not in str(caught.value)


def test_too_many_points_are_refused():
    turns = np.linspace(0, 2 * np.pi, 100_002)
    circle = np.column_stack([10 + np.cos(turns), 50 + np.sin(turns)])
    with pytest.raises(UsageError, match="points, more than 100000; simplify it"):
        read_area({"type": "Polygon", "coordinates": [circle.tolist()]})


@pytest.mark.parametrize("text", ["{", '{"type": "Polygon", "coordinates": [[[0', "{}x"])
def test_text_that_is_no_json_is_refused(text):
    with pytest.raises(UsageError, match=r"AOI is not JSON .* or give GeoJSON"):
        Aoi.parse(text)


@given(st.floats(-180, 180), st.floats(-80, 79), st.floats(0.01, 170), st.floats(0.01, 1))
def test_box_and_polygon_are_one_area(west, south, width, height):
    east = west + width
    box = Aoi(west, south, east if east <= 180 else east - 360, south + height)
    drawn = Aoi.from_geojson(polygon(west, south, east, south + height))
    assert (drawn.west, drawn.south, drawn.east, drawn.north) == pytest.approx(
        (box.west, box.south, box.east, box.north), abs=1e-9
    ) or abs(abs(west) - 180) < 1e-9
    assert sum(part.area for part in drawn.parts) == pytest.approx(sum(part.area for part in box.parts))


def test_text_tells_box_and_polygons():
    assert str(Aoi.from_geojson(PLAIN)) == "14,45,16,46 (around 1 polygons)"
