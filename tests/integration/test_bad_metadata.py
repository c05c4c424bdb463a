"""Bad metadata drops or refuses its scene by id and reason, or costs nothing: seen from the end of a run."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import rasterio
from pyproj import CRS

from cloudless_mosaic.api import build_mosaics
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.errors import NoDataError
from cloudless_mosaic.synthetic.acquisitions import CLEAR_AUTUMN, Sky
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent

DAYS = tuple(
    replace(acquisition, sky=Sky(), baseline="05.00", swath=None) for acquisition in CLEAR_AUTUMN[:3]
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    spec = ArchiveSpec((Extent(SEATTLE, (5120, 1024), (512, 512)),), DAYS, bands=("B04",))
    return build_archive(tmp_path_factory.mktemp("small") / "archive", spec)


def mosaic(catalog, folder, **options):
    request = MosaicRequest(
        start_date=date(2020, 10, 1),
        end_date=date(2020, 10, 31),
        aoi=Aoi(-122.30, 47.73, -122.27, 47.75),
        bands=("red",),
        mask="scl",
        resolution=10.0,
        stac_url=str(catalog),
        output_dir=folder,
        max_lost=100.0,
        **options,
    )
    result = build_mosaics(request)
    with rasterio.open(result.periods[0].files[0]) as file:
        return result, file.read(1)


@pytest.fixture(scope="module")
def reference(archive, tmp_path_factory):
    """The mosaic of all three scenes, and that of the two that stay intact."""
    _, whole = mosaic(archive.catalog, tmp_path_factory.mktemp("whole"))
    folder = tmp_path_factory.mktemp("two") / "archive"
    spec = replace(archive.spec, acquisitions=(DAYS[0], DAYS[2]))
    _, rest = mosaic(build_archive(folder, spec).catalog, tmp_path_factory.mktemp("rest"))
    assert whole.all()
    assert (whole != rest).any()
    return whole, rest


@pytest.fixture
def broken(archive, tmp_path):
    """A copy of the archive, and the item that a test breaks."""
    shutil.copytree(archive.folder, tmp_path / "archive")
    path = tmp_path / "archive" / archive.item_path(DAYS[1]).relative_to(archive.folder)
    return tmp_path / "archive/catalog.json", path, tmp_path / "out"


def set_projection(item, fields, *, shapes=True):
    """Replaces all that an item and its assets say of their projection."""
    for holder in (item["properties"], *item["assets"].values()):
        kept = {name: holder.get(name) for name in ("proj:shape", "proj:transform") if shapes}
        for name in [name for name in holder if name.startswith("proj:")]:
            del holder[name]
        holder |= {name: value for name, value in kept.items() if value is not None}
    item["properties"] |= fields


UTM = CRS.from_epsg(32610)
HARMLESS = {
    "nothing at all": lambda item: set_projection(item, {}, shapes=False),
    "null": lambda item: set_projection(item, {"proj:epsg": None, "proj:code": None}),
    "EPSG:None": lambda item: set_projection(item, {"proj:code": "EPSG:None"}),
    "code": lambda item: set_projection(item, {"proj:code": "EPSG:32610"}),
    "wkt2": lambda item: set_projection(item, {"proj:epsg": None, "proj:wkt2": UTM.to_wkt()}),
    "projjson": lambda item: set_projection(item, {"proj:epsg": None, "proj:projjson": UTM.to_json_dict()}),
    "code of the asset": lambda item: [
        set_projection(item, {}),
        *(asset.update({"proj:code": "EPSG:32610"}) for asset in item["assets"].values()),
    ],
    "another zone": lambda item: set_projection(item, {"proj:epsg": 32611}),
    "shifted": lambda item: item["assets"]["B04"]["proj:transform"].__setitem__(2, 551185.0),
}
NOTED = {"another zone": "EPSG:32611", "shifted": "551185"}


@pytest.mark.parametrize("case", HARMLESS)
def test_projection_of_any_kind_costs_nothing_since_the_file_tells(broken, reference, case):
    catalog, path, out = broken
    item = json.loads(path.read_text())
    HARMLESS[case](item)
    path.write_text(json.dumps(item))
    result, pixels = mosaic(catalog, out)
    np.testing.assert_array_equal(pixels, reference[0])
    (period,) = result.periods
    assert not result.dropped
    assert not period.lost
    assert {note.scene_id for note in period.notes} == ({item["id"]} if case in NOTED else set())
    assert all(NOTED[case] in note.text and "the file counts" in note.text for note in period.notes)
    told = json.loads(period.files[-1].read_text())["properties"]["cloudless_mosaic:notes"]
    assert [entry["scene"] for entry in told] == [note.scene_id for note in period.notes]


def without(key):
    return lambda item: item["assets"].pop(key)


def rewrite(name, **profile):
    """Writes a raster of the scene anew, with another profile."""

    def change(folder):
        (path,) = folder.glob(f"*_{name}_*.tif")
        with rasterio.open(path) as file:
            pixels, old = file.read(1), file.profile
        kept = {key: old[key] for key in ("width", "height", "count", "dtype", "crs", "transform", "nodata")}
        with rasterio.open(path, "w", **kept | {"driver": "GTiff", "tiled": True} | profile) as file:
            file.write(pixels[: file.height, : file.width], 1)

    return change


DROPPED = {
    "no time": (lambda item: item["properties"].update(datetime=None), "no sensing time"),
    "no geometry": (lambda item: item.update(geometry=None), "no footprint polygon"),
    "no classification": (without("SCL"), "no scene classification"),
    "no band": (without("B04"), "no band red"),
    "no assets": (lambda item: item.update(assets={}), "no band red"),
    "no baseline": (lambda item: strip(item, "N0500", "s2:processing_baseline"), "no processing baseline"),
    "too large": (
        lambda item: item["assets"]["B04"].update({"proj:shape": [20000, 20000]}),
        "larger than a granule",
    ),
}
LOST = {
    "no CRS in a band": (rewrite("B04", crs=None), "with a CRS"),
    "no CRS in the classification": (rewrite("SCL", crs=None), "with a CRS"),
    "another type": (rewrite("SCL", dtype="complex64"), "complex64"),
    "cut short": (rewrite("B04", height=400), "its item says 512 x 512"),
    "no file": (lambda folder: next(folder.glob("*_SCL_*.tif")).unlink(), "can't be read"),
    "garbage": (lambda folder: overwrite(folder, "B04", 65036), "impossible"),
    "no such classes": (lambda folder: overwrite(folder, "SCL", 99), "codes above 11"),
    "zeros": (lambda folder: overwrite(folder, "B04", 0), "no data where its scene classification is clear"),
}


def strip(item, *words):
    """Takes everything out of an item's properties that names one of some words."""
    for name, value in list(item["properties"].items()):
        if name in words or any(word.replace("N0500", "0500") in str(value) for word in words):
            del item["properties"][name]
        elif "05.00" in str(value):
            item["properties"][name] = str(value).replace("_N05.00", "")


