"""A signed run, some of whose files are missing: no secret in anything that it leaves behind or says."""

import json
import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("faults")

STORAGE = "https://sentinel2l2a01.blob.core.windows.net/closed"
STALE = "?st=2020-10-01&se=2020-10-02&sp=r&sig=SECRET-OF-YESTERDAY"
KEYS = {
    "AWS_ACCESS_KEY_ID": "SECRET-ID",
    "AWS_SECRET_ACCESS_KEY": "SECRET-KEY",
    "AWS_SESSION_TOKEN": "SECRET-SESSION",
    "AZURE_STORAGE_ACCOUNT_KEY": "U0VDUkVU",
    "PC_SDK_SUBSCRIPTION_KEY": "SECRET-SUBSCRIPTION",
}


def signed(path, folder):
    """An item as it was saved yesterday, with the tokens of then; its rasters are in closed storage."""
    item = json.loads(path.read_text("utf-8"))
    for asset in item["assets"].values():
        file = (path.parent / asset["href"]).resolve()
        asset["href"] = f"{STORAGE}/{file.relative_to(folder.resolve())}{STALE}"
    item["links"] = [{"rel": "self", "href": f"https://me:SECRET@stac.example.com/items/x{STALE}"}]
    return item


@pytest.fixture
def signed_items(trial_archive, tmp_path):
    """The items of the archive; one lacks a file, one has a file of a user with a password."""
    features = [
        signed(trial_archive.item_path(one), trial_archive.folder) for one in trial_archive.acquisitions
    ]
    features[1]["assets"]["B04"]["href"] = f"{STORAGE}/missing/B04.tif{STALE}"
    features[2]["assets"]["B04"]["href"] = f"https://me:SECRET@files.example.com/B04.tif{STALE}"
    path = tmp_path / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


@pytest.fixture
def environment(faulty_server):
    """Of a user with all keys there are, and libraries that tell all they do."""
    return {
        "PC_SDK_SAS_URL": f"{faulty_server.address}/token",
        "AZURE_STORAGE_ENDPOINT": faulty_server.address,
        "RUST_LOG": "trace",
        **KEYS,
    }


def scan(folder):
    """Names of files that hold a secret."""
    return [
        str(path)
        for path in Path(folder).rglob("*")
        if path.is_file() and any(mark in path.read_bytes() for mark in (b"SECRET", b"sig=", b"U0VDUkVU"))
    ]


def assert_no_secret(outcome):
    for mark in ("SECRET", "sig=", "U0VDUkVU", "Traceback"):
        assert mark not in outcome.out + outcome.err


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        (("--verbose",), 0),
        (("--json",), 0),
        (("--max-lost", "0"), 4),
        # workers share the standard error of the command
        (("--verbose", "--cluster", "local", "--workers", "1"), 0),
    ],
    ids=["verbose", "json", "lost", "cluster"],
)
def test_a_signed_run_leaves_no_secret(
    faulty_server, signed_items, environment, mosaic_command, tmp_path, extra, code
):
    options = (
        *("--start-date", "2020-10-01", "--end-date", "2020-10-31", "--aoi=-122.31,47.62,-122.12,47.748"),
        *("--bands", "red", "--resolution", "40", "--max-cloud-cover", "100", "--max-lost", "100"),
        *("--stac-url", str(signed_items), "--output-dir", "out"),
    )
    if "--cluster" in extra:
        environment |= {"DASK_LOGGING__DISTRIBUTED": "debug"}
    outcome = mosaic_command(*options, *extra, cwd=tmp_path, env=environment)
    assert outcome.code == code, outcome
    assert "missing/B04.tif" in outcome.out + outcome.err or "--json" in extra
    assert_no_secret(outcome)
    assert faulty_server.tokens
    signed_items.unlink()
    assert scan(tmp_path) == []
    assert os.environ.get("AWS_SECRET_ACCESS_KEY") != "SECRET-KEY"


def test_a_signed_comparison_leaves_no_secret(
    fire_archive, faulty_server, environment, burned_command, tmp_path
):
    faulty_server.folder = fire_archive.folder.resolve()
    for name, acquisition in zip(("before", "after"), fire_archive.acquisitions, strict=True):
        item = signed(fire_archive.item_path(acquisition), fire_archive.folder)
        (tmp_path / f"{name}.json").write_text(json.dumps(item), "utf-8")
    options = (
        "--pre-fire-url",
        "before.json",
        "--post-fire-url",
        "after.json",
        "--output-dir",
        "out",
        "--verbose",
    )
    outcome = burned_command(*options, cwd=tmp_path, env=environment)
    assert outcome.code == 0, outcome
    assert_no_secret(outcome)
    assert faulty_server.tokens
    for name in ("before", "after"):
        (tmp_path / f"{name}.json").unlink()
    assert sorted(path.name for path in (tmp_path / "out").iterdir())[:2] == ["bai.tif", "burned-area.json"]
    assert scan(tmp_path) == []
