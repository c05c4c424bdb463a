import errno
import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudless_mosaic.errors import TemporaryError
from cloudless_mosaic.output.checkpoints import BlockCheckpoints
from cloudless_mosaic.storage import direct_io
from cloudless_mosaic.storage.direct_io import write_direct


@pytest.fixture
def composite(month):
    return next(month.composites())


@pytest.fixture
def kept(tmp_path, composite):
    """The file of a block that was kept."""
    BlockCheckpoints(tmp_path / "blocks").keep(composite)
    (path,) = (tmp_path / "blocks").iterdir()
    return path


def load(path, composite):
    return BlockCheckpoints(path.parent).load(composite.period, composite.block, len(composite.data))


def test_a_block_comes_back_as_it_was(kept, composite):
    found = load(kept, composite)
    np.testing.assert_array_equal(found.data, composite.data)
    np.testing.assert_array_equal(found.count, composite.count)
    assert found.data.flags.aligned
    assert found.data.flags.writeable
    pixels = {"data": composite.data, "count": composite.count}
    assert replace(found, **pixels) == replace(composite, **pixels)


def test_layers_come_back_as_they_were(tmp_path, composite):
    rng = np.random.default_rng(0)
    layers = {
        "date": rng.integers(0, 20000, (1, *composite.block.shape), np.uint16),
        "flags": rng.integers(0, 4, (1, *composite.block.shape), np.uint8),
        "spread": rng.normal(0, 9, (3, *composite.block.shape)).astype(np.float32),
        "age": rng.integers(-15, 15, (1, *composite.block.shape), np.int16),
    }
    BlockCheckpoints(tmp_path / "blocks").keep(replace(composite, layers=layers))
    found = load(next((tmp_path / "blocks").iterdir()), composite)
    np.testing.assert_array_equal(found.data, composite.data)
    assert list(found.layers) == list(layers)
    for name, pixels in layers.items():
        assert found.layers[name].dtype == pixels.dtype
        np.testing.assert_array_equal(found.layers[name], pixels)


def test_blocks_are_found_by_their_place(tmp_path, month):
    store = BlockCheckpoints(tmp_path / "blocks")
    blocks = [composite for composite in month.composites() if not composite.lost]
    assert store.found == frozenset()
    for composite in blocks:
        store.keep(composite)
    (tmp_path / "blocks" / "9-9.partial").touch()
    assert BlockCheckpoints(tmp_path / "blocks").found == {composite.block.index for composite in blocks}


def test_a_block_that_lacks_an_observation_is_not_kept(tmp_path, month):
    store = BlockCheckpoints(tmp_path / "blocks")
    store.keep(next(composite for composite in month.composites() if composite.lost))
    assert not (tmp_path / "blocks").exists()


@given(damage=st.integers(0), bit=st.integers(0, 8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_noticed(kept, composite, damage, bit):
    """A flipped bit anywhere, or a file cut short."""
    whole = kept.read_bytes()
    place = damage % len(whole)
    content = bytearray(whole)
    if bit == 8:
        del content[place:]
    else:
        content[place] ^= 1 << bit
    kept.write_bytes(content)
    assert load(kept, composite) is None
    kept.write_bytes(whole)
    assert load(kept, composite) is not None


def test_a_block_of_another_shape_is_not_taken(kept, composite):
    assert BlockCheckpoints(kept.parent).load(composite.period, composite.block, 2) is None


def test_a_full_disk_leaves_no_part_of_a_block(tmp_path, composite, monkeypatch):
    def full(_descriptor, _data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(direct_io.os, "write", full)
    with pytest.raises(TemporaryError, match="no space to write 0-0"):
        BlockCheckpoints(tmp_path).keep(composite)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("sizes", [(1,), (4096,), (3, 4093), (5000, 1, 9000), (0, 7)])
def test_an_uncached_file_is_the_sum_of_its_parts(tmp_path, sizes):
    rng = np.random.default_rng(0)
    parts = [rng.integers(0, 256, size, np.uint8) for size in sizes]
    for _ in range(2):
        write_direct(tmp_path / "file", parts)
        assert (tmp_path / "file").read_bytes() == b"".join(part.tobytes() for part in parts)


def test_file_systems_that_only_write_through_the_cache(tmp_path, monkeypatch):
    opened, flags_seen = os.open, []

    def refuse(path, flags, mode):
        flags_seen.append(flags)
        if flags & direct_io._DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument")
        return opened(path, flags, mode)

    monkeypatch.setattr(direct_io, "_DIRECT", 0o40000)
    monkeypatch.setattr(direct_io.os, "open", refuse)
    write_direct(tmp_path / "file", [np.arange(10, dtype=np.uint8)])
    assert (tmp_path / "file").read_bytes() == bytes(range(10))
    assert len(flags_seen) == 2
