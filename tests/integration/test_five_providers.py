"""The same ground, served as five providers would, gives the same mosaic bit by bit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Transformer

from cloudless_mosaic import Aoi, MosaicRequest, build_mosaics
from cloudless_mosaic.domain.bands import BANDS
from cloudless_mosaic.synthetic.acquisitions import CLEAR_AUTUMN
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.copernicus import COPERNICUS
from cloudless_mosaic.synthetic.earth_search import EARTH_SEARCH_C1, EARTH_SEARCH_V1
from cloudless_mosaic.synthetic.earth_search_v0 import EARTH_SEARCH_V0
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent
from cloudless_mosaic.synthetic.items import PLANETARY_COMPUTER

pytestmark = pytest.mark.xdist_group("providers")

STYLES = {
    "Planetary Computer": PLANETARY_COMPUTER,
    "Earth Search v1": EARTH_SEARCH_V1,
    "Earth Search v1, Collection 1": EARTH_SEARCH_C1,
    "Earth Search v0": EARTH_SEARCH_V0,
    "Copernicus Data Space Ecosystem": COPERNICUS,
}
EXTENT = Extent(SEATTLE, offset=(6144, 3072), size=(780, 480))
BASELINES = ("02.14", "04.00", "05.00", "05.11")
NAMES = (
    *("B01", "blue", "B03_10m", "red", "rededge071", "B06_60m", "rededge3"),
    *("nir", "b8a", "nir09", "B11", "swir22"),
)
"""All twelve bands, in the words of every provider."""

DECIDED = {
    "Planetary Computer": (0, -1000, -1000, -1000),
    "Earth Search v1": (0, -1000, 0, 0),
    "Earth Search v1, Collection 1": (0, -1000, -1000, -1000),
    "Earth Search v0": (0, 0, 0, 0),
    "Copernicus Data Space Ecosystem": (0, -1000, -1000, -1000),
}
"""Offset of the four scenes, in the order of their baselines."""


def area_inside(extent):
    left, bottom, right, top = extent.grid(10).bounds
    to_degrees = Transformer.from_crs(extent.granule.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(left + 600, bottom + 600, right - 600, top - 600)
    return Aoi(*(round(degrees, 3) for degrees in (west, south, east, north)))


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The same four scenes of October in every style."""
    folder = tmp_path_factory.mktemp("providers")
    scenes = tuple(
        replace(scene, baseline=baseline) for scene, baseline in zip(CLEAR_AUTUMN[:4], BASELINES, strict=True)
    )
    spec = ArchiveSpec((EXTENT,), scenes, noise=1.0, bands=tuple(BANDS))
    return {name: build_archive(folder / name, replace(spec, style=style)) for name, style in STYLES.items()}


def arguments(archive):
    return (
        *("--start-date", "2020-10-01", "--end-date", "2020-10-31", f"--aoi={area_inside(EXTENT)}"),
        *("--collection", archive.spec.style.collection, "--stac-url", str(archive.catalog)),
        *("--resolution", "10", "--max-cloud-cover", "100", "--quiet"),
    )


def request_for(archive, output_dir, **changes):
    return MosaicRequest(
        start_date=date(2020, 10, 1),
        end_date=date(2020, 10, 31),
        aoi=area_inside(EXTENT),
        collection=archive.spec.style.collection,
        stac_url=str(archive.catalog),
        output_dir=output_dir,
        **{"bands": ("red", "green", "blue"), "max_cloud_cover": 100.0, **changes},
    )


def october(folder: Path, kind=""):
    with rasterio.open(folder / f"monthly-mosaic-2020-10/monthly-mosaic-2020-10{kind}.tif") as file:
        return file.read(), file.descriptions, file.transform


def item_of(folder: Path):
    return json.loads((folder / "monthly-mosaic-2020-10/monthly-mosaic-2020-10.json").read_text())


@pytest.fixture(scope="module")
def mosaics(archives, mosaic_command, tmp_path_factory):
    """Folders of the mosaics of all bands at 10 m, by the command line."""
    root = tmp_path_factory.mktemp("mosaics")
    bands = [part for name in NAMES for part in ("--bands", name)]
    for name, archive in archives.items():
        folder = root / name
        folder.mkdir()
        outcome = mosaic_command(*arguments(archive), *bands, cwd=folder)
        assert (outcome.code, outcome.out, outcome.err) == (0, "", ""), name
    return {name: root / name for name in archives}


