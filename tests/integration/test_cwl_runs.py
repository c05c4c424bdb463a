"""The workflows under cwltool, with the program that is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(sys.platform != "linux", reason="the pinned cwltool is installed on Linux only"),
]

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / "cwl-workflows"
SMALL = (
    *("--start-date", "2020-10-01", "--end-date", "2020-11-30", "--aoi=-122.2,47.6,-122.1,47.65"),
    *("--bands", "red", "--resolution", "10", "--tile-size", "512"),
)


@pytest.fixture
def run_cwl(tmp_path):
    """Runs cwltool with our extension into ``tmp_path/out``; ``programs`` come first on the path."""

    def run(*arguments, programs=Path(sys.executable).parent):
        return subprocess.run(
            [sys.executable, ROOT / "scripts/run_cwl.py", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def compose(run_cwl, demo_archive):
    """Runs a workflow without containers on the demo's archive."""

    def run(workflow, *inputs, **options):
        return run_cwl(
            *("--no-container", "--outdir", "out", WORKFLOWS / workflow),
            *("--stac-url", demo_archive.catalog, *inputs),
            **options,
        )

    return run


def left(folder):
    """Files of an output folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.cwl")), ids=lambda path: path.stem)
def test_workflows_are_valid(path, run_cwl):
    done = run_cwl("--validate", path)
    assert done.returncode == 0, done.stderr
    assert "is valid CWL" in done.stdout
    assert "arning" not in done.stderr


def test_a_misspelt_field_of_the_requirement_is_invalid(run_cwl, tmp_path):
    text = (WORKFLOWS / "monthly-composite.cwl").read_text("utf-8")
    (tmp_path / "misspelt.cwl").write_text(text.replace("clusterMaxCores", "clusterMaxCore"))
    done = run_cwl("--validate", tmp_path / "misspelt.cwl")
    assert done.returncode == 1
    assert "missing required field 'clusterMaxCores'" in done.stderr


def test_the_workflow_with_its_defaults_gives_the_files_of_the_command(
    compose, threaded_example, same_files, tmp_path
):
    done = compose("monthly-composite.cwl", "--run-file")
    assert done.returncode == 0, done.stderr
    run_file = tmp_path / "out/stac-catalog/run.json"
    assert json.loads(run_file.read_bytes())["exit_code"] == 0
    run_file.unlink()
    same_files(tmp_path / "out/stac-catalog", threaded_example)


def test_shards_of_a_large_area_give_the_files_of_one_command(
    compose, mosaic_command, demo_archive, same_files, tmp_path
):
    done = compose("large-area.cwl", *SMALL, "--shards", "3")
    assert done.returncode == 0, done.stderr
    whole = mosaic_command(
        *(*SMALL, "--max-items", "1000", "-q"),
        *("--output-dir", "whole", "--stac-url", str(demo_archive.catalog)),
        cwd=tmp_path,
    )
    assert whole.code == 0, whole.err
    same_files(tmp_path / "out/stac-catalog", tmp_path / "whole")


@pytest.mark.parametrize(
    ("workflow", "wrong"),
    [
        ("monthly-composite.cwl", "--aoi=--output-dir"),
        ("large-area.cwl", "--start-date=2020-13-01"),
    ],
)
def test_wrong_input_fails_the_step_with_the_error_of_the_command(
    workflow, wrong, compose, mosaic_command, readme_example, tmp_path
):
    done = compose(workflow, wrong)
    expected = mosaic_command(*readme_example, wrong, "--output-dir", "direct", cwd=tmp_path)
    assert expected.code == 2
    assert done.returncode == 1
    assert done.stderr.splitlines().count(expected.err.strip()) == 1
    assert "exited with status: 2" in done.stderr
    assert "Traceback" not in done.stderr
    assert left(tmp_path / "out") == []


def test_a_wrong_number_of_shards_fails_with_an_error_of_the_program(compose, tmp_path):
    done = compose("large-area.cwl", "--shards=-1")
    assert done.returncode == 1
    (error,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert "1/-1" in error
    assert left(tmp_path / "out") == []


@pytest.mark.parametrize("code", [0, 75])
def test_a_run_that_leaves_no_catalog_fails_whatever_its_exit_code(code, compose, tmp_path):
    """As where a runner takes the exit code of another container for that of the tool."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "cloudless-mosaic"
    program.write_text(f"#!/bin/sh\nmkdir -p stac-catalog/monthly-mosaic-2020-10\nexit {code}\n")
    program.chmod(0o755)
    done = compose("monthly-composite.cwl", programs=programs)
    assert done.returncode == 1
    assert ("exited with status: 75" in done.stderr) == (code == 75)
    assert "Did not find output file with glob pattern: ['stac-catalog/catalog.json']" in done.stderr
    assert "Final process status is permanentFail" in done.stderr
    assert left(tmp_path / "out") == []
