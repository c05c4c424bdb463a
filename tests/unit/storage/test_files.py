import errno
import os
from pathlib import Path

import pytest

from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.storage import files as output
from cloudless_mosaic.storage.files import publish, require_place, storage_faults, write_whole


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_temporary(tmp_path, number):
    with pytest.raises(TemporaryError, match=r"no space to write a\.tif"), storage_faults(tmp_path / "a.tif"):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EROFS])
def test_a_failing_disk_is_temporary(tmp_path, number):
    with (
        pytest.raises(TemporaryError, match=r"the disk failed at a\.tif"),
        storage_faults(tmp_path / "a.tif"),
    ):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.ENOENT])
def test_a_folder_that_is_taken_away_is_temporary(tmp_path, number):
    with (
        pytest.raises(TemporaryError, match=r"a\.tif in .* can't be written any more"),
        storage_faults(tmp_path / "a.tif"),
    ):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_too_many_open_files_are_temporary(tmp_path, number):
    with (
        pytest.raises(TemporaryError, match=r"a\.tif in .*\(ulimit -n\)"),
        storage_faults(tmp_path / "a.tif"),
    ):
        raise OSError(number, os.strerror(number))


def test_other_errors_pass():
    with pytest.raises(OSError, match="Invalid"), storage_faults(output.Path("a.tif")):
        raise OSError(errno.EINVAL, "Invalid argument")


def test_a_whole_file_or_none(tmp_path, monkeypatch):
    path = tmp_path / "catalog.json"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(output.os, "fsync", full)
    with pytest.raises(TemporaryError):
        write_whole(path, b"newest")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["catalog.json"]


def test_the_item_leaves_first_and_comes_last(tmp_path, monkeypatch):
    staging, target = tmp_path / ".staging", tmp_path / "month"
    staging.mkdir()
    target.mkdir()
    for name in ("m.tif", "m.json"):
        (staging / name).write_text("new")
        (target / name).write_text("old")
    seen = []
    replace = output.Path.replace

    def spy(source, destination):
        seen.append((source.name, (target / "m.json").exists()))
        return replace(source, destination)

    monkeypatch.setattr(output.Path, "replace", spy)
    publish(staging, target, ["m.tif", "m.json"])
    assert seen == [("m.tif", False), ("m.json", False)]
    assert {path.read_text() for path in target.iterdir()} == {"new"}
    assert not staging.exists()


def test_systems_without_folder_sync_work(tmp_path, monkeypatch):
    monkeypatch.setattr(output, "_FOLDERS_SYNC", False)
    write_whole(tmp_path / "a.json", b"{}")
    assert (tmp_path / "a.json").read_bytes() == b"{}"


@pytest.mark.parametrize("fails", [False, True])
def test_files_are_published_from_another_file_system(tmp_path, monkeypatch, fails):
    """The folder of unfinished work may be a link to another disk."""
    staging, target = tmp_path / "staging", tmp_path / "target"
    staging.mkdir()
    for name in ("a.tif", "a.json"):
        (staging / name).write_text(name)
    rename = Path.replace

    def replace(self, to):
        if self.parent != Path(to).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, to)

    monkeypatch.setattr(Path, "replace", replace)
    if fails:
        monkeypatch.setattr(output.os, "fsync", full)
        with pytest.raises(TemporaryError, match="no space"):
            publish(staging, target, ("a.tif", "a.json"))
        assert list(target.iterdir()) == []
        return
    publish(staging, target, ("a.tif", "a.json"))
    assert {path.name: path.read_text() for path in target.iterdir()} == {
        "a.tif": "a.tif",
        "a.json": "a.json",
    }
    assert not staging.exists()


def full(_descriptor):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("place", ["file", "file/below/it", "x" * 300])
def test_a_folder_that_can_not_be_is_refused_before_the_work(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="can't be written to"):
        require_place(tmp_path / place)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("place", ["", "new", "new/below/it"])
def test_a_folder_that_could_be_is_not_made_yet(tmp_path, place):
    require_place(tmp_path / place)
    assert not list(tmp_path.iterdir())
