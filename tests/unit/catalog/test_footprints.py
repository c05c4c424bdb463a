import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.affinity import rotate, translate
from shapely.geometry import MultiPolygon, Point, Polygon, box, mapping, shape

from cloudless_mosaic.catalog.footprints import parse_footprint
from cloudless_mosaic.errors import MetadataError


def polygon(*ring):
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}


def ring_of(west, south, east, north):
    return polygon((west, south), (east, south), (east, north), (west, north), (west, south))


def multi(*polygons):
    return {"type": "MultiPolygon", "coordinates": [one["coordinates"] for one in polygons]}


CROSSING = MultiPolygon([box(179, -18, 180, -17), box(-180, -18, -179.5, -17)])

CONVENTIONS = {
    "cut in two": multi(ring_of(179, -18, 180, -17), ring_of(-180, -18, -179.5, -17)),
    "beyond 180": ring_of(179, -18, 180.5, -17),
    "beyond -180": ring_of(-181, -18, -179.5, -17),
    "around the world": polygon((179, -18), (-179.5, -18), (-179.5, -17), (179, -17), (179, -18)),
    "around the world, from the east": polygon(
        (-179.5, -17), (179, -17), (179, -18), (-179.5, -18), (-179.5, -17)
    ),
    "with points on the antimeridian": polygon(
        (179, -18), (180, -18), (-180, -18), (-179.5, -18), (-179.5, -17), (180, -17), (179, -17), (179, -18)
    ),
    "from 0 to 360": ring_of(179, -18, 180.5, -17),
    "all beyond 360 - 180": multi(ring_of(179, -18, 180, -17), ring_of(180, -18, 180.5, -17)),
}


@pytest.mark.parametrize("geometry", CONVENTIONS.values(), ids=CONVENTIONS)
def test_all_conventions_at_the_antimeridian_mean_the_same_area(geometry):
    assert parse_footprint(geometry).symmetric_difference(CROSSING).area < 1e-9


def test_a_plain_polygon_is_left_as_it_is():
    area = parse_footprint(ring_of(14, 47, 15.5, 48))
    assert area.equals(box(14, 47, 15.5, 48))


def test_heights_are_dropped_and_holes_filled():
    geometry = ring_of(14, 47, 15, 48)
    geometry["coordinates"][0] = [[x, y, 420.0] for x, y in geometry["coordinates"][0]]
    geometry["coordinates"].append([[14.4, 47.4], [14.6, 47.4], [14.6, 47.6], [14.4, 47.4]])
    area = parse_footprint(geometry)
    assert not area.has_z
    assert area.equals(box(14, 47, 15, 48))


def test_a_bow_tie_keeps_both_of_its_wings():
    area = parse_footprint(polygon((0, 0), (2, 2), (2, 0), (0, 2), (0, 0)))
    assert area.is_valid
    assert area.covers(Point(0.2, 1))
    assert area.covers(Point(1.8, 1))
    assert area.area == pytest.approx(2)


def test_a_spike_is_dropped_and_all_parts_beside_it_are_kept():
    area = parse_footprint(polygon((0, 0), (2, 2), (2, 0), (0, 2), (0, 0), (-3, 0), (0, 0)))
    assert area.geom_type in {"Polygon", "MultiPolygon"}
    assert area.area == pytest.approx(2)


EMPTY = {"type": "Polygon", "coordinates": []}

REFUSED = {
    "nothing": None,
    "text": "POLYGON ((0 0, 1 1, 1 0, 0 0))",
    "a list": [1, 2],
    "no type": {"coordinates": [[[0, 0], [1, 1], [1, 0], [0, 0]]]},
    "a type that is a list": {"type": ["Polygon"], "coordinates": []},
    "a point": {"type": "Point", "coordinates": [0, 0]},
    "a collection": {"type": "GeometryCollection", "geometries": []},
    "no coordinates": {"type": "Polygon"},
    "null coordinates": {"type": "Polygon", "coordinates": None},
    "empty": EMPTY,
    "two points": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
    "words": {"type": "Polygon", "coordinates": [[["a", "b"], [1, 1], [1, 0], ["a", "b"]]]},
    "not a number": ring_of(math.nan, 0, 1, 1),
    "infinite": ring_of(0, 0, math.inf, 1),
    "a number out of any range": ring_of(10**400, 0, 1, 1),
    "metres": ring_of(399960, 5190240, 509760, 5300040),
    "latitude and longitude swapped": ring_of(47, 120, 48, 121),
    "beyond 360": ring_of(361, 0, 362, 1),
    "the whole world": ring_of(-180, -90, 180, 90),
    "wider than any granule": polygon((-70, 0), (0, 0), (70, 0), (70, 1), (-70, 1), (-70, 0)),
    "a ring around the pole": polygon(*((lon, 85) for lon in range(-180, 181, 30))),
    "a line": polygon((0, 0), (1, 1), (2, 2), (0, 0)),
    "too many points": polygon(*((math.cos(t), math.sin(t)) for t in np.linspace(0, 6.28, 20_000)), (1, 0)),
    "nested without end": {"type": "MultiPolygon", "coordinates": [[[[[[0, 0]]]]]]},
}


