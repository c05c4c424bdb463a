"""The burned-area program, from its command line to its pixels."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pystac
import pytest
import rasterio
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from rio_cogeo.cogeo import cog_validate

from cloudless_mosaic.burned.severity import PALETTE, SEVERITY_CLASSES, classify
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.granules import Extent, Granule
from cloudless_mosaic.synthetic.items import PLANETARY_COMPUTER

CLEAR = (2, 4, 5, 7)
CLOUDS = (3, 8, 9, 10)
REACH = 5
"""Pixels of 20 m in the 100 m that clouds grow by."""


def read(path):
    with rasterio.open(path) as file:
        return file.read(1)


def rasters(item):
    """Bands and classes of a scene at 10 m, coarse ones repeated."""
    found = {}
    for name, asset in json.loads(Path(item).read_text())["assets"].items():
        pixels = read(Path(item).parent / asset["href"])
        found[name] = pixels if name in {"B04", "B08"} else pixels.repeat(2, 0).repeat(2, 1)
    return found


def grown(cloudy):
    """A mask with all within five pixels of it."""
    rows, columns = cloudy.shape
    padded, out = np.pad(cloudy, REACH), cloudy.copy()
    for down in range(-REACH, REACH + 1):
        for right in range(-REACH, REACH + 1):
            if down**2 + right**2 <= REACH**2:
                out |= padded[REACH + down : REACH + down + rows, REACH + right : REACH + right + columns]
    return out


def clear(classes):
    coarse = classes[::2, ::2]
    return (np.isin(coarse, CLEAR) & ~grown(np.isin(coarse, CLOUDS))).repeat(2, 0).repeat(2, 1)


def ratio(bands):
    near, short = bands["B08"].astype(np.float32), bands["B12"].astype(np.float32)
    return (near - short) / (near + short)


@pytest.fixture(scope="module")
def scenes(fire_items):
    return tuple(map(rasters, fire_items))


@pytest.fixture(scope="module")
def both_clear(scenes):
    return clear(scenes[0]["SCL"]) & clear(scenes[1]["SCL"])


@pytest.fixture(scope="module")
def change(scenes):
    """dNBR of every pixel by numpy, clouds and all."""
    return ratio(scenes[0]) - ratio(scenes[1])


@pytest.fixture
def burned(fire_items, burned_command, tmp_path):
    """Runs the program on the fire, into a folder."""

    def run(*options, folder="out", env=None):
        before, after = fire_items
        outcome = burned_command(
            *("--pre-fire-url", before, "--post-fire-url", after, "-q", "--output-dir", folder, *options),
            cwd=tmp_path,
            env=env,
        )
        assert outcome.code == 0, outcome.err
        return tmp_path / folder

    return run


def test_dnbr_is_that_of_numpy_at_every_pixel(burned_example, change, both_clear):
    np.testing.assert_array_equal(read(burned_example / "bai.tif"), np.where(both_clear, change, np.nan))


def test_severity_is_that_of_numpy_at_every_pixel(burned_example, change, both_clear):
    np.testing.assert_array_equal(
        read(burned_example / "severity.tif"), np.where(both_clear, classify(change), 0)
    )


def test_without_a_mask_every_pixel_is_compared(burned, change):
    np.testing.assert_array_equal(read(burned("--mask", "none") / "bai.tif"), change)


def test_other_indices_are_those_of_numpy(burned, burned_example, scenes, change, both_clear):
    red, near = (1e-4 * scenes[1][band].astype(float) for band in ("B04", "B08"))
    expected = {
        "rbr": change / (ratio(scenes[0]) + np.float32(1.001)),
        "bai": 1 / ((0.1 - red) ** 2 + (0.06 - near) ** 2),
    }
    for index, values in expected.items():
        folder = burned("--index", index, folder=index)
        found = read(folder / "bai.tif")
        np.testing.assert_array_equal(np.isnan(found), ~both_clear)
        np.testing.assert_allclose(found[both_clear], values[both_clear], rtol=1e-5)
        # severity is by dNBR, whatever the index
        assert (folder / "severity.tif").read_bytes() == (burned_example / "severity.tif").read_bytes()
        with rasterio.open(folder / "bai.tif") as file:
            assert file.descriptions == (index,)


def test_areas_are_the_truth_within_a_percent(burned_example, fire_archive, both_clear):
    truth = classify(fire_archive.fire_truth(fire_archive.acquisitions[1]))
    properties = json.loads((burned_example / "burned-area.json").read_text())["properties"]
    areas = {one["code"]: one["hectares"] for one in properties["cloudless_mosaic:areas"]}
    for one in SEVERITY_CLASSES:
        hectares = ((truth == one.code) & both_clear).sum() / 100
        assert hectares > 80
        assert areas[one.code] == pytest.approx(hectares, rel=0.01), one.name
    burned = [areas[one.code] for one in SEVERITY_CLASSES if one.least >= 0.1]
    assert properties["cloudless_mosaic:burned_hectares"] == pytest.approx(sum(burned))
    assert sum(areas.values()) + properties["cloudless_mosaic:not_compared_hectares"] == pytest.approx(
        1536**2 / 100
    )


def test_the_screen_has_the_areas_of_the_item(burned_example):
    screen = (burned_example / "screen.txt").read_text()
    properties = json.loads((burned_example / "burned-area.json").read_text())["properties"]
    assert "S2B_10TFK_20210713_0_L2A, 2021-07-13 18:49 UTC" in screen
    for area in properties["cloudless_mosaic:areas"]:
        assert f"{area['hectares']:,.1f}" in screen
    assert "high severity" in screen


def test_offsets_of_baselines_are_taken_out(burned_command, tmp_path):
    """The same pixels as a product of baseline 05.00 delivers them: 1000 more in each."""
    spec = ArchiveSpec.fire()
    archive = build_archive(
        tmp_path / "archive",
        ArchiveSpec(spec.extents, spec.acquisitions, bands=spec.bands, style=PLANETARY_COMPUTER),
    )
    before, after = map(archive.item_path, archive.acquisitions)
    newer = after.parent.with_name("newer") / after.name
    shutil.copytree(after.parent, newer.parent)
    item = json.loads(after.read_text())
    item["properties"]["s2:processing_baseline"] = "05.00"
    newer.write_text(json.dumps(item).replace("N0301", "N0500").replace("N03.01", "N05.00"))
    for path in newer.parent.glob("*_B*.tif"):
        with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
            pixels = file.read(1)
            file.write(np.where(pixels, pixels + 1000, 0).astype(np.uint16), 1)
    for name, item_path in (("old", after), ("new", newer)):
        outcome = burned_command(
            *("--pre-fire-url", str(before), "--post-fire-url", str(item_path), "--output-dir", name),
            cwd=tmp_path,
        )
        assert outcome.code == 0, outcome.err
        assert "warning" not in outcome.out
    np.testing.assert_array_equal(read(tmp_path / "old/bai.tif"), read(tmp_path / "new/bai.tif"))


def test_an_area_cuts_without_changing_a_pixel(burned, burned_example):
    folder = burned("--aoi=-121.5,40.45,-121.45,40.5")
    with rasterio.open(folder / "bai.tif") as part, rasterio.open(burned_example / "bai.tif") as whole:
        window = whole.window(*part.bounds)
        assert 0 < part.width < whole.width
        np.testing.assert_array_equal(part.read(), whole.read(window=window))


def test_coarser_pixels(burned):
    with rasterio.open(burned("--resolution", "60") / "bai.tif") as file:
        assert file.res == (60, 60)
        assert file.shape == (256, 256)
        values = file.read(1)
    assert 0.6 < np.nanmax(values) < 1
    assert abs(np.nanmedian(values)) < 0.05


def test_a_single_pixel(burned):
    with rasterio.open(burned("--aoi=-121.5,40.45,-121.49999,40.45001") / "severity.tif") as file:
        assert file.shape == (1, 1)


def test_a_terminal_that_knows_ascii_only(burned_command, fire_items, tmp_path):
    before, after = fire_items
    outcome = burned_command(
        *("--pre-fire-url", before, "--post-fire-url", after),
        cwd=tmp_path,
        env={"PYTHONIOENCODING": "ascii", "COLUMNS": "40"},
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert "low severity and above" in outcome.out


def test_files_are_cogs_a_picture_and_valid_stac(burned_example, fire_items):
    for name in ("bai.tif", "severity.tif"):
        assert cog_validate(burned_example / name, strict=True) == (True, [], [])
    with rasterio.open(burned_example / "bai.tif") as file:
        assert file.dtypes == ("float32",)
        assert np.isnan(file.nodata)
        assert file.overviews(1) == [2, 4]
    with rasterio.open(burned_example / "severity.tif") as file:
        assert file.nodata == 0
        assert [file.colormap(1)[code][:3] for code in range(8)] == list(PALETTE)
    picture = imagecodecs.png_decode((burned_example / "severity.png").read_bytes())
    assert picture.shape == (384, 384, 4)
    assert {tuple(pixel) for pixel in picture[picture[..., 3] > 0][:, :3]} == set(PALETTE[1:])
    catalog = pystac.Catalog.from_file(str(burned_example / "catalog.json"))
    (item,) = catalog.get_items()
    for document, kind in ((item, pystac.STACObjectType.ITEM), (catalog, pystac.STACObjectType.CATALOG)):
        JsonSchemaSTACValidator().validate_core(document.to_dict(), kind, "1.1.0")
    for asset in item.assets.values():
        data = Path(asset.get_absolute_href()).read_bytes()
        assert asset.extra_fields["file:checksum"] == "1220" + hashlib.sha256(data).hexdigest()
        assert asset.extra_fields["file:size"] == len(data)
    sources = [link.get_absolute_href() for link in item.get_links("derived_from")]
    assert [Path(href).resolve() for href in sources] == [Path(path).resolve() for path in fire_items]
    classes = item.assets["severity"].to_dict()["bands"][0]["classification:classes"]
    assert [one["value"] for one in classes] == list(range(8))
    assert all(re.fullmatch("[0-9A-F]{6}", one["color_hint"]) for one in classes[1:])
    assert item.id == "burned-area-10TFK-20210713-20210718"


def test_published_spellings_and_console_script(fire_items, burned_command, burned_example, tmp_path):
    before, after = fire_items
    outcome = burned_command("--pre_fire_url", before, "--post_fire_url", f"file://{after}", cwd=tmp_path)
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "bai.tif").read_bytes() == (burned_example / "bai.tif").read_bytes()
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["scripts"]["burned-area"] == "cloudless_mosaic.cli.burned:main"


def test_demo_and_events_for_machines(burned_command, fire_archive, burned_example, tmp_path):
    outcome = burned_command("demo", "--json", "--archive-dir", str(fire_archive.folder), cwd=tmp_path)
    assert outcome.code == 0, outcome.err
    events = [json.loads(line) for line in outcome.out.splitlines()]
    assert {event["event"] for event in events} == {"note", "plan", "block", "result"}
    assert events[-1]["hectares"]["high"] > 300
    assert (tmp_path / "burned-area-output/bai.tif").read_bytes() == (burned_example / "bai.tif").read_bytes()


def test_local_dask_gives_the_same_bytes(burned, burned_example):
    folder = burned("--cluster", "local", "--workers", "2")
    for name in ("bai.tif", "severity.tif", "severity.png"):
        assert (folder / name).read_bytes() == (burned_example / name).read_bytes(), name
    ours, theirs = (json.loads((one / "burned-area.json").read_text()) for one in (folder, burned_example))
    for one in (ours, theirs):
        # the way to local scenes depends on the folder
        del one["links"]
    assert ours == theirs


def test_what_a_killed_run_left_is_cleared_away(burned, burned_example, tmp_path):
    """It was killed while it moved its files out."""
    work = tmp_path / "out/.cloudless-mosaic"
    (work / "burned-area").mkdir(parents=True)
    (work / "burned-area/severity.tif.spool").write_bytes(b"half")
    (work / "publishing").touch()
    (tmp_path / "out/bai.tif").write_bytes(b"half")
    folder = burned()
    assert (folder / "bai.tif").read_bytes() == (burned_example / "bai.tif").read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == [
        *("bai.tif", "burned-area.json", "catalog.json", "severity.png", "severity.tif")
    ]


def test_scenes_of_two_zones_show_the_same_land(burned_command, tmp_path):
    spec = ArchiveSpec.fire()
    western = Extent(Granule("10TGK", 32610, (699960, 4500000)), (4096, 2048), (1024, 1024))
    eastern = Extent(Granule("11TKE", 32611, (199980, 4500000)), (3072, 2048), (1024, 1024))
    archive = build_archive(
        tmp_path / "archive", replace(spec, extents=(western, eastern), acquisitions=spec.acquisitions[:2])
    )
    before = archive.item_path(archive.acquisitions[0], western)
    after = archive.item_path(archive.acquisitions[1], eastern)
    outcome = burned_command(
        *("--pre-fire-url", str(before), "--post-fire-url", str(after), "--output-dir", "out"), cwd=tmp_path
    )
    assert outcome.code == 0, outcome.err
    assert "the scenes lie in two zones" in outcome.out
    with rasterio.open(tmp_path / "out/bai.tif") as file:
        assert file.crs.to_epsg() == 32610
        values = file.read(1)
    compared = np.isfinite(values)
    assert compared.mean() > 0.3
    # nothing burned here: what is left is noise, and edges that are smoothed in one scene only
    assert np.percentile(np.abs(values[compared]), 90) < 0.05
