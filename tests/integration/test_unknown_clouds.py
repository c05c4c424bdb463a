"""A cloud cover that isn't known never makes a scene the clearest one."""

import json
import subprocess
import sys

import pytest

CLOUDIEST = "S2B_33TWL_20230810"
AUGUST = ("--start-date", "2023-08-01", "--end-date", "2023-08-31", "--max-cloud-cover", "100")
PLACE = ("--aoi", "14.9,45.0,16.5,46.1", "--bands", "red", "--resolution", "120")


@pytest.mark.parametrize("mode", ["missing", "zero-invalid"])
def test_the_cloudiest_scene_is_left_out_when_its_clouds_are_unknown(
    shared_cases, mosaic_command, tmp_path, mode
):
    maker = shared_cases / "make_cloud_cover.py"
    subprocess.run([sys.executable, str(maker), str(tmp_path / "series"), mode], check=True)
    where = ("--stac-url", str(tmp_path / "series" / "catalog.json"), "--json")
    done = mosaic_command("plan", *AUGUST, *PLACE, *where, "--max-items", "1", cwd=tmp_path)
    assert done.code == 0, done.err
    (plan,) = [event for event in map(json.loads, done.out.splitlines()) if event["event"] == "plan"]
    (kept,) = plan["periods"][0]["scenes"]
    assert not kept.startswith(CLOUDIEST)
    (note,) = [warning for warning in plan["warnings"] if "cloud cover unknown" in warning]
    assert CLOUDIEST in note


def test_the_true_share_is_what_the_mask_takes_out(shared_cases, mosaic_command, tmp_path):
    maker = shared_cases / "make_cloud_cover.py"
    subprocess.run([sys.executable, str(maker), str(tmp_path / "series"), "missing"], check=True)
    where = ("--stac-url", str(tmp_path / "series" / "catalog.json"), "--json", "--mask", "scl")
    done = mosaic_command(*AUGUST, *PLACE, *where, cwd=tmp_path)
    assert done.code == 0, done.err
    events = map(json.loads, done.out.splitlines())
    (notes,) = [event["notes"] for event in events if event["event"] == "period"]
    (note,) = [one["note"] for one in notes if one["scene"].startswith(CLOUDIEST)]
    share = float(note.partition("takes out ")[2].partition(" %")[0])
    assert 30 < share < 90
