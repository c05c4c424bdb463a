"""Every bad input is one clear line on stderr, the right exit code, and nothing written."""

from __future__ import annotations

import os
import socket

import pytest

from cloudless_mosaic.errors import CloudlessMosaicError

pytestmark = pytest.mark.xdist_group("demo")

GOOD = {
    "--start-date": "2020-10-01",
    "--end-date": "2020-12-31",
    "--aoi": "-122.2,47.6,-122.1,47.65",
    "--bands": "red",
    "--resolution": "100",
}


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/stac"


CASES = [
    ({"--start-date": "2020-13-01"}, 2, ["--start-date", "2020-13-01", "YYYY-MM-DD"]),
    ({"--end-date": "yesterday"}, 2, ["--end-date", "yesterday"]),
    ({"--start-date": "2021-01-01"}, 2, ["--end-date", "before", "swap"]),
    ({"--aoi": "1,2,3"}, 2, ["four numbers", "1,2,3"]),
    ({"--aoi": "a,b,c,d"}, 2, ["four numbers"]),
    ({"--aoi": "47.5,-122.2,47.7,-121.9"}, 2, ["latitude", "swapped"]),
    ({"--aoi": "-390,47.6,-122.1,47.65"}, 2, ["longitude"]),
    ({"--aoi": "-122.2,47.6,-122.2,47.65"}, 2, ["no area"]),
    ({"--aoi": "-122.1,47.65,-122.05,47.6"}, 2, ["south", "north"]),
    ({"--aoi": "-122.1,47.6,-122.2,47.65"}, 2, ["west", "antimeridian"]),
    ({"--aoi": "nan,47.6,-122.2,47.65"}, 2, ["not a number"]),
    ({"--aoi": "POINT(-122.2 47.6)"}, 2, ["no polygon", "Point"]),
    ({"--aoi": "nowhere.gpkg"}, 2, ["--aoi nowhere.gpkg", "no such file"]),
    ({"--aoi": "https://example.com/area.geojson"}, 2, ["--aoi", "address", "save"]),
    ({"--aoi": "nowhere.geojson"}, 2, ["--aoi nowhere.geojson", "no such file"]),
    ({"--bands": "infrared"}, 2, ["infrared", "nir (B08)"]),
    ({"--bands": "rededge"}, 2, ["rededge1", "rededge3"]),
    ({"--collection": "landsat-c2-l2"}, 2, ["landsat-c2-l2", "sentinel-2-l2a"]),
    ({"--resolution": "0"}, 2, ["--resolution", "greater than 0"]),
    ({"--resolution": "-10"}, 2, ["--resolution", "-10"]),
    ({"--resolution": "ten"}, 2, ["--resolution", "ten"]),
    ({"--max-cloud-cover": "101"}, 2, ["--max-cloud-cover", "0 and 100"]),
    ({"--max-cloud-cover": "-1"}, 2, ["--max-cloud-cover"]),
    ({"--max-items": "0"}, 2, ["--max-items"]),
    ({"--scl-clear": "4,99"}, 2, ["--scl-clear", "99"]),
    ({"--scl-clear": "vegetation"}, 2, ["--scl-clear"]),
    ({"--crs": "EPSG:0"}, 2, ["--crs", "EPSG:0"]),
    ({"--profile": "missing.toml"}, 2, ["--profile missing.toml", "can't be read", "docs/providers.md"]),
    ({"--boa-offset": "1000"}, 2, ["--boa-offset", "1000", "auto"]),
    *(
        ({"--output-dir": there}, 2, ["--output-dir", there[:20], "this computer"])
        for there in (
            *(
                "s3://bucket/mosaics",
                "gs://bucket/x",
                "/vsis3/bucket/x",
                "zip:x",
                "simplecache::s3://bucket/x",
                "https://example.com/x",
                "s3:x",
            ),
            *("az://container/x", "abfs://y/z", "S3://bucket/x"),
        )
    ),
    ({"--output-dir": os.fsdecode(b"caf\xe9")}, 2, ["--output-dir", "not UTF-8"]),
    ({"--output-dir": ""}, 2, ["--output-dir is empty"]),
    ({"--output-dir": "~nobody-of-that-name/x"}, 2, ["no such home folder"]),
    *(
        ({"--crs": crs, "--stac-url": "/nowhere"}, 2, ["--crs", crs[:20], "neither projected nor geographic"])
        for crs in ("EPSG:4978", "EPSG:5773", "EPSG:4979", "EPSG:32633+5773")
    ),
    ({"--workers": "0"}, 2, ["--workers"]),
    ({"--stac-url": "/nowhere/catalog.json"}, 2, ["/nowhere/catalog.json", "no such file"]),
    ({"--no-such-option": "1"}, 2, ["--no-such-option"]),
    ({"--start-date": "2019-10-01", "--end-date": "2019-10-31"}, 3, ["no scene", "widen"]),
    ({"--aoi": "10,47.6,10.1,47.65"}, 3, ["no scene"]),
    ({"--max-cloud-cover": "0"}, 3, ["scene"]),
]


