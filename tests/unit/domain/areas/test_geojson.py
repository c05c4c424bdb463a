import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from shapely import from_wkt
from shapely.affinity import scale, translate
from shapely.geometry import Polygon

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.areas.geojson import read_area
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo.projection import project
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
        (feature(None), "no geometry"),
        ({"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]}, "'Point'"),
        ({"type": "GeometryCollection", "geometries": [3]}, "no GeoJSON object"),
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
            {**PLAIN, "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::999999"}}},
            "'urn:ogc:def:crs:EPSG::999999', which is not a known CRS",
        ),
        ({**PLAIN, "crs": "EPSG:4978"}, "no places on a map"),
        ({**PLAIN, "crs": "EPSG:5773"}, "no places on a map"),
        ({**polygon(1e9, 1e9, 2e9, 2e9), "crs": "EPSG:32633"}, "outside of its CRS"),
        ({"type": "Topology"}, "'Topology'"),
        ({}, "without a 'type'"),
    ],
)
def test_what_has_no_area_is_refused(document, said):
    with pytest.raises(UsageError, match=said) as caught:
        read_area(document)
    assert str(caught.value).startswith("AOI ")
    assert "\n" not in str(caught.value)


def circle(points, radius=1.0):
    turns = np.linspace(0, 2 * np.pi, points)
    return np.column_stack([10 + radius * np.cos(turns), 50 + radius * np.sin(turns)])


@pytest.mark.slow
def test_many_points_are_simplified_and_the_extent_stays():
    drawn = circle(120_001)
    ragged = 1 - np.random.default_rng(3).random((120_001, 1)) * 1e-3
    ragged[-1] = ragged[0]
    drawn = (10, 50) + (drawn - (10, 50)) * ragged
    area = Aoi.from_geojson({"type": "Polygon", "coordinates": [drawn.tolist()]})
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    assert (area.west, area.south, area.east, area.north) == (*low, *high)
    assert "120001 points; simplified to" in area.notes[0]
    points = sum(len(part.exterior.coords) for part in area.parts)
    assert points <= 100_000
    assert area.area.area == pytest.approx(np.pi, rel=2e-3)


@pytest.mark.slow
def test_many_polygons_are_simplified_and_the_extent_stays():
    corners = np.random.default_rng(7).uniform((5, 45), (8, 47), (20_100, 2))
    documents = [polygon(x, y, x + 1e-4, y + 1e-4) for x, y in corners]
    area = Aoi.from_geojson(collection(*documents))
    low, high = corners.min(axis=0), corners.max(axis=0) + 1e-4
    assert (area.west, area.south, area.east, area.north) == pytest.approx((*low, *high))
    assert "simplified" in area.notes[0]


@pytest.mark.parametrize(
    "crs",
    [
        *("EPSG:4326", "epsg:4326", "urn:ogc:def:crs:EPSG::4326", "urn:x-ogc:def:crs:EPSG:6.6:4326", "WGS84"),
        *(
            "http://www.opengis.net/def/crs/EPSG/0/4326",
            "http://www.opengis.net/gml/srs/epsg.xml#4326",
            "4326",
        ),
        *("urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "OGC:CRS84", "CRS84", "EPSG:4979"),
        *("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "http://www.opengis.net/def/crs/OGC/0/CRS84h"),
        *(
            "urn:ogc:def:crs:EPSG:6.18:3:4326",
            "GCS_WGS_1984",
            "+proj=longlat +datum=WGS84 +no_defs",
            "WGS 84",
        ),
        *("https://spatialreference.org/ref/epsg/4326/", "urn:ogc:def:crs:epsg:7.9:4326", ""),
        *("http://spatialreference.org/ref/epsg/wgs-84/", "WGS84(DD)", "World Geodetic System 1984"),
    ],
)
def test_wgs_84_in_any_spelling(crs):
    for stated in (crs, {"type": "name", "properties": {"name": crs}}):
        aoi = Aoi.from_geojson({**PLAIN, "crs": stated})
        assert aoi == Aoi.from_geojson(PLAIN)
        assert aoi.notes == ()


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "EPSG", "properties": {"code": 4326}},
        {"type": "link", "properties": {"href": "http://spatialreference.org/ref/epsg/4326/proj4/"}},
        {"type": "name", "properties": {"name": None}},
        {"type": "name"},
        {"wkid": 4326},
        CRS("EPSG:4326").to_wkt("WKT1_ESRI"),
        None,
        4326,
    ],
    ids=str,
)
def test_other_forms_of_the_crs_member(crs):
    assert Aoi.from_geojson({**PLAIN, "crs": crs}) == Aoi.from_geojson(PLAIN)


@pytest.mark.parametrize(
    "name",
    [*(f"urn:ogc:def:crs:EPSG::{code}" for code in (4258, 4269, 4283, 7844, 4937, 6318)), "ESRI:104145"],
)
def test_degrees_of_a_continent_are_taken_with_a_note(name):
    aoi = Aoi.from_geojson({**PLAIN, "crs": {"properties": {"name": name}}})
    assert aoi == Aoi.from_geojson(PLAIN)
    assert "taken as WGS 84" in aoi.notes[0]


