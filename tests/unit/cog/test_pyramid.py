import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudless_mosaic.cog import pyramid as pyramids
from cloudless_mosaic.cog.pyramid import Pyramid, TileIndex
from cloudless_mosaic.storage.spool import Spool

TILE = 16


class Collected:
    """Keeps what a pyramid hands on and puts it together again."""

    def __init__(self, shape, reduction="average", dtype=np.uint16):
        self.tiles = {}
        self.lock = threading.Lock()
        with tempfile.TemporaryDirectory() as folder:
            self.spool = Spool(Path(folder) / "spool")
            # is opened now, and goes on without a name
            self.spool.append(b"-")
        self.pyramid = Pyramid(shape, dtype, reduction, self.emit, self.spool, TILE)

    def __del__(self):
        self.spool.close()

    def emit(self, index, tile):
        with self.lock:
            assert index not in self.tiles
            self.tiles[index] = tile

    def level(self, level):
        rows, columns = self.pyramid.levels[level]
        first = next(iter(self.tiles.values()))
        out = np.zeros((first.shape[0], -(-rows // TILE) * TILE, -(-columns // TILE) * TILE), first.dtype)
        for index in self.pyramid.tiles(level):
            window = (slice(index.row * TILE, (index.row + 1) * TILE),)
            window += (slice(index.column * TILE, (index.column + 1) * TILE),)
            out[:, *window] = self.tiles[index]
        assert not out[:, rows:].any()
        assert not out[:, :, columns:].any()
        return out[:, :rows, :columns]


def half(data, reduction):
    if reduction == "nearest":
        return data[:, ::2, ::2]
    bands, rows, columns = data.shape
    padded = np.pad(data, ((0, 0), (0, rows % 2), (0, columns % 2))).astype(np.float64)
    fours = padded.reshape(bands, (rows + 1) // 2, 2, (columns + 1) // 2, 2)
    return np.rint(fours.sum(axis=(2, 4)) / np.maximum((fours > 0).sum(axis=(2, 4)), 1)).astype(data.dtype)


def cuts(length, edges):
    inner = sorted({edge % length for edge in edges} | {0})
    return list(zip(inner, [*inner[1:], length], strict=True))


@pytest.mark.slow
@settings(deadline=None, max_examples=80)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 90), st.integers(1, 90)),
    edges=st.tuples(st.lists(st.integers(1, 90), max_size=6), st.lists(st.integers(1, 90), max_size=6)),
    reduction=st.sampled_from(["average", "nearest"]),
    seed=st.integers(0, 9999),
    kept=st.sampled_from([0, 500, pyramids._MOST_WAITING]),
)
def test_blocks_of_any_cut_in_any_order_give_every_level(shape, edges, reduction, seed, kept):
    pyramids._MOST_WAITING = kept
    rng = np.random.default_rng(seed)
    data = rng.integers(0, 6, shape, np.uint16)
    blocks = [(rows, columns) for rows in cuts(shape[1], edges[0]) for columns in cuts(shape[2], edges[1])]
    collected = Collected(shape, reduction)
    for place in rng.permutation(len(blocks)):
        assert not collected.pyramid.complete
        (top, bottom), (left, right) = blocks[place]
        collected.pyramid.write(top, left, data[:, top:bottom, left:right])
    assert collected.pyramid.complete
    for level, level_shape in enumerate(collected.pyramid.levels):
        assert data.shape[1:] == level_shape
        np.testing.assert_array_equal(collected.level(level), data)
        data = half(data, reduction)
    assert max(collected.pyramid.levels[-1]) <= TILE


@pytest.fixture(autouse=True)
def limit(monkeypatch):
    """Tests may change how much is kept in memory."""
    monkeypatch.setattr(pyramids, "_MOST_WAITING", pyramids._MOST_WAITING)


def test_memory_of_open_tiles_is_bounded(monkeypatch):
    monkeypatch.setattr(pyramids, "_MOST_WAITING", 10_000)
    data = np.random.default_rng(0).integers(0, 99, (1, 600, 600), np.uint16)
    collected = Collected(data.shape)
    for row in range(0, 600, 24):
        for column in range(0, 600, 24):
            collected.pyramid.write(row, column, data[:, row : row + 24, column : column + 24])
            pieces = [piece for open_tile in collected.pyramid._open.values() for piece in open_tile]
            assert sum(piece.data.nbytes for piece in pieces) <= 10_000
    np.testing.assert_array_equal(collected.level(0), data)
    assert not collected.pyramid._bytes


@pytest.mark.parametrize("kept", [0, pyramids._MOST_WAITING])
def test_many_threads_may_write(monkeypatch, kept):
    monkeypatch.setattr(pyramids, "_MOST_WAITING", kept)
    data = np.random.default_rng(0).integers(0, 99, (2, 300, 300), np.uint16)
    blocks = [(row, column) for row in range(0, 300, 7) for column in range(0, 300, 11)]
    collected = Collected(data.shape)
    with ThreadPoolExecutor(8) as pool:
        jobs = [
            pool.submit(collected.pyramid.write, row, column, data[:, row : row + 7, column : column + 11])
            for row, column in blocks
        ]
        [job.result() for job in jobs]
    np.testing.assert_array_equal(collected.level(0), data)
    assert collected.pyramid.complete


def test_blocks_are_not_kept():
    collected = Collected((1, 40, 40))
    block = np.ones((1, 40, 24), np.uint16)
    collected.pyramid.write(0, 0, block)
    block[:] = 9
    collected.pyramid.write(0, 24, np.ones((1, 40, 16), np.uint16))
    assert (collected.level(0) == 1).all()


def test_only_pixels_that_arrived_are_kept():
    pyramid = Collected((1, 64, 64)).pyramid
    pyramid.write(0, 0, np.ones((1, 20, 64), np.uint16))
    kept = sum(piece.data.size for pieces in pyramid._open.values() for piece in pieces)
    # four rows of the second row of tiles, and a quarter of the first row in the overview
    assert kept == 4 * 64 + 8 * 32


@pytest.mark.parametrize("position", [(0, 0), (16, 16), (0, 30)])
def test_a_pixel_that_comes_twice_is_an_error(position):
    pyramid = Collected((1, 40, 40)).pyramid
    pyramid.write(0, 0, np.ones((1, 40, 39), np.uint16))
    with pytest.raises(ValueError, match="written twice"):
        pyramid.write(*position, np.ones((1, 4, 10), np.uint16))


@pytest.mark.parametrize(
    ("row", "column", "shape", "dtype"),
    [
        (-1, 0, (1, 4, 4), np.uint16),
        (0, -1, (1, 4, 4), np.uint16),
        (37, 0, (1, 4, 4), np.uint16),
        (0, 37, (1, 4, 4), np.uint16),
        (0, 0, (2, 4, 4), np.uint16),
        (0, 0, (1, 4, 4), np.uint8),
    ],
)
def test_a_block_that_does_not_fit_is_an_error(row, column, shape, dtype):
    pyramid = Collected((1, 40, 40)).pyramid
    with pytest.raises(ValueError, match="doesn't fit"):
        pyramid.write(row, column, np.ones(shape, dtype))


def test_tiles_come_row_by_row():
    pyramid = Collected((1, 20, 40), "nearest", np.uint8).pyramid
    assert list(pyramid.tiles(0)) == [TileIndex(0, row, column) for row in range(2) for column in range(3)]
    assert pyramid.levels == ((20, 40), (10, 20), (5, 10))