@pytest.mark.parametrize(("change", "code", "words"), CASES, ids=lambda value: str(value)[:50])
def test_bad_input(demo_archive, mosaic_command, tmp_path, change, code, words):
    options = {"--stac-url": str(demo_archive.catalog), "--output-dir": "out", **GOOD, **change}
    outcome = mosaic_command(*(f"{name}={value}" for name, value in options.items()), cwd=tmp_path)
    assert outcome.code == code, outcome
    lines = outcome.err.strip().splitlines()
    assert len(lines) == 1, outcome.err
    assert lines[0].startswith("error: ")
    for word in words:
        assert word in lines[0]
    assert list(tmp_path.iterdir()) == []


def test_a_missing_option_is_named(mosaic_command, tmp_path):
    options = ("--bands", "red", "--aoi", "14,45,16,46", "--start-date", "2020-10-01")
    outcome = mosaic_command(*options, cwd=tmp_path)
    assert outcome.code == 2
    assert "--end-date" in outcome.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["pln"], "error: No such command 'pln'. Did you mean 'plan'?; see cloudless-mosaic --help"),
        (["plan"], "error: Missing option '--bands'; see cloudless-mosaic plan --help"),
        (["demo", "extra"], "error: Got unexpected extra argument (extra); see cloudless-mosaic demo --help"),
        (
            ["--workers", "x"],
            "error: Invalid value for '--workers': 'x' is not a valid integer; see cloudless-mosaic --help",
        ),
    ],
    ids=str,
)
def test_a_slip_of_the_command_line_names_the_help_that_tells(mosaic_command, tmp_path, arguments, line):
    outcome = mosaic_command(*arguments, cwd=tmp_path)
    assert (outcome.code, outcome.err) == (2, line + "\n")


@pytest.mark.parametrize(("arguments", "command"), [(["cluster"], "stop"), ([], "plan")])
def test_commands_are_shown_where_none_is_named(mosaic_command, tmp_path, arguments, command):
    outcome = mosaic_command(*arguments, cwd=tmp_path)
    assert outcome.code == 2
    assert f"\n  {command} " in outcome.err


def test_an_unreachable_api(mosaic_command, tmp_path):
    options = {**GOOD, "--stac-url": closed_port()}
    outcome = mosaic_command(*(f"{name}={value}" for name, value in options.items()), cwd=tmp_path)
    assert outcome.code == 75
    assert "can't be reached; is it running? Check --stac-url" in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file(demo_archive, mosaic_command, tmp_path):
    (tmp_path / "taken").write_text("mine")
    options = {**GOOD, "--stac-url": str(demo_archive.catalog), "--output-dir": "taken"}
    outcome = mosaic_command(*(f"{name}={value}" for name, value in options.items()), cwd=tmp_path)
    assert outcome.code == 2
    assert "--output-dir taken" in outcome.err
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize(
    "kind", ["dangling", "loop", "fifo", "long", "place", "root", "/dev/full", "file/sub"]
)
def test_an_output_path_of_an_unusual_kind(demo_archive, mosaic_command, tmp_path, kind):
    """None gives a traceback, or an error after the work."""
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "place").mkdir()
    (tmp_path / "place/monthly-mosaic-2020-10").touch()
    (tmp_path / "root/catalog.json").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    folder = "a" * 300 if kind == "long" else kind
    options = {**GOOD, "--stac-url": str(demo_archive.catalog), "--output-dir": folder}
    outcome = mosaic_command(*(f"{name}={value}" for name, value in options.items()), cwd=tmp_path)
    assert outcome.code == 2, outcome.err
    assert f"--output-dir {folder}" in outcome.err
    assert "choose another folder" in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1
    assert sorted(path for path in tmp_path.rglob("*") if ".cloudless-mosaic" not in path.parts) == before


def test_a_folder_that_may_not_be_written(demo_archive, mosaic_command, tmp_path):
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        folder = "/proc/mosaics"  # not even root may make a folder there
    else:
        (tmp_path / "closed").mkdir(mode=0o500)
        folder = str(tmp_path / "closed" / "out")
    options = {**GOOD, "--stac-url": str(demo_archive.catalog), "--output-dir": folder}
    outcome = mosaic_command(*(f"{name}={value}" for name, value in options.items()), cwd=tmp_path)
    assert outcome.code == 2
    assert "can't be written" in outcome.err


def test_help_and_version_need_no_options(mosaic_command, tmp_path):
    for arguments in (["--help"], ["-h"], ["--version"], ["plan", "--help"], ["demo", "--help"]):
        outcome = mosaic_command(*arguments, cwd=tmp_path)
        assert outcome.code == 0
        assert "cloudless-mosaic" in outcome.out or "Usage" in outcome.out


def test_every_error_class_has_its_own_exit_code():
    codes = {
        kind.__name__: kind.exit_code
        for kind in CloudlessMosaicError.__subclasses__()
        if kind.__module__ == CloudlessMosaicError.__module__
    }
    assert codes == {
        "UsageError": 2,
        "NoDataError": 3,
        "ObservationsLostError": 4,
        "TemporaryError": 75,
        "MetadataError": 1,
        "SourceError": 1,
    }
