import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.geo.blocks import Blocks, cut_blocks
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.planning.tiles import cut_tiles, tile_edges

SIZE = 512

grids = st.tuples(
    st.tuples(st.integers(1, 1500), st.integers(1, 1500)),
    st.sampled_from([10.0, 20.0, 100.0]),
    # pixels from the origin of the CRS, at the equator and on the southern side as well
    st.tuples(st.integers(-2000, 60000), st.integers(-2000, 900000)),
    st.sampled_from([0.0, 5.0]),
)


@pytest.fixture(scope="module")
def grid_of(make_geobox):
    def build(grid) -> GeoBox:
        shape, resolution, (west, north), shift = grid
        return make_geobox(shape, resolution, (west * resolution + shift, north * resolution + shift))

    return build


@given(grids)
def test_every_pixel_lies_in_one_tile(grid_of, grid):
    geobox = grid_of(grid)
    hits = np.zeros(geobox.shape, np.uint8)
    tiles = list(cut_tiles(geobox, SIZE))
    for tile in tiles:
        hits[tile.window] += 1
        assert max(geobox[tile.window].shape) <= SIZE
    assert (hits == 1).all()
    assert len({tile.name for tile in tiles}) == len(tiles)


@given(grids, st.integers(0, 700), st.integers(0, 700))
def test_a_place_is_in_the_same_tile_whatever_the_area(grid_of, grid, row, column):
    geobox = grid_of(grid)
    rows, columns = geobox.shape
    row, column = row % rows, column % columns
    part = geobox[row:, column:]
    assert name_at(geobox, row, column) == name_at(part, 0, 0)


def name_at(geobox, row, column):
    (tile,) = (
        tile
        for tile in cut_tiles(geobox, SIZE)
        if tile.rows[0] <= row < tile.rows[1] and tile.columns[0] <= column < tile.columns[1]
    )
    return tile.name


@given(grids)
def test_tiles_are_named_by_whole_sizes_from_the_origin_of_the_crs(grid_of, grid):
    geobox = grid_of(grid)
    resolution = geobox.affine.a
    for tile in cut_tiles(geobox, SIZE):
        left, bottom, right, top = geobox[tile.window].boundingbox.bbox
        x, y = (int(part) for part in tile.name[1:].split("y"))
        edge = SIZE * resolution
        # a grid may be off the pixels of the CRS by less than one of them
        assert x * edge <= left < right < (x + 1) * edge + resolution
        assert y * edge <= bottom < top < (y + 1) * edge + resolution


@given(grids, st.sampled_from([256, 300, 1024]))
def test_blocks_of_all_tiles_are_those_of_the_grid(grid_of, grid, edge):
    geobox = grid_of(grid)
    blocks = cut_blocks(geobox, edge, None).cut_at(*tile_edges(geobox, SIZE))
    found = {
        (
            *(tile.rows[0] + row for row in block.rows),
            *(tile.columns[0] + column for column in block.columns),
        )
        for tile in cut_tiles(geobox, SIZE)
        for block in tile.blocks(blocks)
    }
    assert found == {(*block.rows, *block.columns) for block in blocks}


def test_a_grid_that_ends_on_an_edge_has_no_empty_tile(make_geobox):
    geobox = make_geobox((2 * SIZE, SIZE), 10.0, (SIZE * 10.0, 3 * SIZE * 10.0))
    assert [tile.name for tile in cut_tiles(geobox, SIZE)] == ["x1y2", "x1y1"]


def test_corners_off_by_rounding_are_on_the_edge(make_geobox):
    geobox = make_geobox((SIZE, SIZE), 0.1, (SIZE * 0.1 - 1e-9, 2 * SIZE * 0.1 + 1e-9))
    assert [tile.name for tile in cut_tiles(geobox, SIZE)] == ["x1y1"]


def test_more_cuts_keep_those_there_are():
    assert Blocks((0, 4, 9), (0, 9)).cut_at([0, 6, 9], [0, 9]) == Blocks((0, 4, 6, 9), (0, 9))
