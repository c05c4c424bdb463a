import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.errors import UsageError

LONGITUDES = st.floats(-180, 180)
LATITUDES = st.floats(-90, 90)


def test_parse_reads_the_published_example():
    text = "-122.27508544921875,47.54687159892238,-121.96128845214844,47.745787772920934"
    assert Aoi.parse(text) == Aoi(
        -122.27508544921875, 47.54687159892238, -121.96128845214844, 47.745787772920934
    )


def test_parse_takes_spaces():
    assert Aoi.parse(" 1, 2 ,3,4 ") == Aoi(1, 2, 3, 4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2,3", "four numbers"),
        ("1,2,3,4,5", "four numbers"),
        ("", "four numbers"),
        ("1,2,3,north", "four numbers"),
        ("1,2,nan,4", "not a number"),
        ("1,2,inf,4", "not a number"),
        ("47.5,-122.3,47.7,-121.9", "look swapped"),
        ("100,91,120,92", "outside -90..90"),
        ("1,-91,2,0", "outside -90..90"),
        ("170,1,361,2", "outside -180..180"),
        ("-361,1,0,2", "outside -180..180"),
        ("190,1,185,2", "outside -180..180"),
        ("POLYGON((1 2", "not WKT"),
        ("[1,2,[3],4]", "four numbers"),
        ('{"bbox": 3}', "four numbers"),
        ("1,4,3,2", "south is above its north"),
        ("1,2,1,4", "no area"),
        ("1,2,3,2", "no area"),
        ("180,1,-180,2", "no area"),
        ("10,1,-10,2", "west is greater than its east"),
        ("0,1,-180,2", "west is greater than its east"),
    ],
)
def test_no_box_is_an_error_that_shows_how_to_write_one(text, said):
    with pytest.raises(UsageError, match=said) as caught:
        Aoi.parse(text)
    assert "aoi=-122.28,47.54" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "[14, 45, 16, 46]",
            "14 45 16 46",
            "(14,45,16,46)",
            " 14 , 45 ,16, 46 ",
            "14;45;16;46",
            "14,45,0,16,46,99",
        ),
        *(
            '{"bbox": [14, 45, 16, 46]}',
            '{"bbox": [14, 45, 0, 16, 46, 9], "crs": "OGC:CRS84"}',
            "BOX(14 45,16 46)",
        ),
        '{"bbox":[14,45,16,46],"crs":"http://www.opengis.net/def/crs/OGC/1.3/CRS84"}',
        '{"bbox":[45,14,46,16],"crs":"http://www.opengis.net/def/crs/EPSG/0/4326"}',
        "BOX3D(14 45 0,16 46 9)",
    ],
)
def test_a_box_in_every_form(text):
    assert Aoi.parse(text) == Aoi(14, 45, 16, 46)


def test_a_bbox_with_latitudes_first_is_noted():
    crs = "http://www.opengis.net/def/crs/EPSG/0/4326"
    assert "comes first" in Aoi.parse(f'{{"bbox":[45,14,46,16],"crs":"{crs}"}}').notes[0]
    # the other order is the only one that makes sense
    assert Aoi.parse(f'{{"bbox":[-122.2,47.6,-122.1,47.65],"crs":"{crs}"}}') == Aoi(
        -122.2, 47.6, -122.1, 47.65
    )


def test_a_bbox_in_metres_is_transformed():
    aoi = Aoi.parse('{"bbox":[500000,5000000,510000,5010000],"crs":"EPSG:32633"}')
    assert (aoi.west, aoi.south) == pytest.approx((15, 45.153), abs=1e-3)
    assert "transformed from" in aoi.notes[0]


SQUARE = "((14 45,16 45,16 46,14 46,14 45))"


@pytest.mark.parametrize(
    "text",
    [
        *(
            f"POLYGON{SQUARE}",
            f"Polygon {SQUARE}",
            f"SRID=4326;POLYGON{SQUARE}",
            f"srid=4326; MULTIPOLYGON({SQUARE})",
            f"SRID = 4326 ; POLYGON{SQUARE}",
            f"SRID=EPSG:4326;POLYGON{SQUARE}",
            f"<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POLYGON{SQUARE}",
            "<http://www.opengis.net/def/crs/EPSG/0/4326> POLYGON((45 14,45 16,46 16,46 14,45 14))",
        ),
        *(f"GEOMETRYCOLLECTION(POINT(1 2),POLYGON{SQUARE})", f" POLYGON{SQUARE}; \n"),
        "POLYGON Z((14 45 1,16 45 1,16 46 1,14 46 1,14 45 1))",
        "POLYGON ZM((14 45 1 2,16 45 1 2,16 46 1 2,14 46 1 2,14 45 1 2))",
    ],
)
def test_an_area_as_wkt(text):
    aoi = Aoi.parse(text)
    assert (aoi.west, aoi.south, aoi.east, aoi.north) == (14, 45, 16, 46)
    assert aoi.area is not None


