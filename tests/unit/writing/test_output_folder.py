import errno
import os

import pytest

from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.writing import output
from cloudless_mosaic.writing.output import prepare_output, publish, storage_faults, write_whole


def test_a_new_folder_is_made(tmp_path):
    folder = tmp_path / "a" / "b"
    prepare_output(folder)
    assert folder.is_dir()
    assert not list(folder.iterdir())


def test_the_old_catalog_and_leftovers_go_and_the_rest_stays(tmp_path):
    (tmp_path / "catalog.json").write_text("{}")
    (tmp_path / ".monthly-mosaic-2020-10.partial").mkdir()
    (tmp_path / ".monthly-mosaic-2020-10.partial" / "a.tif.spool").touch()
    (tmp_path / "monthly-mosaic-2020-09").mkdir()
    (tmp_path / "mine.txt").touch()
    prepare_output(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt", "monthly-mosaic-2020-09"]


def test_a_file_in_place_of_the_folder_is_a_usage_error(tmp_path):
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        with pytest.raises(
            UsageError, match=r"--output-dir .*file.* can't be written to: .*; choose another"
        ):
            prepare_output(folder)


def test_a_folder_that_may_not_be_written_is_a_usage_error(tmp_path, monkeypatch):
    (tmp_path / "catalog.json").write_text("{}")

    def refuse(_path):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(output.Path, "touch", refuse)
    with pytest.raises(UsageError, match="permission denied"):
        prepare_output(tmp_path)
    assert (tmp_path / "catalog.json").exists()


def test_a_catalog_that_is_a_folder_is_a_usage_error(tmp_path):
    (tmp_path / "catalog.json").mkdir()
    with pytest.raises(UsageError, match="can't be written to"):
        prepare_output(tmp_path)


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


def test_other_errors_pass():
    with pytest.raises(FileNotFoundError), storage_faults(output.Path("a.tif")):
        raise FileNotFoundError(errno.ENOENT, "No such file")


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
