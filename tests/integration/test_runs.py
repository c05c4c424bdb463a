"""Runs beside the example: the plan, machine-readable output, lost observations, damaged files."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import rasterio

pytestmark = pytest.mark.xdist_group("demo")

OCTOBER = (
    *("--start-date", "2020-10-01", "--end-date", "2020-10-31", "--aoi=-122.2,47.6,-122.1,47.65"),
    *("--bands", "red", "--bands", "green", "--bands", "blue", "--resolution", "20"),
)


@pytest.fixture
def damaged(demo_archive, tmp_path):
    """The October scenes of the archive, one of them with a band cut short."""
    folder = tmp_path / "damaged"
    shutil.copytree(
        demo_archive.folder,
        folder,
        ignore=lambda directory, names: [
            name for name in names if directory.endswith("sentinel-2-l2a") and not _keep(name)
        ],
    )
    links = json.loads((folder / "sentinel-2-l2a/collection.json").read_text())
    links["links"] = [
        link for link in links["links"] if link["rel"] != "item" or _keep(link["href"].split("/")[1])
    ]
    (folder / "sentinel-2-l2a/collection.json").write_text(json.dumps(links))
    items = sorted(path for path in (folder / "sentinel-2-l2a").iterdir() if path.is_dir())
    clear = next(
        path
        for path in items
        if json.loads((path / f"{path.name}.json").read_text())["properties"]["eo:cloud_cover"] < 25
    )
    band = next(clear.glob("*_B03_10m.tif"))
    with band.open("r+b") as file:
        file.truncate(band.stat().st_size // 2)
    return folder / "catalog.json", clear.name


def _keep(name: str) -> bool:
    return "_202010" in name or "." in name


def test_the_plan_reads_no_pixel_and_writes_nothing(demo_archive, mosaic_command, tmp_path):
    outcome = mosaic_command("plan", *OCTOBER, "--stac-url", str(demo_archive.catalog), cwd=tmp_path)
    assert outcome.code == 0, outcome.err
    for word in ("2020-10", "pixels of", "block", "to read", "memory", "to write", "EPSG:32610"):
        assert word in outcome.out
    assert list(tmp_path.iterdir()) == []


def test_the_plan_as_json(demo_archive, mosaic_command, tmp_path):
    outcome = mosaic_command(
        "plan", *OCTOBER, "--json", "--stac-url", str(demo_archive.catalog), cwd=tmp_path
    )
    plan = json.loads(outcome.out)
    assert plan["event"] == "plan"
    assert plan["crs"] == "EPSG:32610"
    assert [period["period"] for period in plan["periods"]] == ["2020-10"]
    assert plan["periods"][0]["found"] == 6
    assert len(plan["periods"][0]["scenes"]) == 4
    assert {entry["reason"][:11] for entry in plan["dropped"]} >= {"cloud cover"}
    assert min(plan["read_bytes"], plan["task_memory_bytes"], plan["output_bytes"], plan["tasks"]) > 0


def test_a_run_as_json_lines(demo_archive, mosaic_command, tmp_path):
    outcome = mosaic_command(*OCTOBER, "--json", "--stac-url", str(demo_archive.catalog), cwd=tmp_path)
    events = [json.loads(line) for line in outcome.out.splitlines()]
    assert events[0]["event"] == "plan"
    assert events[-1]["event"] == "result"
    assert (tmp_path / events[-1]["catalog"]).is_file()
    assert events[-1]["periods"][0]["lost"] == 0


def test_quiet_says_nothing_when_all_is_well(demo_archive, mosaic_command, tmp_path):
    outcome = mosaic_command(*OCTOBER, "-q", "--stac-url", str(demo_archive.catalog), cwd=tmp_path)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_verbose_names_every_scene_that_is_left_out(demo_archive, mosaic_command, tmp_path):
    outcome = mosaic_command("plan", *OCTOBER, "-v", "--stac-url", str(demo_archive.catalog), cwd=tmp_path)
    assert outcome.out.count("left out: S2") >= 2


def test_lost_observations_above_the_limit_fail_the_run_and_leave_no_catalog(
    damaged, mosaic_command, tmp_path
):
    catalog, _ = damaged
    outcome = mosaic_command(*OCTOBER, "--stac-url", str(catalog), "--output-dir", "out", cwd=tmp_path)
    assert outcome.code == 4, outcome
    assert "could not be read" in outcome.err
    assert "--max-lost" in outcome.err
    assert list((tmp_path / "out").rglob("*")) == []


def test_lost_observations_below_the_limit_are_declared(damaged, mosaic_command, tmp_path):
    catalog, scene = damaged
    outcome = mosaic_command(
        *OCTOBER, "--stac-url", str(catalog), "--output-dir", "out", "--max-lost", "50", cwd=tmp_path
    )
    assert outcome.code == 0, outcome.err
    assert scene in outcome.out
    item = json.loads((tmp_path / "out/monthly-mosaic-2020-10/monthly-mosaic-2020-10.json").read_text())
    lost = item["properties"]["cloudless_mosaic:lost_observations"]
    assert {entry["scene"] for entry in lost} == {scene}
    assert scene not in {link.get("title") for link in item["links"] if link["rel"] == "derived_from"}


def test_without_a_mask_clouds_stay(demo_archive, mosaic_command, tmp_path):
    for mask in ("scl", "none"):
        outcome = mosaic_command(
            *OCTOBER,
            *("--mask", mask, "--max-cloud-cover", "100", "--output-dir", mask, "-q"),
            *("--stac-url", str(demo_archive.catalog)),
            cwd=tmp_path,
        )
        assert outcome.code == 0, outcome.err
    with rasterio.open(tmp_path / "scl/monthly-mosaic-2020-10/monthly-mosaic-2020-10.tif") as file:
        masked = file.read(1)
    with rasterio.open(tmp_path / "none/monthly-mosaic-2020-10/monthly-mosaic-2020-10.tif") as file:
        unmasked = file.read(1)
    assert np.percentile(unmasked, 99) > np.percentile(masked[masked > 0], 99)


def test_another_crs(demo_archive, mosaic_command, tmp_path):
    outcome = mosaic_command(
        *OCTOBER,
        *("--crs", "EPSG:32611", "-q", "--stac-url", str(demo_archive.catalog)),
        cwd=tmp_path,
    )
    assert outcome.code == 0, outcome.err
    with rasterio.open(tmp_path / "monthly-mosaic-2020-10/monthly-mosaic-2020-10.tif") as file:
        assert file.crs.to_epsg() == 32611
        assert (file.read(1) > 0).mean() > 0.9


def test_a_month_without_scenes_is_reported(demo_archive, mosaic_command, tmp_path):
    outcome = mosaic_command(
        *("--start-date", "2020-12-01", "--end-date", "2021-01-31", "--aoi=-122.2,47.6,-122.1,47.65"),
        *("--bands", "red", "--stac-url", str(demo_archive.catalog)),
        cwd=tmp_path,
    )
    assert outcome.code == 0, outcome.err
    assert "2021-01: no mosaic, no scene was found" in outcome.out
    catalog = json.loads((tmp_path / "catalog.json").read_text())
    assert [entry["period"] for entry in catalog["cloudless_mosaic:empty_periods"]] == ["2021-01"]
    assert not (tmp_path / "monthly-mosaic-2021-01").exists()


def test_a_cut_search_is_said(demo_archive, mosaic_command, tmp_path):
    outcome = mosaic_command(
        *OCTOBER, "--max-items", "2", "--stac-url", str(demo_archive.catalog), cwd=tmp_path
    )
    assert outcome.code == 0
    assert "warning: --max-items 2 cuts the search: 4 scenes found" in outcome.out


SQUARE = [[-122.2, 47.6], [-122.1, 47.6], [-122.1, 47.65], [-122.2, 47.65], [-122.2, 47.6]]


def test_an_area_as_geojson_is_that_of_its_box(demo_archive, mosaic_command, tmp_path):
    area = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [SQUARE]}}
    (tmp_path / "area.geojson").write_text(json.dumps(area))
    options = [option for option in OCTOBER if not option.startswith("--aoi")]
    stac = ("--json", "--stac-url", str(demo_archive.catalog))
    boxed = mosaic_command("plan", *OCTOBER, *stac, cwd=tmp_path)
    drawn = mosaic_command("plan", *options, "--aoi", "area.geojson", *stac, cwd=tmp_path)
    assert drawn.code == 0, drawn.err
    assert json.loads(drawn.out) == json.loads(boxed.out)
