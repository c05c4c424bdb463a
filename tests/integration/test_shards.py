"""Large areas: files for each tile, parts of a plan made by runs of their own, and one folder of them."""

from __future__ import annotations

import errno
import filecmp
import json
import os
import shutil

import numpy as np
import pystac
import pytest
import rasterio
from rio_cogeo.cogeo import cog_validate

from cloudless_mosaic.errors import NoDataError, TemporaryError, UsageError
from cloudless_mosaic.output.merge import merge_shards
from cloudless_mosaic.storage.lock import FolderLock

pytestmark = pytest.mark.xdist_group("demo")

AREA = (
    *("--start-date", "2020-10-01", "--end-date", "2020-11-30", "--aoi=-122.24,47.58,-122.05,47.70"),
    *("--bands", "red", "--bands", "nir", "--resolution", "10", "--layer", "mask", "-q"),
)
TILES = ("--tile-size", "1024")
COUNT = 3


@pytest.fixture(scope="module")
def area(demo_archive):
    return (*AREA, "--stac-url", str(demo_archive.catalog))


@pytest.fixture(scope="module")
def tiled(area, mosaic_command, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiled")
    outcome = mosaic_command(*area, *TILES, cwd=folder)
    assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture(scope="module")
def parts(area, mosaic_command, tmp_path_factory):
    """The folder of each shard, at different depths, as job arrays leave them."""
    root = tmp_path_factory.mktemp("parts")
    folders = [root.joinpath(*["deep"] * (number - 1), str(number)) for number in range(1, COUNT + 1)]
    for number, folder in enumerate(folders, 1):
        outcome = mosaic_command(
            *(*area, *TILES, "--shard", f"{number}/{COUNT}", "--output-dir", str(folder)), cwd=root
        )
        assert outcome.code == 0, outcome.err
    return folders


@pytest.fixture
def copies(parts, tmp_path):
    """The shards, to be harmed."""
    folders = [tmp_path / path.name for path in parts]
    for path, folder in zip(parts, folders, strict=True):
        shutil.copytree(path, folder)
    return folders


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def items_of(folder):
    return sorted(path for path in folder.glob("monthly-mosaic-*/*.json"))


def test_tiles_side_by_side_are_the_mosaic_of_the_whole(area, tiled, mosaic_command, tmp_path):
    assert mosaic_command(*area, cwd=tmp_path).code == 0
    for month in ("2020-10", "2020-11"):
        for ending in ("", "-count", "-visual", "-mask"):
            name = f"monthly-mosaic-{month}"
            with rasterio.open(tmp_path / name / f"{name}{ending}.tif") as file:
                whole, bounds, crs = file.read(), file.bounds, file.crs
            joined = np.zeros_like(whole)
            tiles = sorted(tiled.glob(f"{name}-*/*{ending}.tif"))
            tiles = [path for path in tiles if path.stem == path.parent.name + ending]
            assert len(tiles) > 3
            for path in tiles:
                with rasterio.open(path) as file:
                    assert file.crs == crs
                    top, left = (bounds.top - file.bounds.top) / 10, (file.bounds.left - bounds.left) / 10
                    joined[:, round(top) :, round(left) :][:, : file.height, : file.width] = file.read()
            np.testing.assert_array_equal(joined, whole)


def test_every_tile_is_a_cog_with_an_item(tiled):
    items = items_of(tiled)
    listed = {item.id for item in pystac.Catalog.from_file(tiled / "catalog.json").get_items(recursive=True)}
    assert len(items) == len({path.stem for path in items}) > 6
    for path in items:
        item = pystac.Item.from_file(path)
        assert item.id == path.stem == path.parent.name
        with rasterio.open(path.with_suffix(".tif")) as file:
            assert item.properties["proj:shape"] == [file.height, file.width]
            assert item.properties["proj:transform"] == list(file.transform[:6])
        assert cog_validate(path.with_suffix(".tif"), strict=True)[0]
    assert listed == {path.stem for path in items}


def test_comparing_dates_takes_something_out_of_every_month(tiled):
    """What is equal in tiles and shards was compared, with a band that is read for the mask alone."""
    months = {}
    for path in items_of(tiled):
        properties = json.loads(path.read_bytes())["properties"]
        assert properties["cloudless_mosaic:parameters"]["mask"] == "multidate"
        months.setdefault(path.stem[15:22], []).append(properties["cloudless_mosaic:masked"]["by_dates"])
    assert set(months) == {"2020-10", "2020-11"}
    assert all(map(sum, months.values()))


def test_merged_shards_are_one_run(tiled, parts, mosaic_command, tmp_path):
    outcome = mosaic_command("merge", *map(str, parts[::-1]), "--output-dir", "merged", cwd=tmp_path)
    assert outcome.code == 0, outcome.err
    assert outcome.out == "catalog: merged/catalog.json\n"
    merged, whole = files_of(tmp_path / "merged"), files_of(tiled)
    # links to the scenes count from where an item lies
    assert set(merged) == set(whole)
    assert [name for name in whole if merged[name] != whole[name] and not name.endswith(".json")] == []
    root = tmp_path / "merged"
    for path in items_of(root):
        item, twin = json.loads(path.read_bytes()), json.loads((tiled / path.relative_to(root)).read_bytes())
        for one, place in ((item, path), (twin, tiled / path.relative_to(root))):
            for link in one["links"]:
                if link["rel"] == "derived_from":
                    target = (place.parent / link["href"]).resolve()
                    assert target.is_file()
                    link["href"] = str(target)
        assert item == twin
    for name in ("catalog.json", "collection.json"):
        assert merged[name] == whole[name]


def test_a_run_of_the_whole_plan_finds_the_merged_folder_finished(area, parts, mosaic_command, tmp_path):
    merge_shards(parts, tmp_path / "merged")
    before = files_of(tmp_path / "merged")
    outcome = mosaic_command(*area, *TILES, "--output-dir", "merged", cwd=tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert files_of(tmp_path / "merged") == before


def test_a_merge_again_changes_nothing_and_one_that_was_cut_short_goes_on(parts, tmp_path):
    merge_shards(parts, tmp_path)
    before = files_of(tmp_path)
    merge_shards(parts, tmp_path)
    assert files_of(tmp_path) == before
    first, second, *_ = items_of(tmp_path)
    (tmp_path / "catalog.json").unlink()
    shutil.rmtree(first.parent)
    second.unlink()
    staging = tmp_path / ".cloudless-mosaic/merge"
    staging.mkdir(parents=True)
    (staging / "half.tif").write_bytes(b"half")
    merge_shards(parts, tmp_path)
    assert files_of(tmp_path) == before


def test_a_file_that_was_damaged_after_a_merge_is_made_good(parts, tmp_path):
    merge_shards(parts, tmp_path)
    before = files_of(tmp_path)
    broken = items_of(tmp_path)[0].with_suffix(".tif")
    content = broken.read_bytes()
    broken.unlink()  # a link to the shard's file, which must stay as it is
    broken.write_bytes(content[:-1])
    merge_shards(parts, tmp_path)
    assert files_of(tmp_path) == before


def test_files_are_copied_where_they_can_not_be_linked(parts, tiled, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "other file system")

    monkeypatch.setattr(os, "link", refuse)
    merge_shards(parts, tmp_path)
    assert set(files_of(tmp_path)) == set(files_of(tiled))
    rasters = [path.relative_to(tiled) for path in tiled.rglob("*.tif")]
    assert filecmp.cmpfiles(tiled, tmp_path, map(str, rasters), shallow=False)[1:] == ([], [])
    assert all((tmp_path / path).stat().st_nlink == 1 for path in rasters)


def test_more_shards_than_mosaics_leave_some_without(area, mosaic_command, tmp_path):
    outcome = mosaic_command(*area[:-3], *area[-2:], "--shard", "1/3", "--output-dir", "out", cwd=tmp_path)
    assert outcome.code == 0, outcome.err
    assert "shard 1/3 makes 0 mosaics; figures above are those of all shards" in outcome.out
    assert "0 mosaics written" in outcome.out
    assert [path.name for path in (tmp_path / "out").iterdir() if path.suffix != ".json"] == []


def test_shards_without_any_mosaic_are_no_data(area, mosaic_command, tmp_path):
    sea = [option for option in area if not option.startswith("--aoi")]
    for number in ("1/2", "2/2"):
        outcome = mosaic_command(
            *sea, "--aoi=-121,46.9,-120.9,47", "--shard", number, "--output-dir", number[0], cwd=tmp_path
        )
        assert outcome.code == 0, outcome.err
    with pytest.raises(NoDataError, match="none of the 2 shards has a mosaic"):
        merge_shards([tmp_path / "1", tmp_path / "2"], tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_another_shard_in_the_same_folder_is_refused(area, copies, mosaic_command, tmp_path):
    before = files_of(copies[0])
    outcome = mosaic_command(
        *area, *TILES, "--shard", f"2/{COUNT}", "--output-dir", copies[0].name, cwd=tmp_path
    )
    assert outcome.code == 2
    assert f"it is shard 1/{COUNT} there and 2/{COUNT} here" in outcome.err
    assert files_of(copies[0]) == before


def test_the_lazy_dataset_has_no_shards(make_sharded_request):
    from cloudless_mosaic import open_mosaics  # noqa: PLC0415 - the other tests need no xarray

    with pytest.raises(UsageError, match="leave out the shard"):
        open_mosaics(make_sharded_request)


@pytest.fixture
def make_sharded_request(demo_archive):
    from datetime import date  # noqa: PLC0415

    from cloudless_mosaic import Aoi, MosaicRequest  # noqa: PLC0415
    from cloudless_mosaic.domain.request import Shard  # noqa: PLC0415

    return MosaicRequest(
        start_date=date(2020, 10, 1),
        end_date=date(2020, 10, 31),
        aoi=Aoi(-122.2, 47.6, -122.1, 47.65),
        bands=("red",),
        stac_url=str(demo_archive.catalog),
        shard=Shard(1, 2),
    )


@pytest.mark.parametrize(
    ("choose", "words"),
    [
        (lambda a, b, _c: [a, b], f"shard 3/{COUNT} is missing"),
        (lambda a, b, _c: [a, b, a], "are both shard 1; give each once"),
        (lambda a, b, c: [a, b, c.parent], "has no catalog.json: its run isn't finished"),
        (lambda a, b, c: [a, b, c / "nothing"], "is not a folder; give those that runs have written to"),
        (lambda a, b, c: [a, b, c / "catalog.json"], "is not a folder"),
    ],
)
def test_folders_that_are_not_all_shards(parts, tmp_path, choose, words):
    with pytest.raises(UsageError) as caught:
        merge_shards(choose(*parts), tmp_path / "merged")
    assert words in str(caught.value)
    assert not (tmp_path / "merged").exists()


def test_a_whole_run_is_no_shard(tiled, tmp_path):
    with pytest.raises(UsageError, match="is not a shard, it has all mosaics of its plan"):
        merge_shards([tiled], tmp_path / "merged")


def test_shards_of_other_plans_are_refused(area, parts, mosaic_command, tmp_path):
    outcome = mosaic_command(
        *area, *TILES, "--cloud-dilation", "0", "--shard", f"1/{COUNT}", "--output-dir", "x", cwd=tmp_path
    )
    assert outcome.code == 0, outcome.err
    with pytest.raises(UsageError, match="are shards of different plans"):
        merge_shards([tmp_path / "x", *parts[1:]], tmp_path / "merged")


@pytest.mark.parametrize("harm", ["cut", "remove", "edit", "replace"])
def test_damaged_shards_are_named_and_no_catalog_is_written(copies, tmp_path, harm):
    item = items_of(copies[1])[0]
    raster = item.with_suffix(".tif")
    if harm == "cut":
        raster.write_bytes(raster.read_bytes()[:-1])
    elif harm == "remove":
        raster.unlink()
    elif harm == "edit":
        item.write_text("[]")
    else:
        document = json.loads(item.read_bytes())
        document["properties"]["cloudless_mosaic:plan"] = "0" * 64
        item.write_text(json.dumps(document))
    with pytest.raises(UsageError, match=f"{item.stem} is damaged or of another plan; run it again"):
        merge_shards(copies, tmp_path / "merged")
    assert not (tmp_path / "merged/catalog.json").exists()


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("catalog.json", "cloudless_mosaic:plan", None),
        ("collection.json", "links", None),
        ("collection.json", "links", [{"rel": "item"}]),
        ("collection.json", "links", [{"rel": "item", "href": 1}]),
        ("collection.json", "extent", []),
        ("collection.json", "summaries", "none"),
    ],
)
def test_edited_catalogs_are_named(copies, tmp_path, name, field, value):
    path = copies[1] / name
    document = json.loads(path.read_bytes()) | {field: value}
    path.write_text(json.dumps(document))
    with pytest.raises(UsageError, match="has a catalog that was edited; run it again"):
        merge_shards(copies, tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_a_folder_with_something_else_is_left_alone(parts, tiled, tmp_path):
    shutil.copytree(tiled, tmp_path / "tiled")
    catalog = tmp_path / "tiled/catalog.json"
    document = json.loads(catalog.read_bytes()) | {"cloudless_mosaic:plan": "0" * 64}
    catalog.write_text(json.dumps(document))
    before = files_of(tmp_path / "tiled")
    with pytest.raises(UsageError, match="has other mosaics; choose another folder"):
        merge_shards(parts, tmp_path / "tiled")
    assert files_of(tmp_path / "tiled") == before
    with pytest.raises(UsageError, match="has other mosaics"):
        merge_shards(parts, parts[0])


def test_two_merges_in_one_folder(parts, tmp_path):
    lock = FolderLock(tmp_path / ".cloudless-mosaic/lock")
    try:
        with pytest.raises(TemporaryError):
            merge_shards(parts, tmp_path)
    finally:
        lock.release()
    merge_shards(parts, tmp_path)


def test_a_link_that_leads_out_of_a_shard_is_refused(copies, tmp_path):
    path = copies[0] / "collection.json"
    path.write_text(path.read_text().replace('"./monthly-', '"./../monthly-'))
    with pytest.raises(UsageError, match="which is not a mosaic of its own"):
        merge_shards(copies, tmp_path / "merged")


def test_a_folder_that_can_not_be_written_to(parts, mosaic_command, tmp_path):
    (tmp_path / "file").write_text("")
    outcome = mosaic_command("merge", *map(str, parts), "--output-dir", "file/merged", cwd=tmp_path)
    assert outcome.code == 2
    assert outcome.err == (
        "error: --output-dir file/merged can't be written to: not a directory; choose another folder\n"
    )


def test_a_merge_needs_shards(mosaic_command, tmp_path):
    outcome = mosaic_command("merge", "--output-dir", "merged", cwd=tmp_path)
    assert outcome.code == 2
    assert outcome.err == "error: Missing argument 'DIR...'; see cloudless-mosaic merge --help\n"