@pytest.mark.parametrize("code", [32633, 3857, 3035, 31287, 3416, 4312])
def test_other_crss_are_transformed(code):
    to_crs = Transformer.from_crs(4326, code, always_xy=True)
    ring_there = [list(to_crs.transform(x, y)) for x, y in ring(14, 47, 14.1, 47.1)]
    aoi = Aoi.from_geojson({"type": "Polygon", "coordinates": [ring_there], "crs": f"EPSG:{code}"})
    assert (aoi.west, aoi.south, aoi.east, aoi.north) == pytest.approx((14, 47, 14.1, 47.1), abs=1e-3)
    assert "transformed from" in aoi.notes[0]


@pytest.mark.parametrize(
    "crs",
    [
        {"crs": {"wkid": 102100, "latestWkid": 3857}},
        {"coordRefSys": "http://www.opengis.net/def/crs/EPSG/0/3857"},
    ],
    ids=["Esri", "JSON-FG"],
)
def test_members_of_other_programs(crs):
    to_crs = Transformer.from_crs(4326, 3857, always_xy=True)
    there = [list(to_crs.transform(x, y)) for x, y in ring(14, 47, 14.1, 47.1)]
    aoi = Aoi.from_geojson({"type": "Polygon", "coordinates": [there], **crs})
    assert (aoi.west, aoi.south, aoi.east, aoi.north) == pytest.approx((14, 47, 14.1, 47.1), abs=1e-6)


@pytest.mark.parametrize("crs", ["EPSG:4326+5773", "urn:ogc:def:crs,crs:EPSG::4326,crs:EPSG::5773"])
def test_the_horizontal_part_of_a_compound_crs_counts(crs):
    assert Aoi.from_geojson({**PLAIN, "crs": crs}) == Aoi.from_geojson(PLAIN)


def test_edges_of_a_projected_area_are_curves_in_degrees():
    wide = {**polygon(-4e6, 5e6, 4e6, 6e6), "crs": "EPSG:3995"}
    assert Aoi.from_geojson(wide).south < Aoi.from_geojson({**wide, "crs": "EPSG:3995"}).north
    corners = Transformer.from_crs(3995, 4326, always_xy=True).transform([-4e6, 4e6, 0], [6e6, 6e6, 5e6])
    assert Aoi.from_geojson(wide).north > max(corners[1]) - 0.1


def test_what_has_no_area_or_place_is_left_out_with_a_note():
    document = collection(PLAIN, None, {"type": "Point", "coordinates": [0, 0]})
    aoi = Aoi.from_geojson(document)
    assert aoi == Aoi.from_geojson(PLAIN)
    assert aoi.notes == (
        "AOI holds 1 x 'Point' without area; left out",
        "AOI holds 1 features without geometry; left out",
    )


@pytest.mark.parametrize("sizes", [(2,), (3,), (4,), (5,), (2, 3, 4)])
def test_positions_may_have_heights_and_measures(sizes):
    rings = [[*point, 9, 8, 7][: sizes[i % len(sizes)]] for i, point in enumerate(ring(14, 45, 16, 46))]
    assert Aoi.from_geojson({"type": "Polygon", "coordinates": [rings]}) == Aoi.from_geojson(PLAIN)


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


HOLLOW = "POLYGON((0 0, 9 0, 9 9, 0 9, 0 0), (2 2, 6 2, 6 6, 2 6, 2 2))"


def test_holes_stay_in_metres_and_within_a_margin():
    metres = translate(scale(from_wkt(HOLLOW), 1000, 1000, origin=(0, 0)), 500_000, 5_200_000)
    (there,) = Aoi.parse(f"SRID=32610;{metres.wkt}").exact.geoms
    back = project(there, "EPSG:4326", "EPSG:32610")
    assert back.area == pytest.approx(metres.area, rel=1e-6)
    (grown,) = Aoi.parse(HOLLOW).grown(10_000).exact.geoms
    (hole,) = grown.interiors
    west, _, east, _ = Polygon(hole).bounds
    assert east - west == pytest.approx(4 - 2 * 10 / 111.2, abs=0.01)


@pytest.mark.parametrize(
    "hole", ["0 0, 9 0, 9 9, 0 9, 0 0", "9 0, 9 9, 0 9, 0 0, 9 0", "0 0, 0 9, 9 9, 9 0, 0 0"]
)
def test_a_hole_that_is_its_shell_leaves_no_area(hole):
    with pytest.raises(UsageError, match="AOI has no area: its holes are as large as its polygons"):
        Aoi.parse(f"POLYGON((0 0, 9 0, 9 9, 0 9, 0 0), ({hole}))")


def test_a_polygon_that_is_all_hole_is_left_out_of_what_is_cut():
    shell = "(0 0, 9 0, 9 9, 0 9, 0 0)"
    area = Aoi.parse(f"MULTIPOLYGON(({shell}, {shell}), ((20 0, 21 0, 21 1, 20 1, 20 0)))")
    assert area.exact.bounds == (20, 0, 21, 1)
