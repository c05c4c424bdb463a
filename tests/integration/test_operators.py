"""What a run says to whoever runs it for others: its log, ``run.json``, the message for Kubernetes."""

from __future__ import annotations

import json

import pytest

from outputs import assert_same_files

pytestmark = pytest.mark.xdist_group("demo")

MONTHS = (
    *("--start-date=2020-10-01", "--end-date=2020-11-30", "--aoi=-122.2,47.6,-122.1,47.65"),
    *("--bands=red", "--resolution=20"),
)


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_the_log_has_one_line_an_event_with_time_level_and_run(demo_archive, mosaic_command, tmp_path):
    outcome = mosaic_command(*MONTHS, f"--stac-url={demo_archive.catalog}", "--log-json", cwd=tmp_path)
    assert (outcome.code, outcome.out) == (0, "")
    log = lines(outcome.err)
    assert {(*line,)[:4] for line in log} == {("time", "level", "run", "event")}
    assert len({line["run"] for line in log}) == 1
    assert [line["time"] for line in log] == sorted(line["time"] for line in log)
    events = [line["event"] for line in log]
    assert (events[0], events[-1]) == ("plan", "result")
    assert sorted(line["period"] for line in log if line["event"] == "period") == ["2020-10", "2020-11"]
    assert all(line["block"] for line in log if line["event"] == "block")
    result = log[-1]
    assert (result["mosaics"], result["lost"], result["exit_code"]) == (2, 0, 0)
    assert min(result["requests"], result["read_bytes"], result["processor_seconds"]) > 0


def test_json_and_log_do_not_mix(demo_archive, mosaic_command, tmp_path):
    both = (f"--stac-url={demo_archive.catalog}", "--json", "--log-json")
    outcome = mosaic_command(*MONTHS, *both, cwd=tmp_path)
    assert outcome.code == 0
    assert lines(outcome.out)[-1]["event"] == lines(outcome.err)[-1]["event"] == "result"
    assert "run" not in lines(outcome.out)[0]


@pytest.mark.parametrize("log", [True, False])
def test_an_error_is_the_last_line_of_the_log_and_the_message_for_kubernetes(mosaic_command, tmp_path, log):
    message = tmp_path / "termination-log"
    message.touch()
    url = "http://me:SECRET@127.0.0.1:9/stac?token=SECRET"
    options = (*MONTHS, f"--stac-url={url}", *(("--log-json",) if log else ()))
    environment = {"CLOUDLESS_MOSAIC_TERMINATION_LOG": str(message)}
    outcome = mosaic_command(*options, cwd=tmp_path, env=environment)
    assert outcome.code == 75
    said = json.loads(message.read_text())
    assert said["exit_code"] == 75
    assert "can't be reached" in said["message"]
    assert "SECRET" not in outcome.err + message.read_text()
    if log:
        last = lines(outcome.err)[-1]
        assert (last["event"], last["level"], last["exit_code"]) == ("error", "error", 75)
        assert (last["message"], last["run"]) == (said["message"], said["run"])
    else:
        assert outcome.err == f"error: {said['message']}\n"


def test_the_run_file_says_what_a_run_took_and_changes_nothing_else(demo_archive, mosaic_command, tmp_path):
    message = tmp_path / "termination-log"
    message.touch()
    plain = (*MONTHS, f"--stac-url={demo_archive.catalog}", "-q", "--output-dir")
    assert mosaic_command(*plain, "plain", cwd=tmp_path).code == 0
    environment = {"CLOUDLESS_MOSAIC_TERMINATION_LOG": str(message)}
    outcome = mosaic_command(*plain, "told", "--run-file", cwd=tmp_path, env=environment)
    assert outcome.code == 0
    run = json.loads((tmp_path / "told/run.json").read_text())
    assert [one["mosaic"] for one in run["mosaics"]] == ["2020-10", "2020-11"]
    assert run["started"] < run["finished"]
    assert (run["exit_code"], run["lost"], run["losses"]) == (0, 0, [])
    assert run["observations"] == sum(one["observations"] for one in run["mosaics"]) > 0
    cost = run["cost"]
    assert cost["written_bytes"] == sum(
        path.stat().st_size for path in (tmp_path / "told").glob("monthly-*/*")
    )
    assert min(cost["requests"], cost["read_bytes"], cost["processor_seconds"]) > 0
    assert run["versions"]["cloudless-mosaic"]
    said = json.loads(message.read_text())
    assert (said["run"], said["exit_code"]) == (run["run"], 0)
    (tmp_path / "told/run.json").unlink()
    assert_same_files(tmp_path / "plain", tmp_path / "told")


def test_losses_are_in_the_log_and_in_the_run_file(mosaic_command, tmp_path, damaged_catalog):
    options = (f"--stac-url={damaged_catalog}", "--log-json", "--run-file", "--max-lost=100")
    outcome = mosaic_command(*MONTHS, *options, cwd=tmp_path)
    assert outcome.code == 0, outcome.err
    lost = [line for line in lines(outcome.err) if line["event"] == "lost"]
    assert lost
    assert {line["level"] for line in lost} == {"warning"}
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["lost"] == len(run["losses"]) == len(lost)
    assert {one["scene"] for one in run["losses"]} == {line["scene"] for line in lost}


@pytest.fixture
def damaged_catalog(demo_archive, tmp_path):
    """October's items, one of them with a file that isn't there."""
    features = []
    for acquisition in demo_archive.acquisitions:
        path = demo_archive.item_path(acquisition)
        item = json.loads(path.read_text())
        for asset in item["assets"].values():
            asset["href"] = str((path.parent / asset["href"]).resolve())
        features.append(item | {"links": []})
    clear = next(item for item in features if item["properties"]["eo:cloud_cover"] < 25)
    clear["assets"]["red" if "red" in clear["assets"] else "B04"]["href"] = str(tmp_path / "gone.tif")
    file = tmp_path / "items.json"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return file
