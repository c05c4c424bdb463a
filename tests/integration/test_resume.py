"""Runs that are killed, and the same command again."""

from __future__ import annotations

import json
import random
import signal
import time

import pytest

pytestmark = pytest.mark.xdist_group("demo")

AUTUMN = (
    *("--start-date", "2020-10-01", "--end-date", "2020-12-31", "--bands", "red", "--bands", "nir"),
    *("--aoi", "-122.27508544921875,47.54687159892238,-121.96128845214844,47.745787772920934"),
    *("--resolution", "10", "--max-items", "1000"),
)
BLOCKS, MONTHS = 9, 3


def tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Outputs lie beside each other, since items link local scenes relative to themselves."""
    return tmp_path_factory.mktemp("resume")


@pytest.fixture(scope="module")
def arguments(demo_archive):
    return (*AUTUMN, "--stac-url", str(demo_archive.catalog), "--json", "--output-dir")


@pytest.fixture(scope="module")
def undisturbed(place, arguments, mosaic_command):
    """The bytes of an undisturbed run, and the seconds that its work takes."""
    outcome = mosaic_command(*arguments, "undisturbed", cwd=place)
    assert outcome.code == 0, outcome.err
    return tree(place / "undisturbed")


def events(text):
    return [json.loads(line) for line in text.splitlines()]


def blocks_in(text):
    return sum(event["event"] == "block" for event in events(text))


def assert_valid(folder, undisturbed):
    """Whatever can be seen is what it has to be."""
    for name, content in tree(folder).items():
        if not name.startswith("."):
            assert content == undisturbed[name], name


def disturb(process, blocks, sign):
    """Sends a signal when so many blocks are done."""
    seen = -1
    for line in process.stdout:
        seen += json.loads(line)["event"] in {"plan", "block"}
        if seen >= blocks:
            break
    process.send_signal(sign)
    rest, err = process.communicate(timeout=240)
    return process.returncode, rest, err


@pytest.mark.parametrize("blocks", [2, 13, *(pytest.param(n, marks=pytest.mark.chaos) for n in (0, 9, 26))])
def test_a_killed_run_goes_on_to_the_same_bytes(
    place, arguments, undisturbed, start_command, mosaic_command, blocks
):
    folder = place / f"killed-{blocks}"
    code, rest, _ = disturb(start_command(*arguments, folder.name, cwd=place), blocks, signal.SIGKILL)
    assert code == -signal.SIGKILL
    done = blocks + blocks_in(rest.rpartition("\n")[0])
    assert_valid(folder, undisturbed)
    outcome = mosaic_command(*arguments, folder.name, cwd=place)
    assert outcome.code == 0, outcome.err
    assert tree(folder) == undisturbed
    told = [event for event in events(outcome.out) if event["event"] == "resumed"]
    kept = told[0]["blocks"] + BLOCKS * len(told[0]["periods"]) if told else 0
    assert kept >= done


@pytest.mark.parametrize(
    ("sign", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGHUP, 129, "terminated"),
    ],
)
def test_a_run_that_is_told_to_stop_says_so_and_goes_on_later(
    place, arguments, undisturbed, start_command, mosaic_command, sign, code, word
):
    folder = place / sign.name
    found, _, err = disturb(start_command(*arguments, folder.name, cwd=place), 2, sign)
    assert (found, err.lstrip()) == (code, f"error: {word}; the same command goes on from what is done\n")
    assert_valid(folder, undisturbed)
    assert not list(folder.rglob("*.spool"))
    outcome = mosaic_command(*arguments, folder.name, cwd=place)
    assert outcome.code == 0, outcome.err
    assert '"resumed"' in outcome.out
    assert tree(folder) == undisturbed


def test_a_finished_run_has_nothing_to_do(place, arguments, undisturbed, mosaic_command):
    outcome = mosaic_command(*arguments, "undisturbed", cwd=place)
    assert outcome.code == 0, outcome.err
    told = events(outcome.out)
    assert [event["event"] for event in told] == ["plan", "resumed", "result"]
    assert len(told[1]["periods"]) == MONTHS
    assert told[1]["periods"] == told[2]["periods"]
    assert tree(place / "undisturbed") == undisturbed


def test_two_runs_at_a_time(place, arguments, undisturbed, start_command, mosaic_command):
    with start_command(*arguments, "twice", cwd=place) as first:
        assert '"plan"' in first.stdout.readline()
        first.send_signal(signal.SIGSTOP)
        second = mosaic_command(*arguments, "twice", cwd=place)
        first.send_signal(signal.SIGCONT)
        first.communicate(timeout=240)
    assert first.returncode == 0
    assert second.code == 75, second
    assert f"another run (process {first.pid} on " in second.err
    assert tree(place / "twice") == undisturbed


def test_another_plan_is_refused_and_overwrites_when_told(
    place, arguments, undisturbed, start_command, mosaic_command
):
    coarse = tuple("20" if value == "10" else value for value in arguments)
    disturb(start_command(*arguments, "begun", cwd=place), 12, signal.SIGKILL)
    (place / "begun/.cloudless-mosaic/lock").unlink()
    before = tree(place / "begun")
    refused = mosaic_command(*coarse, "begun", cwd=place)
    assert refused.code == 2, refused
    assert "resolution is 10.0 there and 20.0 here" in refused.err
    assert "--overwrite" in refused.err
    assert tree(place / "begun") == before
    assert mosaic_command(*coarse, "begun", "--overwrite", cwd=place).code == 0
    assert mosaic_command(*arguments, "begun", "--overwrite", cwd=place).code == 0
    assert tree(place / "begun") == undisturbed


@pytest.fixture(scope="module")
def tiled(arguments):
    """Twenty-seven mosaics: nine tiles of three months."""
    coarse = ("20" if value == "10" else value for value in arguments)
    return ("--tile-size", "512", *coarse)


@pytest.fixture(scope="module")
def shard(tiled):
    """One half of them; one thread, since all of its blocks take many threads but a moment."""
    return ("--shard", "1/2", "--workers", "1", *tiled)


@pytest.fixture(scope="module")
def undisturbed_shard(place, shard, mosaic_command):
    """The bytes of an undisturbed run, and how many blocks it made."""
    outcome = mosaic_command(*shard, "undisturbed-shard", cwd=place)
    assert outcome.code == 0, outcome.err
    return tree(place / "undisturbed-shard"), blocks_in(outcome.out)


@pytest.mark.parametrize("blocks", [4, *(pytest.param(n, marks=pytest.mark.chaos) for n in (0, 2, 7))])
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_a_shard_that_is_ended_goes_on_to_the_same_bytes(
    place, shard, undisturbed_shard, start_command, mosaic_command, blocks, sign
):
    expected, all_blocks = undisturbed_shard
    folder = place / f"shard-{sign.name}-{blocks}"
    code, rest, _ = disturb(start_command(*shard, folder.name, cwd=place), blocks, sign)
    assert code == (143 if sign == signal.SIGTERM else -signal.SIGKILL)
    done = blocks + blocks_in(rest.rpartition("\n")[0])
    if folder.exists():
        assert_valid(folder, expected)
    outcome = mosaic_command(*shard, folder.name, cwd=place)
    assert outcome.code == 0, outcome.err
    assert tree(folder) == expected
    # those that were kept are told too
    kept = sum(event["blocks"] for event in events(outcome.out) if event["event"] == "resumed")
    assert blocks_in(outcome.out) - kept <= all_blocks - done


def test_a_folder_has_one_part_of_a_plan_unless_told_otherwise(
    place, tiled, shard, undisturbed_shard, start_command, mosaic_command
):
    def refused(arguments, folder, words):
        before = tree(place / folder)
        outcome = mosaic_command(*arguments, folder, cwd=place)
        assert (outcome.code, words in outcome.err) == (2, True), outcome
        assert tree(place / folder) == before

    other = ("--shard", "2/2", *tiled)
    larger = tuple("1024" if value == "512" else value for value in shard)
    disturb(start_command(*shard, "begun-shard", cwd=place), 4, signal.SIGKILL)
    (place / "begun-shard/.cloudless-mosaic/lock").unlink()
    refused(other, "undisturbed-shard", "it is shard 1/2 there and 2/2 here")
    refused(tiled, "begun-shard", "it is shard 1/2 there and not set here")
    refused(larger, "begun-shard", "tile_size is 512 there and 1024 here")
    whole = mosaic_command(*tiled, "whole", cwd=place)
    assert whole.code == 0, whole.err
    expected = tree(place / "whole")
    half, _ = undisturbed_shard
    assert set(half) < set(expected)
    # the whole plan takes over what its shard has done, and a shard keeps no mosaic of another
    for arguments, result in ((tiled, expected), (shard, half)):
        outcome = mosaic_command(*arguments, "begun-shard", "--overwrite", cwd=place)
        assert outcome.code == 0, outcome.err
        assert '"resumed"' in outcome.out
        assert tree(place / "begun-shard") == result


@pytest.mark.chaos
@pytest.mark.parametrize("part", range(20))
def test_killed_at_any_moment(place, arguments, undisturbed, start_command, mosaic_command, part):
    """Ten moments each: anywhere between the plan and the end, found by trying."""
    moments = random.Random(part)
    began = time.perf_counter()
    process = start_command(*arguments, f"timed-{part}", cwd=place)
    planned = process.stdout.readline()
    begin = time.perf_counter() - began
    process.communicate(timeout=120)
    whole = time.perf_counter() - began
    assert '"plan"' in planned
    for number in range(10):
        folder = place / f"chaos-{part}-{number}"
        process = start_command(*arguments, folder.name, cwd=place)
        time.sleep(moments.uniform(begin, whole))
        process.kill()
        process.communicate(timeout=240)
        if folder.exists():
            assert_valid(folder, undisturbed)
        outcome = mosaic_command(*arguments, folder.name, cwd=place)
        assert outcome.code == 0, outcome.err
        assert tree(folder) == undisturbed, (part, number)
