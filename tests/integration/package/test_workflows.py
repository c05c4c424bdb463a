"""The workflows under cwltool, each step in a container of the real image."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from images import engine_environment, folder_of
from outputs import assert_same_content

pytestmark = pytest.mark.package


@pytest.fixture
def run_workflow(image, workflows, demo_archive, fire_archive, tmp_path):
    """Runs cwltool with podman into ``tmp_path/out``; containers see the archives at their place."""
    assert image.name.removeprefix("localhost/") == "cloudless-mosaic:latest"  # which the workflows name
    environment = engine_environment(tmp_path, demo_archive.folder, fire_archive.folder)
    engine = ["--podman"]
    if os.getuid() == 0:
        # cwltool asks podman for a mapping of users that root can't have; what podman-docker installs is this
        docker = folder_of(0, tmp_path / "bin") / "docker"
        docker.write_text('#!/bin/sh\nexec podman "$@"\n')
        docker.chmod(0o755)
        engine = []
        environment["PATH"] = f"{docker.parent}{os.pathsep}{environment['PATH']}"

    def run(name: str, *inputs: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *(sys.executable, str(workflows.parent / "scripts" / "run_cwl.py"), *engine),
                *("--outdir", "out", str(workflows / name), *inputs),
            ],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    return run


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_months(run_workflow, demo_archive, threaded_example, tmp_path):
    done = run_workflow("monthly-composite.cwl", "--stac-url", str(demo_archive.catalog))
    assert done.returncode == 0, done.stderr
    assert "cloudless-mosaic:latest" in done.stderr
    assert_same_content(threaded_example, tmp_path / "out" / "stac-catalog")


def test_shards_of_a_large_area(run_workflow, mosaic_command, demo_archive, tmp_path):
    area = ("--start-date", "2020-10-01", "--end-date", "2020-11-30", "--aoi=-122.2,47.6,-122.1,47.65")
    request = (*area, "--bands", "red", "--resolution", "10", "--tile-size", "512")
    found = ("--stac-url", str(demo_archive.catalog))
    done = run_workflow("large-area.cwl", *request, *found, "--shards", "2")
    assert done.returncode == 0, done.stderr
    whole = mosaic_command(
        *request, *found, "--max-items", "1000", "-q", "--output-dir", "whole", cwd=tmp_path
    )
    assert whole.code == 0, whole.err
    assert_same_content(tmp_path / "whole", tmp_path / "out" / "stac-catalog")


def test_burned_area(run_workflow, fire_items, burned_example, tmp_path):
    before, after = fire_items
    done = run_workflow("burned-area.cwl", "--pre-fire-url", before, "--post-fire-url", after)
    assert done.returncode == 0, done.stderr
    assert_same_content(burned_example, tmp_path / "out" / "stac-catalog", apart_from=("screen.txt",))


@pytest.mark.parametrize("wrong", ["--aoi=-121.9,47.54,-122.2,47.5", "--end-date=2020-13-01"])
def test_wrong_input_fails_the_step_with_the_error_of_the_command(
    run_workflow, mosaic_command, readme_example, tmp_path, wrong
):
    done = run_workflow("monthly-composite.cwl", "--stac-url", "/nowhere", wrong)
    expected = mosaic_command(*readme_example, wrong, cwd=tmp_path)
    assert expected.code == 2
    assert done.returncode == 1
    assert done.stderr.splitlines().count(expected.err.strip()) == 1
    assert files_of(tmp_path / "out") == []
