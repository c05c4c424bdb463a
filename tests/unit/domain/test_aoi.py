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
        ("170,1,181,2", "outside -180..180"),
        ("-181,1,0,2", "outside -180..180"),
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
