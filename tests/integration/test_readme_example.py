"""The README's example on the demo archive, from the command line to the pixels."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from rio_cogeo.cogeo import cog_validate

pytestmark = pytest.mark.xdist_group("demo")

MONTHS = ("2020-10", "2020-11", "2020-12")


@pytest.fixture(scope="module")
def output(demo_archive, mosaic_command, readme_example, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    outcome = mosaic_command(*readme_example, "--stac-url", str(demo_archive.catalog), cwd=folder)
    assert outcome.code == 0, outcome.err
    assert "2020-10" in outcome.out
    assert "clear pixels" in outcome.out
    return folder


def read(output: Path, month: str, suffix: str = "") -> np.ndarray:
    with rasterio.open(output / f"monthly-mosaic-{month}" / f"monthly-mosaic-{month}{suffix}.tif") as file:
        return file.read()


def test_the_files_of_the_contract_are_there_and_nothing_else(output):
    found = {str(path.relative_to(output)) for path in output.rglob("*") if path.is_file()}
    expected = {"catalog.json", "collection.json"}
    for month in MONTHS:
        name = f"monthly-mosaic-{month}"
        endings = (".tif", "-count.tif", "-visual.tif", "-thumbnail.png", ".json")
        expected |= {f"{name}/{name}{ending}" for ending in endings}
    assert found == expected


def test_every_raster_is_a_valid_cog(output):
    for path in output.rglob("*.tif"):
        assert cog_validate(path, strict=True, quiet=True) == (True, [], []), path


def test_the_reflectance_raster_says_what_its_numbers_are(output):
    with rasterio.open(output / "monthly-mosaic-2020-10/monthly-mosaic-2020-10.tif") as file:
        assert file.descriptions == ("nir", "red", "green")
        assert file.dtypes == ("uint16",) * 3
        assert file.nodata == 0
        assert file.scales == (0.0001,) * 3
        assert file.offsets == (0.0,) * 3
        assert file.crs.to_epsg() == 32610
        assert file.res == (100, 100)
        assert (file.transform.c % 100, file.transform.f % 100) == (0, 0)


def test_count_is_zero_exactly_where_there_is_no_data(output):
    for month in MONTHS:
        data, count = read(output, month), read(output, month, "-count")[0]
        for band in data:
            assert np.array_equal(band == 0, count == 0)
        assert count.max() <= 4  # never more than the overpasses under 25 % cloud


def test_the_catalog_is_valid_stac_and_leads_to_every_file(output):
    catalog = pystac.Catalog.from_file(output / "catalog.json")
    validator = JsonSchemaSTACValidator()
    validator.validate_core(catalog.to_dict(), pystac.STACObjectType.CATALOG, "1.1.0")
    items = list(catalog.get_items(recursive=True))
    assert [item.id for item in items] == [f"monthly-mosaic-{month}" for month in MONTHS]
    for item in items:
        document = json.loads(Path(item.self_href).read_text())
        validator.validate_core(document, pystac.STACObjectType.ITEM, "1.1.0")
        assert document["properties"]["datetime"] is None
        assert document["properties"]["start_datetime"] == f"{item.id[-7:]}-01T00:00:00Z"
        assert document["properties"]["proj:code"] == "EPSG:32610"
        assert [band["name"] for band in document["assets"]["mosaic"]["bands"]] == ["nir", "red", "green"]
        for asset in document["assets"].values():
            assert not asset["href"].startswith("/")
            assert (Path(item.self_href).parent / asset["href"]).is_file()


def test_items_lead_back_to_the_scenes_they_were_made_of(output):
    for month in MONTHS:
        path = output / f"monthly-mosaic-{month}" / f"monthly-mosaic-{month}.json"
        document = json.loads(path.read_text())
        links = [link for link in document["links"] if link["rel"] == "derived_from"]
        assert 3 <= len(links) <= 4
        for link in links:
            assert "?" not in link["href"]
            scene = json.loads((path.parent / link["href"]).read_text())
            assert scene["properties"]["datetime"][:7] == month
            assert scene["properties"]["eo:cloud_cover"] <= 25


def test_the_folder_can_be_moved(output, tmp_path):
    moved = tmp_path / "elsewhere"
    output.rename(moved)
    try:
        catalog = pystac.Catalog.from_file(moved / "catalog.json")
        for item in catalog.get_items(recursive=True):
            for asset in item.assets.values():
                assert Path(asset.get_absolute_href()).is_file()
    finally:
        moved.rename(output)


def test_a_second_run_gives_identical_files(output, demo_archive, mosaic_command, readme_example, tmp_path):
    outcome = mosaic_command(
        *readme_example, "--stac-url", str(demo_archive.catalog), "--workers", "1", cwd=tmp_path
    )
    assert outcome.code == 0, outcome.err
    for path in output.rglob("*.tif"):
        assert path.read_bytes() == (tmp_path / path.relative_to(output)).read_bytes(), path


def test_the_closing_table_tells_scenes_found_used_and_shares(output, demo_archive, mosaic_command):
    outcome = mosaic_command(
        *("--start-date", "2020-10-01", "--end-date", "2020-10-31", "--aoi=-122.2,47.6,-122.1,47.65"),
        *("--bands", "red", "--stac-url", str(demo_archive.catalog), "--output-dir", str(output / "more")),
        cwd=output,
    )
    assert outcome.code == 0, outcome.err
    closing = outcome.out.partition("Mosaics")[2]
    row = next(line for line in closing.splitlines() if re.match(r"\W*2020-10 \W", line))
    assert re.search(r"6 \W+ 4 \W+ \d+\.\d %", row)


def test_the_archive_is_small_and_has_four_usable_dates_a_month(demo_archive):
    assert sum(path.stat().st_size for path in demo_archive.folder.rglob("*") if path.is_file()) < 150e6
    items = {a: json.loads(demo_archive.item_path(a).read_text()) for a in demo_archive.acquisitions}
    covers = {a: item["properties"]["eo:cloud_cover"] for a, item in items.items()}
    usable = {a.overpass: a.start.month for a, cover in covers.items() if cover <= 25}
    assert [list(usable.values()).count(month) for month in (10, 11, 12)] == [4, 4, 4]
    assert sum(cover > 25 for cover in covers.values()) == 3
    (day,) = (a for a in items if a.start.date().isoformat() == "2020-11-22")
    with rasterio.open(demo_archive.item_path(day).parent / items[day]["assets"]["B08"]["href"]) as file:
        harmonised = file.read(1).astype(int) - 1000
    assert (harmonised[harmonised > -1000] < 1).any()  # dark water below zero, as the offset allows


@pytest.mark.parametrize("month", MONTHS)
def test_the_mosaic_is_as_near_to_the_truth_as_one_that_knows_the_clouds(
    demo_archive, mosaic_command, readme_example, tmp_path_factory, month
):
    """Native resolution; error over pixels that have at least three truly clear dates."""
    folder = tmp_path_factory.mktemp("native")
    start = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
    arguments = list(readme_example)
    arguments[arguments.index("--resolution") + 1] = "10"
    arguments[arguments.index("--start-date") + 1] = f"{start:%Y-%m-%d}"
    end = (start + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    arguments[arguments.index("--end-date") + 1] = f"{end:%Y-%m-%d}"
    assert mosaic_command(*arguments, "--stac-url", str(demo_archive.catalog), cwd=folder).code == 0
    with rasterio.open(folder / f"monthly-mosaic-{month}" / f"monthly-mosaic-{month}.tif") as file:
        red, transform = file.read(2), file.transform
    reference, deep = cloud_truth_median(demo_archive, month)
    truth = demo_archive.truth("B04", month)
    left, top = demo_archive.spec.extents[0].grid(10).origin
    row, column = round((top - transform.f) / 10), round((transform.c - left) / 10)
    window = np.s_[row : row + red.shape[0], column : column + red.shape[1]]
    truth, reference, deep = truth[window], reference[window], deep[window] & (red > 0)
    assert deep.mean() > 0.5
    ours = np.median(np.abs(red[deep].astype(int) - truth[deep]))
    best = np.median(np.abs(reference[deep] - truth[deep]))
    assert ours <= 1.5 * best
    # the median hardly sees clouds; a missed one shows in the tail, where haze that no mask knows is as well
    ours_tail = np.percentile(np.abs(red[deep].astype(int) - truth[deep]), 99)
    best_tail = np.percentile(np.abs(reference[deep] - truth[deep]), 99)
    assert ours_tail <= 3 * best_tail


def cloud_truth_median(archive, month: str) -> tuple[np.ndarray, np.ndarray]:
    """Median of red over the dates that the example uses, masked by the clouds that really were there."""
    layers = []
    for acquisition in archive.acquisitions:
        item = json.loads(archive.item_path(acquisition).read_text())
        properties = item["properties"]
        if properties["datetime"][:7] != month or properties["eo:cloud_cover"] > 25:
            continue
        path = archive.item_path(acquisition).parent / item["assets"]["B04"]["href"]
        with rasterio.open(path) as file:
            dn = file.read(1).astype(float)
        offset = 1000 if properties["s2:processing_baseline"] >= "04.00" else 0
        clear = archive.clear_truth(acquisition) & (dn > 0)
        layers.append((properties["datetime"], properties["s2:processing_baseline"], dn - offset, clear))
    newest = {}
    for sensed, baseline, dn, clear in sorted(layers, key=lambda layer: layer[:2]):
        del baseline
        newest[sensed] = np.where(clear, dn, np.nan)
    stack = np.stack(list(newest.values()))
    deep = np.isfinite(stack).sum(axis=0) >= 3
    return np.where(deep, np.nanmedian(np.where(deep, stack, 0), axis=0), 0), deep
