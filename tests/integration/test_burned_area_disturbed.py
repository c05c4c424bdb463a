"""Comparisons that are killed, interrupted, run twice at a time, or short of disk or of pixels."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio

resource = pytest.importorskip("resource")

PROGRAM = (sys.executable, str(Path(__file__).resolve().parents[2] / "bai.py"))


def tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def options(fire_items):
    before, after = fire_items
    return ("--pre-fire-url", before, "--post-fire-url", after, "--json", "--output-dir")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Outputs lie beside each other, since items link local scenes relative to themselves."""
    return tmp_path_factory.mktemp("disturbed")


@pytest.fixture
def undisturbed(place, options, burned_command):
    folder = place / "undisturbed"
    if not folder.exists():
        outcome = burned_command(*options, folder.name, cwd=place)
        assert outcome.code == 0, outcome.err
    return tree(folder)


def start(*arguments, cwd, limit=None):
    """Starts the program; the limit is the size of the largest file that it may write."""

    def prepare():
        # a shell that starts the tests in its background has them ignore Ctrl-C
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    # under a limit the file of covered lines would be too large itself
    environment = {name: value for name, value in os.environ.items() if not (limit and name[:3] == "COV")}
    return subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,  # noqa: PLW1509 - there are no other threads
    )


def wait_for_block(process):
    for line in process.stdout:
        if json.loads(line)["event"] == "block":
            return
    raise AssertionError(process.stderr.read())


def assert_whole(folder, undisturbed):
    """Whatever can be seen is what it has to be."""
    for name, content in tree(folder).items() if folder.exists() else ():
        if not name.startswith("."):
            assert content == undisturbed[name], name


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.chaos) for n in range(1, 10))])
def test_killed_at_any_moment(place, options, undisturbed, burned_command, part):
    """Two moments each: anywhere between the first block and the end."""
    moments = random.Random(part)
    began = time.perf_counter()
    process = start(*options, f"timed-{part}", cwd=place)
    wait_for_block(process)
    begin = time.perf_counter() - began
    process.communicate(timeout=240)
    whole = time.perf_counter() - began
    for number in range(2):
        folder = place / f"killed-{part}-{number}"
        process = start(*options, folder.name, cwd=place)
        time.sleep(moments.uniform(begin, whole))
        process.kill()
        process.communicate(timeout=240)
        assert_whole(folder, undisturbed)
        outcome = burned_command(*options, folder.name, cwd=place)
        assert outcome.code == 0, outcome.err
        assert tree(folder) == undisturbed, (part, number)


@pytest.mark.parametrize(
    ("sign", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_told_to_stop_it_leaves_nothing_and_starts_over(
    place, options, undisturbed, burned_command, sign, code, word
):
    process = start(*options, word, cwd=place)
    wait_for_block(process)
    process.send_signal(sign)
    _, err = process.communicate(timeout=240)
    assert (process.returncode, err.strip()) == (code, f"error: {word}; the same command starts over")
    assert not (place / word).exists()
    assert burned_command(*options, word, cwd=place).code == 0
    assert tree(place / word) == undisturbed


def test_two_runs_at_a_time(place, options, undisturbed, burned_command, mosaic_command, fire_archive):
    with start(*options, "twice", cwd=place) as first:
        wait_for_block(first)
        first.send_signal(signal.SIGSTOP)
        second = burned_command(*options, "twice", cwd=place)
        month = (
            *("--start-date", "2021-07-01", "--end-date", "2021-07-31", "--aoi=-121.5,40.45,-121.45,40.5"),
            *("--stac-url", str(fire_archive.catalog), "--collection", "sentinel-s2-l2a-cogs"),
            *("--bands", "red", "--resolution", "100", "--mask", "scl"),
        )
        mosaics = mosaic_command(*month, "--output-dir", "twice", cwd=place)
        first.send_signal(signal.SIGCONT)
        first.communicate(timeout=240)
    assert first.returncode == 0
    for other in (second, mosaics):
        assert other.code == 75, other
        assert f"another run (process {first.pid} on " in other.err
    assert tree(place / "twice") == undisturbed
    refused = mosaic_command(*month, "--output-dir", "twice", cwd=place)
    assert (refused.code, "isn't one of mosaics" in refused.err) == (2, True)


@pytest.mark.parametrize("limit", [20_000, 400_000])
def test_a_full_disk_is_75_and_leaves_nothing(place, options, undisturbed, burned_command, limit):
    folder = place / f"full-{limit}"
    process = start(*options, folder.name, cwd=place, limit=limit)
    _, err = process.communicate(timeout=240)
    assert process.returncode == 75, err
    assert err.strip().startswith("error: no space to write")
    assert not folder.exists()
    assert burned_command(*options, folder.name, cwd=place).code == 0
    assert tree(folder) == undisturbed


def test_a_block_that_can_not_be_read_is_counted_and_has_no_pixel(
    fire_items, burned_example, burned_command, tmp_path
):
    before, after = fire_items
    broken = tmp_path / "broken"
    shutil.copytree(Path(after).parent, broken)
    with rasterio.open(broken / "B12.tif") as file:
        assert file.block_shapes == [(512, 512)]
        place = int(file.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1))
    with (broken / "B12.tif").open("r+b") as file:
        file.seek(place + 1000)
        file.write(bytes(range(256)))
    options = ("--pre-fire-url", before, "--post-fire-url", str(broken / Path(after).name))
    refused = burned_command(*options, "--output-dir", "refused", cwd=tmp_path)
    assert refused.code == 4, refused
    assert not (tmp_path / "refused").exists()
    done = burned_command(*options, "--output-dir", "out", "--max-lost", "60", cwd=tmp_path)
    assert done.code == 0, done.err
    properties = json.loads((tmp_path / "out/burned-area.json").read_text())["properties"]
    lost = properties["cloudless_mosaic:lost_observations"]
    observations = properties["cloudless_mosaic:observations"]
    blocks = {tuple(one["block"]) for one in lost}
    assert len(lost) == len(blocks) < observations / 2
    assert {one["scene"] for one in lost} == {json.loads(Path(after).read_text())["id"]}
    assert f"{len(lost)} of {observations} observations" in refused.err
    with rasterio.open(tmp_path / "out/bai.tif") as ours, rasterio.open(burned_example / "bai.tif") as theirs:
        here, there = ours.read(1), theirs.read(1)
    gone = np.isnan(here) & ~np.isnan(there)
    assert gone.any()
    # blocks are lost as a whole, and all others are as they were
    np.testing.assert_array_equal(here[~gone], there[~gone])
    assert gone[:1024, :1024].any()
    assert not gone[1024:, 1024:].any()
