import numpy as np
import pytest

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading.protocol import WindowRead
from memory_reader import MemoryRaster, MemoryReader

GRID = SourceGrid("EPSG:32633", (10.0, 0.0, 0.0, 0.0, -10.0, 90.0), (9, 7))
PIXELS = np.arange(63, dtype=np.uint16).reshape(9, 7)


@pytest.fixture
def reader():
    overview = np.zeros((5, 4), np.uint16)
    return MemoryReader(
        {"a": MemoryRaster(GRID, PIXELS, (overview,)), "b": MemoryRaster(GRID, PIXELS)}, {"b"}
    )


def test_reads_are_remembered_in_their_order(reader):
    reads = [
        WindowRead("a", 0, 0, 0, (2, 2)),
        WindowRead("b", 0, 0, 0, (9, 7)),
        WindowRead("c", 0, 0, 0, (1, 1)),
    ]
    assert reader.reads == ()
    list(reader.read_many(reads[:2]))
    list(reader.read_many(reads[2:]))
    assert reader.reads == tuple(reads)


def test_answers_come_in_another_order_than_reads(reader):
    reads = [WindowRead("a", 0, row, 0, (1, 1)) for row in range(4)]
    assert [position for position, _ in reader.read_many(reads)] == [3, 2, 1, 0]


def test_overview_of_an_odd_size_covers_what_the_raster_covers(reader):
    native, overview = reader.header("a").levels
    assert overview.shape == (5, 4)
    assert overview.bounds == pytest.approx(native.bounds)


def test_header_of_a_failing_raster_is_there(reader):
    assert reader.header("b").levels == (GRID,)
    (answer,) = dict(reader.read_many([WindowRead("b", 0, 0, 0, (1, 1))])).values()
    assert isinstance(answer, SourceError)


def test_window_over_the_edge_is_an_error(reader):
    (answer,) = dict(reader.read_many([WindowRead("a", 0, 8, 0, (2, 7))])).values()
    assert str(answer) == "a gave (1, 7) pixels of (2, 7); it is cut short"


def test_what_a_caller_does_to_pixels_is_its_own_affair(reader):
    (pixels,) = dict(reader.read_many([WindowRead("a", 0, 0, 0, (9, 7))])).values()
    pixels[:] = 0
    assert PIXELS.any()