@pytest.mark.parametrize("geometry", REFUSED.values(), ids=REFUSED)
def test_what_is_no_footprint_is_refused_in_one_line(geometry):
    with pytest.raises(MetadataError, match="footprint") as caught:
        parse_footprint(geometry)
    assert "\n" not in str(caught.value)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=20,
)


@given(st.sampled_from(["Polygon", "MultiPolygon"]) | junk, junk)
def test_junk_is_a_footprint_or_a_refusal(kind, coordinates):
    try:
        area = parse_footprint({"type": kind, "coordinates": coordinates})
    except MetadataError:
        return
    assert box(-180, -90, 180, 90).covers(area)


numbers = st.floats(-400, 400) | st.sampled_from([-360.0, -180.0, 0.0, 180.0, 360.0])


@given(
    st.lists(st.lists(st.tuples(numbers, st.floats(-95, 95)), min_size=3, max_size=9), min_size=1, max_size=3)
)
def test_any_rings_give_a_valid_area_in_this_world_or_a_refusal(rings):
    try:
        area = parse_footprint(multi(*(polygon(*ring, ring[0]) for ring in rings)))
    except MetadataError:
        return
    assert area.is_valid
    assert area.area > 0
    assert area.geom_type in {"Polygon", "MultiPolygon"}
    assert box(-180, -90, 180, 90).covers(area)


@given(st.floats(-180, 180), st.floats(-80, 80), st.floats(0.2, 8), st.floats(0.2, 2), st.floats(-30, 30))
def test_where_a_granule_lies_makes_no_difference_to_its_shape(x, y, width, height, angle):
    granule = rotate(box(-width / 2, -height / 2, width / 2, height / 2), angle)
    placed = translate(granule, x, y)
    wrapped = polygon(*(((px + 180) % 360 - 180, py) for px, py in placed.exterior.coords))
    area = parse_footprint(wrapped)
    assert area.area == pytest.approx(granule.area, rel=1e-6)
    assert area.bounds[1:4:2] == pytest.approx(placed.bounds[1:4:2])
    assert box(-180, -90, 180, 90).covers(area)


def test_real_granules_at_the_antimeridian_lie_on_both_sides_of_it_and_nowhere_else(shared_data):
    files = sorted((shared_data / "antimeridian-items").glob("*.json"))
    assert len(files) == 6
    sides = {}
    for file in files:
        item = json.loads(file.read_text("utf-8"))
        parts = list(getattr(parse_footprint(item["geometry"]), "geoms", []))
        parts = parts or [parse_footprint(item["geometry"])]
        assert all(abs(x) > 177 for part in parts for x in part.bounds[::2])
        sides[file.stem[-6:], file.stem[20:24]] = {math.copysign(1, part.bounds[0]) for part in parts}
        assert len({math.copysign(1, part.bounds[0]) for part in parts}) == 2 or _is_western(item)


def _is_western(item):
    """True for the one granule whose ring stays on its side."""
    return all(x < 0 for ring in item["geometry"]["coordinates"] for x, _ in ring)


def test_the_same_real_granule_in_two_conventions_has_one_area(real_item):
    cut, belted = (
        real_item(f"stac-items/aws-jp2/S2A_OPER_MSI_L2A_TL_2APS_20230602T025701_A041483_T01WCR{end}.json")
        for end in ("", "__v2")
    )
    assert (cut["geometry"]["type"], belted["geometry"]["type"]) == ("MultiPolygon", "Polygon")
    one, other = parse_footprint(cut["geometry"]), parse_footprint(belted["geometry"])
    assert one.symmetric_difference(other).area / one.area < 1e-6


def test_real_footprints_are_kept_whole(shared_data):
    files = sorted((shared_data / "stac-items").glob("*/*.json"))
    assert len(files) == 154
    for file in files:
        geometry = json.loads(file.read_text("utf-8"))["geometry"]
        stated = shape(geometry)
        if stated.bounds[2] - stated.bounds[0] < 20:
            filled = Polygon(stated.exterior) if isinstance(stated, Polygon) else stated
            assert parse_footprint(geometry).area == pytest.approx(filled.area, rel=1e-9), file.name


def test_a_parsed_footprint_parses_to_itself():
    area = parse_footprint(CONVENTIONS["around the world"])
    assert parse_footprint(mapping(area)).equals(area)
