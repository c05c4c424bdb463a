import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.geometry import Polygon, box
from shapely.ops import unary_union

from cloudless_mosaic.geo.antimeridian import encircles_pole, unroll, within_world

starts = st.floats(-180, 180)
steps = st.lists(st.floats(-179, 179), max_size=40)
corners = st.tuples(st.floats(-179, 179), st.floats(-80, 80))


@given(starts, steps)
def test_unrolling_undoes_wrapping(start, step):
    line = start + np.concatenate([[0.0], np.cumsum(step)])
    wrapped = (line + 180) % 360 - 180
    unrolled = unroll(wrapped)
    assert unrolled[0] == wrapped[0]
    np.testing.assert_allclose(unrolled - unrolled[0], line - line[0], atol=1e-8)


@given(starts, steps)
def test_unrolling_is_that_of_numpy(start, step):
    wrapped = (start + np.concatenate([[0.0], np.cumsum(step)]) + 180) % 360 - 180
    np.testing.assert_allclose(unroll(wrapped), np.unwrap(wrapped, period=360), atol=1e-8)


@given(st.lists(starts, min_size=1, max_size=40))
def test_points_stay_where_they_are(longitudes):
    given_ = np.array(longitudes)
    turns = (given_ - unroll(given_)) / 360
    np.testing.assert_allclose(turns, np.rint(turns), atol=1e-9)
    unrolled = unroll(given_)
    assert (np.abs(np.diff(unrolled)) <= 180 + 1e-9).all()


def test_a_line_that_does_not_jump_is_left_alone():
    line = np.array([179.0, 181.0, 200.0, 30.0, -90.0])
    np.testing.assert_array_equal(unroll(line), line)


@given(st.floats(-180, 180), st.integers(3, 36), st.sampled_from([1, -1]))
def test_a_ring_around_a_pole_is_recognised(start, sides, direction):
    ring = start + direction * np.linspace(0, 360, sides + 1)
    wrapped = (ring + 180) % 360 - 180
    assert encircles_pole(unroll(wrapped))
    # there and back again
    assert not encircles_pole(unroll(np.concatenate([wrapped, wrapped[::-1]])))


@given(corners, st.floats(0.1, 170), st.floats(0.1, 9), st.integers(-1, 1))
def test_parts_within_the_world_are_the_polygon(corner, width, height, turn):
    west, south = corner
    polygon = translate(box(west, south, west + width, south + height), 360 * turn)
    whole = unary_union(np.concatenate(list(within_world(polygon))))
    left, _, right, _ = whole.bounds
    assert -180 <= left < right <= 180
    np.testing.assert_allclose(whole.area, polygon.area, rtol=1e-9)
    # back beside one another they are the same ground
    again = unary_union([translate(whole, 360 * n) for n in (-1, 0, 1, 2)])
    assert again.buffer(1e-9).contains(translate(polygon, -360 * turn))


def test_a_polygon_at_the_antimeridian_is_cut_into_two():
    polygon = Polygon([(179, 0), (182, 0), (182, 1), (179, 1)])
    west, east = sorted(np.concatenate(list(within_world(polygon))), key=lambda part: part.bounds)
    assert east.bounds == (179, 0, 180, 1)
    assert west.bounds == (-180, 0, -178, 1)
