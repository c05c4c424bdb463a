"""Files from parts are those from blocks."""

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from cloudless_mosaic.cog.part import PartEncoder, pack_piece, unpack_piece
from cloudless_mosaic.cog.writer import CogSpec, CogWriter
from cloudless_mosaic.storage.spool import Spool

TILE = 16


def spec_of(shape, dtype="uint16", bands=2, reduction="average", codec="deflate"):
    return CogSpec(
        geobox=GeoBox(shape, Affine(10, 0, 5e5, 0, -10, 5e6), "EPSG:32610"),
        bands=tuple(f"band {i}" for i in range(bands)),
        dtype=dtype,
        reduction=reduction,
        codec=codec,
        nodata=0,
        tile_size=TILE,
    )


def pixels_of(spec, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 200, (len(spec.bands), *spec.geobox.shape)).astype(spec.dtype)


def blocks_of(shape, size, phase):
    """Windows of blocks that are counted from a corner beside that of the raster, row by row."""
    rows, columns = (sorted({0, length, *range(phase, length, size)}) for length in shape)
    return [
        [(top, bottom, left, right) for left, right in pairwise(columns)] for top, bottom in pairwise(rows)
    ]


def parts_of(blocks, edge):
    groups = {}
    for i, row in enumerate(blocks):
        for j, block in enumerate(row):
            groups.setdefault((i // edge, j // edge), []).append(block)
    return list(groups.values())


def write_blocks(folder, spec, pixels, blocks):
    writer = CogWriter(folder / "blocks.tif", spec)
    for top, bottom, left, right in (block for row in blocks for block in row):
        writer.write(top, left, pixels[:, top:bottom, left:right])
    return writer.close().path.read_bytes()


def write_parts(folder, spec, pixels, parts):
    writer = CogWriter(folder / "parts.tif", spec)
    tiles = Spool(folder / "tiles")
    for part in parts:
        encoder = PartEncoder(spec.form)
        for top, bottom, left, right in part:
            encoder.write(top, left, pixels[:, top:bottom, left:right])
        spans = {index: tiles.append(*parts) for index, parts in encoder.tiles.items()}
        writer.add_part(tiles, spans, encoder.pieces())
    content = writer.close().path.read_bytes()
    tiles.close()
    return content


@pytest.mark.slow
@given(
    shape=st.tuples(st.integers(1, 150), st.integers(1, 150)),
    size=st.integers(8, 60),
    phase=st.integers(0, 40),
    edge=st.integers(1, 4),
    seed=st.integers(0, 99),
)
@settings(max_examples=25)
def test_parts_in_any_order_give_the_bytes_of_blocks(shape, size, phase, edge, seed):
    spec = spec_of(shape)
    pixels, blocks = pixels_of(spec, seed), blocks_of(shape, size, phase)
    parts = parts_of(blocks, edge)
    shuffled = [parts[i] for i in np.random.default_rng(seed).permutation(len(parts))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expected = write_blocks(folder, spec, pixels, blocks)
        assert write_parts(folder, spec, pixels, shuffled) == expected


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
@pytest.mark.parametrize("codec", ["deflate", "zstd"])
def test_every_type_and_compression(tmp_path, dtype, codec):
    reduction = "nearest" if dtype == "int16" else "average"
    spec = spec_of((100, 70), dtype, bands=1, reduction=reduction, codec=codec)
    pixels, blocks = pixels_of(spec), blocks_of((100, 70), 30, 5)
    expected = write_blocks(tmp_path, spec, pixels, blocks)
    assert write_parts(tmp_path, spec, pixels, parts_of(blocks, 2)) == expected


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (2, 40, 33)])
def test_a_packed_piece_comes_back(dtype, shape):
    data = np.random.default_rng(0).normal(0, 50, shape).astype(dtype)
    packed = pack_piece(data)
    found = unpack_piece(bytes(packed), shape, dtype)
    np.testing.assert_array_equal(found, data)


def test_pixels_that_come_twice_are_refused(tmp_path):
    spec = spec_of((64, 64))
    pixels = pixels_of(spec)
    encoder = PartEncoder(spec.form)
    encoder.write(0, 0, pixels[:, :32])
    writer, tiles = CogWriter(tmp_path / "a.tif", spec), Spool(tmp_path / "tiles")
    spans = {index: tiles.append(*parts) for index, parts in encoder.tiles.items()}
    writer.add_part(tiles, spans, encoder.pieces())
    with pytest.raises(ValueError, match="written twice"):
        writer.add_part(tiles, spans, encoder.pieces())
    writer.abort()
    tiles.close()
