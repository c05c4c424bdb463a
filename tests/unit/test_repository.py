"""What stands around the code: workflows, forms, citation."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from cloudless_mosaic.version import __version__

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_workflows_follow_their_schema():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*command, *WORKFLOWS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("zizmor", path=Path(sys.executable).parent) is None, reason="no zizmor here")
def test_workflows_give_strangers_nothing():
    # actions are pinned by their versions
    options = ("--offline", "--no-progress", "--min-severity", "medium", "--config", ".github/zizmor.yml")
    done = subprocess.run(
        [Path(sys.executable).with_name("zizmor"), *options, ".github/workflows"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_workflows_call_targets_that_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {name for path in WORKFLOWS for name in re.findall(r"\bmake ([a-z-]+)", path.read_text())}
    assert called
    assert called <= targets
    assert (ROOT / ".ci/run").stat().st_mode & 0o100


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == __version__
    assert re.search(rf"^## {re.escape(__version__)} ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm bundles the page")
def test_a_source_distribution_builds_without_npm_and_git(tmp_path):
    make = f"import setuptools.build_meta as build; build.build_sdist({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", make], cwd=ROOT, capture_output=True, check=True)
    (path,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    package = ROOT / "src/cloudless_mosaic"
    sources = {*package.rglob("*.py"), *package.rglob("*.[ch]")} - {*package.rglob("_native.c")}
    assert {str(file.relative_to(ROOT)) for file in sources} <= names
    assert {"src/cloudless_mosaic/report/template.html", "web/package-lock.json", "LICENSE"} <= names
    assert not any("node_modules" in name for name in names)
