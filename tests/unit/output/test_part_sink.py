"""Mosaics from parts: the same bytes as from blocks, whoever writes and whoever goes on."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.output import BlockSink, PartSink, finish_part, finishing, part_task
from cloudless_mosaic.output.part_files import PartFile
from cloudless_mosaic.planning.parts import cut_parts
from cloudless_mosaic.planning.tasks import BlockTask

pytestmark = pytest.mark.slow

NAME = "monthly-mosaic-2020-10"


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def here(function, argument):
    """A worker that sees what this process sees; its argument comes over a network."""
    return pickle.loads(pickle.dumps(function(pickle.loads(pickle.dumps(argument)))))


def elsewhere(_function, _argument):
    """A worker that doesn't see the folder."""


@pytest.fixture(autouse=True)
def composed(month, monkeypatch):
    """Workers compose the pixels of the month."""
    made = {composite.block.index: composite for composite in month.composites()}

    def compose(task, _reader):
        return made[task.block.index]

    monkeypatch.setattr(part_task, "compose", compose)


@pytest.fixture
def blind(monkeypatch):
    """Workers don't see the folder, while the client does."""
    monkeypatch.setattr(part_task, "is_here", lambda _marker: False)


def tasks_of(month):
    request = month.plan.request
    return [
        BlockTask(
            period=month.plan.periods[0].period,
            block=block,
            geobox=month.plan.geobox[block.window],
            observations=(),
            bands=request.bands,
            mask=request.cloud_mask,
            reducer=request.reduction,
            exact=False,
            layers=request.all_layers,
        )
        for block in month.plan.blocks
    ]


def parts_of(month, sink, edge=2):
    tasks = tasks_of(month)
    return [pickle.loads(pickle.dumps(sink.task(part))) for part in cut_parts(tasks, edge)]


def write_parts(month, opened, call=here, edge=2):
    sink = PartSink(opened, opened.mosaics[0], call)
    done = {facts.block.index for kept in sink.kept for facts in sink.restore(kept)}
    tasks = (task for task in tasks_of(month) if task.block.index not in done)
    for part in cut_parts(tasks, edge):
        sink.write(finish_part(sink.task(part), None))
    return sink


@pytest.mark.parametrize("edge", [1, 2, 9])
def test_workers_that_see_the_folder_write_and_finish(tmp_path, month, write, output, edge):
    write(month, tmp_path / "blocks")
    with output(month.plan, tmp_path / "parts") as opened:
        sink = PartSink(opened, opened.mosaics[0], here)
        for task in parts_of(month, sink, edge):
            part = pickle.loads(pickle.dumps(finish_part(task, None)))
            assert part.content is None
            sink.write(part)
        result = sink.close()
    assert [path.name for path in result.files[:1]] == [f"{NAME}.tif"]
    assert tree(tmp_path / "parts") == tree(tmp_path / "blocks")


@pytest.mark.usefixtures("blind")
def test_workers_that_do_not_see_it_send_what_they_made(tmp_path, month, write, output):
    expected = write(month, tmp_path / "blocks")
    with output(month.plan, tmp_path / "parts") as opened:
        sink = PartSink(opened, opened.mosaics[0], elsewhere)
        received = 0
        for task in parts_of(month, sink, 9):
            part = finish_part(task, None)
            received += part.content.nbytes
            sink.write(part)
        sink.close()
    assert tree(tmp_path / "parts") == tree(tmp_path / "blocks")
    size = sum(path.stat().st_size for path in expected.files)
    # noise hardly compresses, so pieces that are sent uncompressed would show
    assert received < 1.1 * size


def test_a_part_whose_workers_died_comes_in_pieces(tmp_path, month, write, output):
    write(month, tmp_path / "blocks")
    with output(month.plan, tmp_path / "parts") as opened:
        sink = PartSink(opened, opened.mosaics[0], here)
        lost, *others = parts_of(month, sink)
        # the worker died after it wrote its file
        finish_part(lost, None)
        pieces = lost.pieces()
        assert len(pieces) == len(lost.blocks) > 1
        for task in (*pieces, *others):
            sink.write(finish_part(task, None))
        sink.close()
    assert tree(tmp_path / "parts") == tree(tmp_path / "blocks")


def test_a_worker_whose_disk_is_full_sends_its_part(tmp_path, month, output, monkeypatch):
    def full(path, _parts):
        path.write_bytes(b"some")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(part_task, "write_direct", full)
    with output(month.plan, tmp_path) as opened:
        sink = PartSink(opened, opened.mosaics[0], here)
        part = finish_part(parts_of(month, sink)[0], None)
        assert part.content is not None
        assert not list(tmp_path.rglob("*.partial"))
        sink.abort()


