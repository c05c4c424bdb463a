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


@pytest.fixture
def signed_items(trial_archive, tmp_path):
    """The archive's items, saved with hrefs that were signed yesterday; one of a user with a password."""
    features = []
    for acquisition in trial_archive.acquisitions:
        path = trial_archive.item_path(acquisition)
        item = json.loads(path.read_text("utf-8"))
        for asset in item["assets"].values():
            file = (path.parent / asset["href"]).resolve()
            asset["href"] = f"{STORAGE}/{file.relative_to(trial_archive.folder.resolve())}{STALE}"
        item["links"] = [{"rel": "self", "href": f"https://me:SECRET@stac.example.com/items/x{STALE}"}]
        features.append(item)
    features[1]["assets"]["B04"]["href"] = f"{STORAGE}/missing/B04.tif{STALE}"
    features[2]["assets"]["B04"]["href"] = f"https://me:SECRET@files.example.com/B04.tif{STALE}"
    path = tmp_path / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def scan(folder):
    """Names of files that hold a secret."""
    return [
        str(path)
        for path in Path(folder).rglob("*")
        if path.is_file() and any(mark in path.read_bytes() for mark in (b"SECRET", b"sig=", b"U0VDUkVU"))
    ]


def test_a_signed_run_leaves_no_secret(faulty_server, signed_items, mosaic_command, tmp_path):
    environment = {
        "PC_SDK_SAS_URL": f"{faulty_server.address}/token",
        "AZURE_STORAGE_ENDPOINT": faulty_server.address,
        "RUST_LOG": "trace",
        **KEYS,
    }
    options = (
        *("--start-date", "2020-10-01", "--end-date", "2020-10-31", "--aoi=-122.31,47.62,-122.12,47.748"),
        *("--bands", "red", "--resolution", "40", "--max-cloud-cover", "100", "--max-lost", "100"),
        *("--stac-url", str(signed_items), "--output-dir", "out"),
    )
    for extra in (("--verbose",), ("--json",), ("--max-lost", "0")):
        arguments = (*options, "--output-dir", f"out{len(extra)}{extra[0]}", *extra)
        outcome = mosaic_command(*arguments, cwd=tmp_path, env=environment)
        assert outcome.code == (4 if "0" in extra else 0), outcome
        said = outcome.out + outcome.err
        assert "missing/B04.tif" in said or extra == ("--json",)
        for mark in ("SECRET", "sig=", "U0VDUkVU", "Traceback"):
            assert mark not in said
    assert faulty_server.tokens
    signed_items.unlink()
    assert scan(tmp_path) == []
    assert os.environ.get("AWS_SECRET_ACCESS_KEY") != "SECRET-KEY"