def test_archives_differ_in_pixels_and_in_words(archives):
    first = [next(archive.folder.glob("*/*/*.json")) for archive in archives.values()]
    documents = [json.loads(path.read_text()) for path in first]
    assert len({document["id"] for document in documents}) >= 4
    assert len({tuple(sorted(document["assets"])) for document in documents}) == 4
    newest = CLEAR_AUTUMN[3].start.strftime("%Y%m%d")
    darkest = {}
    for name, archive in archives.items():
        (folder,) = (path for path in archive.folder.glob("*/*") if newest in path.name)
        with rasterio.open(next(folder.glob("*B04*.[tj]*"))) as file:
            pixels = file.read(1)
            darkest[name] = int(pixels[pixels > 0].min())
    assert {name for name, value in darkest.items() if value < 900} == {"Earth Search v1", "Earth Search v0"}


@pytest.mark.parametrize("name", list(STYLES)[1:])
def test_every_provider_gives_the_mosaic_of_the_first_bit_by_bit(mosaics, name):
    for kind in ("", "-count", "-visual"):
        expected, ours = (october(mosaics[who], kind) for who in ("Planetary Computer", name))
        np.testing.assert_array_equal(ours[0], expected[0])
        assert ours[1:] == expected[1:]
    data, count = (october(mosaics[name], kind)[0] for kind in ("", "-count"))
    assert data.shape[0] == 12
    assert (count > 0).mean() > 0.9
    assert count.max() == 4


@pytest.mark.parametrize("name", STYLES)
def test_each_offset_and_its_reason_stand_in_the_item(mosaics, name):
    properties = item_of(mosaics[name])["properties"]
    scenes = sorted(properties["cloudless_mosaic:scenes"], key=lambda scene: scene["datetime"])
    assert tuple(scene["offset"] for scene in scenes) == DECIDED[name]
    assert all(scene["offset_reason"].startswith(f"{name}: ") for scene in scenes)
    assert properties["cloudless_mosaic:parameters"]["boa_offset"] == "auto"