def test_an_srid_of_0_is_an_unknown_one():
    area = Aoi.parse("SRID=0;POLYGON((1 2,3 2,3 4,1 2))")
    assert area.geometry.bounds == (1, 2, 3, 4)
    assert any("names no CRS" in note for note in area.notes)


def test_an_area_with_curves_is_refused():
    with pytest.raises(UsageError, match="AOI has curves"):
        Aoi.parse("CURVEPOLYGON(CIRCULARSTRING(1 1,2 2,3 1,2 0,1 1))")


def test_an_area_on_another_planet_is_refused():
    square = [[[1, 2], [3, 2], [3, 4], [1, 2]]]
    crs = {"type": "name", "properties": {"name": "IAU_2015:30100"}}
    with pytest.raises(UsageError, match="no way to WGS 84"):
        Aoi.from_geojson({"type": "Polygon", "coordinates": square, "crs": crs})


def test_an_area_as_ewkt_in_metres():
    aoi = Aoi.parse("SRID=32633;POLYGON((500000 5000000,510000 5000000,510000 5010000,500000 5000000))")
    assert (aoi.west, aoi.south) == pytest.approx((15, 45.153), abs=1e-3)


@given(st.floats(-360, 350), LATITUDES, st.floats(0.01, 179))
def test_a_box_beyond_180_is_what_the_polygon_is(west, south, width):
    south, east = min(south, 89), min(west + width, 360)
    box = Aoi.parse(f"{west!r},{south!r},{east!r},{south + 1!r}")
    ring = [[west, south], [east, south], [east, south + 1], [west, south + 1], [west, south]]
    drawn = Aoi.from_geojson({"type": "Polygon", "coordinates": [ring]})
    assert sum(right - left for left, _, right, _ in box.boxes) == pytest.approx(east - west)
    assert drawn.geometry.symmetric_difference(box.geometry).area < 1e-6


def test_a_box_of_a_whole_turn_is_the_world():
    assert Aoi(0, -10, 360, 10) == Aoi(-180, -10, 180, 10)


def test_latitude_out_of_range_is_no_swap_when_the_other_way_is_out_of_range_too():
    with pytest.raises(UsageError) as caught:
        Aoi(100, 91, 120, 92)
    assert "swapped" not in str(caught.value)


def test_plain_box_is_one_polygon():
    aoi = Aoi(14, 45, 16, 46)
    assert not aoi.crosses_antimeridian
    assert aoi.boxes == ((14, 45, 16, 46),)
    assert isinstance(aoi.geometry, Polygon)
    assert aoi.geometry.bounds == (14, 45, 16, 46)


def test_box_across_the_antimeridian_is_two_polygons():
    aoi = Aoi(178, -18, -179, -16)
    assert aoi.crosses_antimeridian
    assert aoi.boxes == ((178, -18, 180, -16), (-180, -18, -179, -16))
    assert isinstance(aoi.geometry, MultiPolygon)
    assert aoi.geometry.area == pytest.approx(3 * 2)


@pytest.mark.parametrize(
    ("aoi", "box"), [(Aoi(180, 1, -170, 2), (-180, 1, -170, 2)), (Aoi(170, 1, -180, 2), (170, 1, 180, 2))]
)
def test_side_of_the_antimeridian_without_area_is_left_out(aoi, box):
    assert aoi.boxes == (box,)
    assert aoi.geometry.bounds == box


def test_text_of_a_box_reads_back():
    assert str(Aoi(14.5, 45, 16, 46.25)) == "14.5,45,16,46.25"


@given(LONGITUDES, LATITUDES, LONGITUDES, LATITUDES)
def test_every_box_that_is_taken_has_area_and_holds_to_its_bounds(west, south, east, north):
    try:
        aoi = Aoi(west, south, east, north)
    except UsageError:
        return
    assert aoi.boxes
    for left, bottom, right, top in aoi.boxes:
        assert -180 <= left < right <= 180
        assert -90 <= bottom < top <= 90
    assert sum(right - left for left, _, right, _ in aoi.boxes) == pytest.approx(
        (east - west) % 360, abs=1e-9
    )
