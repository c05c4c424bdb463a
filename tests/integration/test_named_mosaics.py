"""Mosaics of several areas: names of their own, and one catalog of them."""

import json
from pathlib import Path

import pystac
import pytest

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.output.merge_areas import merge_areas
from stac_output import check_output

pytestmark = pytest.mark.xdist_group("demo")

AREAS = {"lake-west": "-122.26,47.60,-122.20,47.65", "lake_east2": "-122.15,47.60,-122.09,47.65"}


def command(archive, name, aoi):
    return (
        *("--start-date", "2020-10-01", "--end-date", "2020-11-30", "--aoi", aoi, "--bands", "red"),
        *("--resolution", "100", "--stac-url", str(archive.catalog), "-q", "--output-dir", name or "plain"),
        *(("--name", name) if name else ()),
    )


@pytest.fixture(scope="module")
def folders(demo_archive, mosaic_command, tmp_path_factory):
    root = tmp_path_factory.mktemp("areas")
    for name, aoi in AREAS.items():
        outcome = mosaic_command(*command(demo_archive, name, aoi), "--geoparquet", cwd=root)
        assert outcome.code == 0, outcome.err
    return [root / name for name in AREAS]


def test_a_name_goes_into_ids_folders_and_the_collection(folders):
    west = folders[0]
    months = ["lake-west-2020-10", "lake-west-2020-11"]
    assert [path.name for path in sorted(west.iterdir()) if path.is_dir()] == months
    collection = pystac.Collection.from_file(west / "collection.json")
    assert collection.id == "lake-west"
    assert [item.id for item in collection.get_items()] == months
    assert {item.collection_id for item in collection.get_items()} == {"lake-west"}
    assert (west / months[0] / f"{months[0]}-count.tif").is_file()
    titles = [link.title for link in collection.links if link.rel == "item"]
    assert titles == ["2020-10", "2020-11"]
    check_output(west)


def test_the_same_command_goes_on_and_another_name_is_another_plan(
    demo_archive, folders, mosaic_command, tmp_path
):
    name, aoi = next(iter(AREAS.items()))
    again = command(demo_archive, name, aoi)
    files = {path: path.stat().st_mtime_ns for path in folders[0].rglob("*.tif")}
    assert mosaic_command(*again, "--geoparquet", cwd=folders[0].parent).code == 0
    assert {path: path.stat().st_mtime_ns for path in folders[0].rglob("*.tif")} == files
    renamed = ("--name", "other", "--output-dir", str(folders[0]))
    refused = mosaic_command(*again, *renamed, cwd=tmp_path)
    assert refused.code == 2
    assert "name is lake-west there and other here" in refused.err
    assert (folders[0] / "lake-west-2020-10/lake-west-2020-10.json").is_file()


def test_the_default_name_given_is_the_default(demo_archive, mosaic_command, tmp_path):
    aoi = AREAS["lake-west"]
    assert mosaic_command(*command(demo_archive, "", aoi), cwd=tmp_path).code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "plain").rglob("*.json")}
    named = ("--name", "monthly-mosaic")
    assert mosaic_command(*command(demo_archive, "", aoi), *named, cwd=tmp_path).code == 0
    assert {path: path.read_bytes() for path in (tmp_path / "plain").rglob("*.json")} == before


def test_folders_of_areas_become_one_catalog(folders, mosaic_command, tmp_path):
    arguments = [*map(str, folders[::-1]), "--output-dir", "all"]
    for _ in range(2):  # the same command again changes nothing
        outcome = mosaic_command("merge", *arguments, cwd=tmp_path)
        assert outcome.code == 0, outcome.err
    assert outcome.out == f"catalog: {Path('all/catalog.json')}\n"
    catalog = pystac.Catalog.from_file(tmp_path / "all/catalog.json")
    assert [child.id for child in catalog.get_children()] == sorted(AREAS)
    items = list(catalog.get_items(recursive=True))
    assert len({item.id for item in items}) == 4
    assert check_output(tmp_path / "all") == 1 + 2 + 4
    for folder in folders:
        for path in folder.rglob("*.tif"):
            copied = tmp_path / "all" / folder.name / path.relative_to(folder)
            assert copied.read_bytes() == path.read_bytes()
        assert (tmp_path / "all" / folder.name / "items.parquet").is_file()


def test_two_areas_of_one_name_are_refused(folders, tmp_path):
    twin = tmp_path / "twin"
    twin.mkdir()
    for name in ("catalog.json", "collection.json"):
        (twin / name).write_bytes((folders[0] / name).read_bytes())
    with pytest.raises(UsageError, match="both have collection lake-west; make them with different name"):
        merge_areas([folders[0], twin], tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_other_mosaics_in_the_folder_are_left_alone(folders, tmp_path):
    with pytest.raises(UsageError, match="one of the areas"):
        merge_areas(folders, folders[0])
    merge_areas(folders, tmp_path / "all")
    with pytest.raises(UsageError, match="other mosaics"):
        merge_areas(folders[:1], tmp_path / "all")
    document = json.loads((tmp_path / "all/catalog.json").read_text())
    assert [one["collection"] for one in document["cloudless_mosaic:areas"]] == sorted(AREAS)


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a b", "-a", "a-", "é", "a" * 65, "a.b"])
def test_a_name_that_is_no_name_is_refused(demo_archive, mosaic_command, tmp_path, name):
    outcome = mosaic_command(*command(demo_archive, "x", AREAS["lake-west"]), f"--name={name}", cwd=tmp_path)
    assert outcome.code == 2
    assert "--name must be up to 64 letters" in outcome.err
    assert not (tmp_path / "x").exists()