@pytest.mark.parametrize("first", ["blocks", "parts"])
@pytest.mark.parametrize("then", ["blocks", "parts"])
def test_a_run_goes_on_whatever_the_engine(tmp_path, month, write, output, first, then):
    write(month, tmp_path / "whole")
    some = list(month.composites())
    with output(month.plan, tmp_path / "out") as opened:
        if first == "blocks":
            sink = BlockSink(opened, opened.mosaics[0])
            for composite in some[: len(some) // 2]:
                sink.write(composite)
        else:
            sink = PartSink(opened, opened.mosaics[0], here)
            for task in parts_of(month, sink)[:3]:
                sink.write(finish_part(task, None))
        sink.abort()
    with output(month.plan, tmp_path / "out") as opened:
        assert opened.checkpoint_count > 3
        if then == "blocks":
            sink = BlockSink(opened, opened.mosaics[0])
            done = {facts.block.index for kept in sink.kept for facts in sink.restore(kept)}
            for composite in some:
                if composite.block.index not in done:
                    sink.write(composite)
        else:
            sink = write_parts(month, opened, edge=3)
        assert len(done if then == "blocks" else sink.kept) > 0
        sink.close()
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


@pytest.mark.parametrize("place", [3, 200, -9])
def test_a_damaged_part_is_made_again(tmp_path, month, write, output, place):
    write(month, tmp_path / "whole")
    with output(month.plan, tmp_path / "out") as opened:
        write_parts(month, opened).abort()
    path = sorted(tmp_path.rglob("*.part"))[1]
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with output(month.plan, tmp_path / "out") as opened:
        write_parts(month, opened).close()
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_a_part_that_lacks_an_observation_is_made_again(tmp_path, month, output):
    with output(month.plan, tmp_path) as opened:
        write_parts(month, opened, edge=1).abort()
    with output(month.plan, tmp_path) as opened:
        # one block of the month has a loss
        assert opened.checkpoint_count == len(month.plan.blocks) - 1


def test_parts_of_another_plan_and_parts_that_overlap_are_not_taken(tmp_path, month, output):
    with output(month.plan, tmp_path) as opened:
        sink = PartSink(opened, opened.mosaics[0], here)
        for edge in (1, 2):
            for task in parts_of(month, sink, edge):
                finish_part(task, None)
                stale = replace(task.destination, fingerprint="another")
                finish_part(replace(task, blocks=task.blocks[:1], destination=stale), None)
        kept = opened.kept(opened.mosaics[0])
        indexes = [index for part in kept.parts for index in part.indexes]
        assert len(indexes) == len(set(indexes)) > 0
        assert {part.fingerprint for part in kept.parts} == {opened.fingerprint}
        sink.abort()


def test_a_worker_that_outlives_its_run_writes_nothing(tmp_path, month, output):
    with output(month.plan, tmp_path) as opened:
        sink = PartSink(opened, opened.mosaics[0], here)
        task = parts_of(month, sink)[0]
        sink.abort()
    assert finish_part(task, None).content is not None
    assert not list(tmp_path.rglob("*.part"))


def test_a_folder_that_is_taken_away_is_told(tmp_path, month, output):
    with output(month.plan, tmp_path) as opened:
        sink = write_parts(month, opened)
        opened.marker().unlink()
        with pytest.raises(TemporaryError, match="changed by someone else"):
            sink.close()


def test_a_part_file_that_spoils_meanwhile_is_told(tmp_path, month, output):
    with output(month.plan, tmp_path) as opened:
        sink = write_parts(month, opened)
        path = next(tmp_path.rglob("*.part"))
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(TemporaryError, match="check the disk"):
            sink.close()
    assert not list(tmp_path.rglob("*.tif"))


def test_a_crs_that_does_not_fit_is_told_before_a_part_is_kept(
    tmp_path, plan_of, month_of, output, monkeypatch
):
    month = month_of(
        plan_of(crs="+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=40 +lon_0=10", resolution=0.01)
    )
    made = {composite.block.index: composite for composite in month.composites()}
    monkeypatch.setattr(part_task, "compose", lambda task, _reader: made[task.block.index])
    with pytest.raises(UsageError, match="crs"), output(month.plan, tmp_path) as opened:
        write_parts(month, opened)


def test_layers_are_files_like_others(tmp_path, plan_of, month_of, write, output, monkeypatch):
    month = month_of(plan_of(("red",), 200.0, layers=("date", "spread")))
    rng = np.random.default_rng(0)

    def with_layers(composite) -> Composite:
        shape = composite.block.shape
        layers = {
            "date": np.full((1, *shape), 18536, np.uint16),
            "spread": rng.normal(0, 9, (1, *shape)).astype(np.float32),
        }
        return replace(composite, layers=layers)

    composites = [with_layers(one) for one in month.composites()]
    made = {composite.block.index: composite for composite in composites}
    monkeypatch.setattr(part_task, "compose", lambda task, _reader: made[task.block.index])
    monkeypatch.setattr(month, "composites", lambda _seed=None: composites)
    write(month, tmp_path / "blocks")
    with output(month.plan, tmp_path / "parts") as opened:
        write_parts(month, opened).close()
    assert any(name.endswith("-spread.tif") for name in tree(tmp_path / "parts"))
    assert tree(tmp_path / "parts") == tree(tmp_path / "blocks")


def test_a_short_file_is_no_part(tmp_path):
    for content in (b"", b"1234567", b"x" * 40):
        (tmp_path / "0-0-1.part").write_bytes(content)
        assert PartFile.open(tmp_path / "0-0-1.part") is None


def test_a_file_is_not_finished_where_its_folder_is_not_seen(tmp_path, month, output):
    jobs = []

    def refuse(_function, job):
        jobs.append(job)

    with output(month.plan, tmp_path) as opened:
        write_parts(month, opened, refuse).close()
    assert len(jobs) == 3
    assert finishing.finish_raster(jobs[0]) is None
