import errno
import json
import os
from dataclasses import replace

import pytest

from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.output import BlockSink, locked_folder

pytestmark = pytest.mark.slow

NAME = "monthly-mosaic-2020-10"


def tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def other(plan_of, month_of):
    """A month of another plan."""
    return month_of(plan_of(resolution=80.0), seed=9)


def begin(output, month, root, blocks=3, **changes):
    """A run that ends without its catalog, after some blocks."""
    with output(month.plan, root, **changes) as opened:
        sink = BlockSink(opened, opened.mosaics[0])
        restored = {facts.block.index for kept in sink.kept for facts in sink.restore(kept)}
        for composite in list(month.composites())[:blocks]:
            if composite.block.index not in restored:
                sink.write(composite)
        sink.abort()


def test_a_finished_run_leaves_only_its_files(tmp_path, month, run):
    run(month, tmp_path / "a" / "b")
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == [
        "catalog.json",
        "collection.json",
        NAME,
    ]


def test_a_finished_run_is_found_finished(tmp_path, month, run, output):
    begin(output, month, tmp_path, blocks=0)
    with output(month.plan, tmp_path) as opened:
        sink = BlockSink(opened, opened.mosaics[0])
        for composite in month.composites():
            sink.write(composite)
        result = sink.close()
    catalog = run(month, tmp_path)
    before = tree(tmp_path)
    with output(month.plan, tmp_path) as opened:
        assert opened.finished == {"2020-10": result}
        assert opened.checkpoint_count == 0
    assert run(month, tmp_path) == catalog
    assert tree(tmp_path) == before


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".tif", "-count.tif", "-visual.tif", "-thumbnail.png", ".json"])
@pytest.mark.parametrize("damage", ["gone", "short", "flipped"])
def test_a_damaged_file_is_made_anew(tmp_path, month, run, suffix, damage):
    run(month, tmp_path)
    before = tree(tmp_path)
    path = tmp_path / NAME / f"{NAME}{suffix}"
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "short":
        path.write_bytes(content[: len(content) // 2])
    else:
        middle = content.index(b"cloudless_mosaic:plan") if suffix == ".json" else len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    run(month, tmp_path)
    assert tree(tmp_path) == before


def test_an_edited_item_is_made_anew(tmp_path, month, run):
    run(month, tmp_path)
    before = tree(tmp_path)
    path = tmp_path / NAME / f"{NAME}.json"
    item = json.loads(path.read_text())
    del item["assets"]["mosaic"]["file:size"]
    path.write_text(json.dumps(item))
    run(month, tmp_path)
    assert tree(tmp_path) == before


def test_blocks_of_a_run_that_ended_are_taken_and_the_bytes_are_the_same(tmp_path, month, run, output):
    run(month, tmp_path / "undisturbed")
    begin(output, month, tmp_path / "out")
    assert all(name.startswith(".cloudless-mosaic/") for name in tree(tmp_path / "out"))
    with output(month.plan, tmp_path / "out") as opened:
        assert opened.checkpoint_count == 3
    run(month, tmp_path / "out")
    assert tree(tmp_path / "out") == tree(tmp_path / "undisturbed")


def test_blocks_of_another_size_are_made_anew_in_the_same_plan(tmp_path, month, run, output):
    begin(output, month, tmp_path / "begun")
    smaller = replace(month, plan=replace(month.plan, blocks=month.plan.blocks.halved()))
    with output(smaller.plan, tmp_path / "begun") as opened:
        assert opened.checkpoint_count == 0
    run(smaller, tmp_path / "begun")
    run(smaller, tmp_path / "undisturbed")
    assert tree(tmp_path / "begun") == tree(tmp_path / "undisturbed")
    # what is published stays, whatever it was cut into
    with output(month.plan, tmp_path / "begun") as opened:
        assert list(opened.finished) == ["2020-10"]


def test_a_damaged_block_is_made_anew(tmp_path, month, run, output):
    run(month, tmp_path / "undisturbed")
    begin(output, month, tmp_path / "out")
    for path in (tmp_path / "out").rglob("*.block"):
        os.truncate(path, 1000)
    run(month, tmp_path / "out")
    assert tree(tmp_path / "out") == tree(tmp_path / "undisturbed")


def test_a_run_that_left_nothing_of_use_leaves_nothing(tmp_path, month, output):
    begin(output, month, tmp_path, blocks=0)
    assert not list(tmp_path.iterdir())


def test_the_second_run_at_a_time_is_refused(tmp_path, month, output):
    with output(month.plan, tmp_path):
        with pytest.raises(TemporaryError, match="another run"), output(month.plan, tmp_path):
            pass
        assert (tmp_path / ".cloudless-mosaic" / "manifest.json").exists()


def test_mosaics_of_another_plan_are_refused(tmp_path, month, other, run):
    run(month, tmp_path)
    before = tree(tmp_path)
    with pytest.raises(UsageError, match=r"has mosaics of another plan: resolution is 40.0 there and 80.0"):
        run(other, tmp_path)
    assert tree(tmp_path) == before
    assert not (tmp_path / ".cloudless-mosaic").exists()


def test_an_unfinished_run_of_another_plan_is_refused(tmp_path, month, other, run, output):
    begin(output, month, tmp_path)
    before = tree(tmp_path)
    with pytest.raises(UsageError, match=r"an unfinished run of another plan: resolution .* overwrite"):
        run(other, tmp_path)
    assert tree(tmp_path) == before


def test_overwriting_replaces_another_plan(tmp_path, month, other, run, output):
    run(other, tmp_path / "undisturbed")
    run(month, tmp_path / "out")
    begin(output, month, tmp_path / "begun")
    for root in (tmp_path / "out", tmp_path / "begun"):
        run(other, root, overwrite=True)
        assert tree(root) == tree(tmp_path / "undisturbed")


def test_overwriting_goes_on_with_the_same_plan(tmp_path, month, output):
    begin(output, month, tmp_path)
    with output(month.plan, tmp_path, overwrite=True) as opened:
        assert opened.checkpoint_count == 3


def test_overwriting_removes_months_that_the_new_plan_lacks_and_no_other_file(tmp_path, month, run):
    stale = tmp_path / "monthly-mosaic-2019-01"
    stale.mkdir()
    (stale / "monthly-mosaic-2019-01.tif").touch()
    (stale / "monthly-mosaic-2019-01.tif.aux.xml").touch()
    mixed = tmp_path / "monthly-mosaic-2019-02"
    mixed.mkdir()
    (mixed / "monthly-mosaic-2019-02.json").write_text("[]")
    (mixed / "mine.txt").touch()
    (tmp_path / "mine.txt").touch()
    with pytest.raises(UsageError, match="another plan: it doesn't say how it was made"):
        run(month, tmp_path)
    run(month, tmp_path, overwrite=True)
    assert not stale.exists()
    assert [path.name for path in mixed.iterdir()] == ["mine.txt"]
    assert (tmp_path / "mine.txt").exists()


@pytest.mark.parametrize("content", ["{}", '{"id": "sentinel-2"}', "not JSON", "[]"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_the_catalog_of_something_else_is_never_touched(tmp_path, month, run, content, overwrite):
    (tmp_path / "catalog.json").write_text(content)
    with pytest.raises(UsageError, match=r"catalog\.json that isn't one of mosaics; choose another folder"):
        run(month, tmp_path, overwrite=overwrite)
    assert tree(tmp_path) == {"catalog.json": content.encode()}


def test_a_month_without_its_item_is_the_rest_of_a_killed_publication(tmp_path, month, run, output):
    run(month, tmp_path / "undisturbed")
    begin(output, month, tmp_path / "out")
    (tmp_path / "out" / NAME).mkdir()
    (tmp_path / "out" / NAME / f"{NAME}.tif").touch()
    run(month, tmp_path / "out")
    assert tree(tmp_path / "out") == tree(tmp_path / "undisturbed")


def test_a_spoiled_manifest_makes_its_blocks_worthless(tmp_path, month, output):
    begin(output, month, tmp_path)
    (tmp_path / ".cloudless-mosaic" / "manifest.json").write_text("{")
    with output(month.plan, tmp_path) as opened:
        assert opened.checkpoint_count == 0


def test_a_stricter_limit_of_losses_makes_a_month_anew(tmp_path, month, run, output):
    run(month, tmp_path)
    with output(month.plan, tmp_path, max_lost=0.0) as opened:
        assert not opened.finished


def test_a_file_in_place_of_the_folder_is_a_usage_error(tmp_path, plan, output):
    file = tmp_path / "file"
    file.touch()
    for place in (file, file / "below"):
        with (
            pytest.raises(UsageError, match=r"output_dir .*file.* can't be written to: .*; choose another"),
            output(plan, place),
        ):
            pass


@pytest.mark.parametrize(
    ("number", "kind", "message"),
    [
        (errno.EACCES, UsageError, "can't be written to: permission denied"),
        (errno.EROFS, UsageError, "can't be written to: read-only file system"),
        (errno.ENOSPC, TemporaryError, "no space in output_dir"),
        (errno.EDQUOT, TemporaryError, "no space in output_dir .*quota"),
    ],
)
def test_a_folder_that_may_not_be_written(tmp_path, plan, output, monkeypatch, number, kind, message):
    def refuse(_path):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(locked_folder, "FolderLock", refuse)
    with pytest.raises(kind, match=message), output(plan, tmp_path):
        pass


def test_a_catalog_that_is_a_folder_is_a_usage_error(tmp_path, plan, output):
    (tmp_path / "catalog.json").mkdir()
    with pytest.raises(UsageError, match="can't be written to"), output(plan, tmp_path):
        pass