def test_each_of_the_twelve_bands_shows_its_own_truth(archives, mosaics):
    data, names, transform = october(mosaics["Planetary Computer"])
    archive = archives["Planetary Computer"]
    grid = EXTENT.grid(10)
    rows, columns = (
        slice(int(start), int(start) + length)
        for start, length in zip(
            ((grid.origin[1] - transform.f) / 10, (transform.c - grid.origin[0]) / 10),
            data.shape[1:],
            strict=True,
        )
    )
    truth = {}
    for band, about in BANDS.items():
        factor = about.resolution // 10
        cells = archive.truth(band, "2020-10").astype(float)
        cells = cells.reshape(cells.shape[0] // factor, factor, -1, factor).mean(axis=(1, 3))
        truth[about.common_name] = cells.repeat(factor, 0).repeat(factor, 1)[rows, columns]
    assert sorted(names) == sorted(truth)
    clear = october(mosaics["Planetary Computer"], "-count")[0][0] > 0
    for name, band in zip(names, data, strict=True):
        off = {other: np.abs(band - pixels)[clear].mean() for other, pixels in truth.items()}
        assert min(off, key=off.get) == name, off


@pytest.mark.parametrize(
    "changes", [{"exact": True}, {"resolution": 60.0, "exact": True, "bands": ("B01", "B8A", "nir")}]
)
def test_coarse_mosaics_of_native_pixels_are_the_same_too(archives, tmp_path, changes):
    found = []
    for name, archive in archives.items():
        build_mosaics(request_for(archive, tmp_path / name, **changes))
        found.append(october(tmp_path / name)[0])
    assert all(np.array_equal(found[0], other) for other in found[1:])
    assert found[0].any()


def test_overviews_give_the_same_where_no_pixel_was_clipped(archives, tmp_path):
    """JPEG 2000 is left out: it has overviews of its own."""
    found = []
    for name, archive in archives.items():
        if name != "Copernicus Data Space Ecosystem":
            build_mosaics(request_for(archive, tmp_path / name))
            found.append(october(tmp_path / name)[0])
    assert all(np.array_equal(found[0], other) for other in found[1:])


def test_an_offset_that_is_given_is_used_and_recorded(archives, mosaics, mosaic_command, tmp_path):
    # comparing dates would take out the dates that the wrong offset makes brighter
    options = ("--bands", "red", "--mask", "scl", "--boa-offset", "0")
    outcome = mosaic_command(*arguments(archives["Planetary Computer"]), *options, cwd=tmp_path)
    assert outcome.code == 0, outcome.err
    wrong = october(tmp_path)[0][0].astype(int)
    right = october(mosaics["Planetary Computer"])[0][3].astype(int)
    assert 300 < np.median(wrong - right) < 1100
    properties = item_of(tmp_path)["properties"]
    assert properties["cloudless_mosaic:parameters"]["boa_offset"] == 0
    assert {scene["offset_reason"] for scene in properties["cloudless_mosaic:scenes"]} == {
        "given by boa_offset for all scenes"
    }


@pytest.fixture
def unknown(archives):
    """An ItemCollection of an unknown provider: other keys, no property of a known provider."""
    archive = archives["Planetary Computer"]
    items = [json.loads(path.read_text()) for path in sorted(archive.folder.glob("*/S2*/S2*.json"))]
    for item in items:
        del item["properties"]["s2:mgrs_tile"]
        assets = item["assets"]
        item["collection"] = "mine"
        item["assets"] = {"Band_4": assets["B04"], "quality": assets["SCL"]}
        for asset in item["assets"].values():
            asset["href"] = str(archive.folder / "sentinel-2-l2a" / item["id"] / asset["href"])
    return {"type": "FeatureCollection", "features": items}


def test_a_profile_reads_an_unknown_provider(archives, unknown, mosaic_command, tmp_path):
    (tmp_path / "items.json").write_text(json.dumps(unknown))
    (tmp_path / "mine.toml").write_text(
        'name = "Mine"\noffset = "raw"\nclassification = "quality"\n[bands]\nred = "Band_4"\n'
    )
    changes = [*arguments(archives["Planetary Computer"]), "--bands", "red", "--mask", "scl"]
    changes += ["--collection", "mine", "--stac-url", "items.json"]
    without = mosaic_command(*changes, cwd=tmp_path)
    assert without.code == 2
    assert "has no band red" in without.err
    outcome = mosaic_command(*changes, "--profile", "mine.toml", cwd=tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    known = build_mosaics(
        request_for(
            archives["Planetary Computer"], tmp_path / "known", bands=("red",), mask="scl", resolution=10.0
        )
    )
    np.testing.assert_array_equal(october(tmp_path)[0], october(known.catalog.parent)[0])
    parameters = item_of(tmp_path)["properties"]["cloudless_mosaic:parameters"]
    assert parameters["profile"]["bands"] == {"red": "Band_4"}
    assert str(tmp_path) not in json.dumps(parameters)


def test_scenes_of_unknown_radiometry_are_refused_with_advice(archives, unknown, mosaic_command, tmp_path):
    for item in unknown["features"]:
        item["assets"] = {"red": item["assets"]["Band_4"], "scl": item["assets"]["quality"]}
    unknown["features"] = unknown["features"][1:]
    (tmp_path / "items.json").write_text(json.dumps(unknown))
    changes = [*arguments(archives["Planetary Computer"]), "--bands", "red", "--mask", "scl"]
    changes += ["--collection", "mine", "--stac-url", "items.json"]
    outcome = mosaic_command(*changes, "--max-cloud-cover", "25", cwd=tmp_path)  # takes one away
    assert outcome.code == 3
    assert "none of the 3 scenes" in outcome.err
    assert "nothing says whether it is still in the pixels; --boa-offset 0 or -1000" in outcome.err
    assert not (tmp_path / "catalog.json").exists()
    assert mosaic_command(*changes, "--boa-offset", "-1000", cwd=tmp_path).code == 0