def overwrite(folder, name, value):
    (path,) = folder.glob(f"*_{name}_*.tif")
    with rasterio.open(path) as file:
        pixels, profile = file.read(1), file.profile
    pixels[:] = value
    plain = {key: profile[key] for key in ("width", "height", "count", "dtype", "crs", "transform", "nodata")}
    with rasterio.open(path, "w", driver="GTiff", tiled=True, **plain) as file:
        file.write(pixels, 1)


@pytest.mark.parametrize("case", DROPPED)
def test_bad_items_drop_their_scene_by_id_and_reason(broken, reference, case):
    catalog, path, out = broken
    item = json.loads(path.read_text())
    change, reason = DROPPED[case]
    change(item)
    path.write_text(json.dumps(item))
    result, pixels = mosaic(catalog, out)
    (dropped,) = result.dropped
    assert dropped.id == item["id"]
    assert reason in dropped.reason
    np.testing.assert_array_equal(pixels, reference[1])
    told = json.loads(result.periods[0].files[-1].read_text())["properties"]
    if case != "no time":
        assert [entry["id"] for entry in told["cloudless_mosaic:dropped_scenes"]] == [item["id"]]
        assert result.periods[0].found == 3


@pytest.mark.parametrize("case", LOST)
def test_bad_files_lose_their_scene_by_id_and_reason(broken, reference, case):
    catalog, path, out = broken
    change, reason = LOST[case]
    change(path.parent)
    result, pixels = mosaic(catalog, out)
    (period,) = result.periods
    assert {lost.scene_id for lost in period.lost} == {path.stem}
    assert all(reason in lost.reason for lost in period.lost)
    assert len(period.lost) == period.observations / 3
    assert path.stem not in period.used
    np.testing.assert_array_equal(pixels, reference[1])


def test_nothing_but_bad_items_is_no_data(broken):
    catalog, path, out = broken
    for other in path.parent.parent.glob("*/*.json"):
        item = json.loads(other.read_text())
        item["geometry"] = None
        other.write_text(json.dumps(item))
    with pytest.raises(NoDataError, match=r"none of the 3 scenes .* can be used, S2.* no footprint polygon"):
        mosaic(catalog, out)


@pytest.mark.parametrize(("said", "truth"), [("02.14", "still in"), ("05.00", "out already")])
def test_a_lying_baseline_is_named(broken, said, truth):
    """The scene's pixels carry the offset and its item denies it, or the other way round."""
    catalog, path, out = broken
    item = json.loads(path.read_text())
    item["properties"]["s2:processing_baseline"] = said
    path.write_text(json.dumps(item))
    if said == "05.00":
        (band,) = path.parent.glob("*_B04_*.tif")
        with rasterio.open(band) as file:
            pixels, profile = file.read(1), file.profile
        plain = {
            key: profile[key] for key in ("width", "height", "count", "dtype", "crs", "transform", "nodata")
        }
        with rasterio.open(band, "w", driver="GTiff", tiled=True, **plain) as file:
            file.write(np.where(pixels > 1000, pixels - 1000, 1).astype(np.uint16), 1)
    result, _ = mosaic(catalog, out)
    (note,) = result.periods[0].notes
    assert note.scene_id == path.stem
    assert note.warning
    assert "contradict the offset" in note.text
    assert truth in note.text
