"""Tools of others that read our workflows and commands: calrissian's parser, eoap-validator.

Each is installed into an environment of its own. CALRISSIAN names what pip installs in place of the newest
release, for example one that knows ``--dask-gateway-url``.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import yaml

from cloudless_mosaic.version import __version__

pytestmark = pytest.mark.package

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = sorted((ROOT / "cwl-workflows").glob("*.cwl"))
PAGE = ROOT / "docs/how-to/cwl.md"
RELEASED = "0.18.1"
"""Newest calrissian on PyPI; it has no Dask."""

PARSE = """
import json, sys
from importlib.metadata import version
from calrissian.main import add_arguments
from calrissian.report import CPUParser, MemoryParser
from cwltool.argparser import arg_parser

parser = arg_parser()
add_arguments(parser)
words = json.loads(sys.argv[1])
options = {one for word in words if (one := word.split("=")[0]) in parser._option_string_actions}
if "--dask-gateway-url" not in parser._option_string_actions:
    at = words.index("--dask-gateway-url")
    del words[at : at + 2]
found = vars(parser.parse_args(words))
json.dump(
    {
        "version": version("calrissian"),
        "options": sorted(options),
        "found": {name: value for name, value in found.items() if isinstance(value, (str, list))},
        "megabytes": MemoryParser.parse_to_megabytes(found["max_ram"]),
        "cores": CPUParser.parse(found["max_cores"]),
    },
    sys.stdout,
)
"""


def installed(folder: Path, *packages: str) -> Path:
    """Programs of a new environment with some packages."""
    venv.create(folder, with_pip=True)
    done = subprocess.run(
        [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "bin"


@pytest.fixture(scope="module")
def calrissian(tmp_path_factory):
    package = os.environ.get("CALRISSIAN") or f"calrissian=={RELEASED}"
    return installed(tmp_path_factory.mktemp("calrissian") / "venv", package)


@pytest.fixture(scope="module")
def validator(tmp_path_factory):
    return installed(tmp_path_factory.mktemp("validator") / "venv", "eoap-validator==0.3.1")


def published_command() -> list[str]:
    """The command of the documentation, as a shell splits it."""
    (text,) = re.findall(r"^calrissian (?:.*\\\n)*.*$", PAGE.read_text("utf-8"), re.MULTILINE)
    return shlex.split(text.replace("\\\n", " "))[1:]


def test_calrissian_takes_the_command_of_the_documentation_argument_by_argument(calrissian):
    words = published_command()
    done = subprocess.run(
        [calrissian / "python", "-c", PARSE, json.dumps(words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    before = words[: words.index("cwl-workflows/monthly-composite.cwl")]
    options = {word for word in before if word.startswith("--")}
    if seen["version"] == RELEASED:
        assert options - set(seen["options"]) == {"--dask-gateway-url"}
    else:
        assert options <= set(seen["options"])
    assert (seen["megabytes"], seen["cores"]) == (16000, 8)
    found = seen["found"]
    for name in options - {"--dask-gateway-url"}:
        assert found[name.removeprefix("--").replace("-", "_")] == words[words.index(name) + 1]
    assert found["workflow"] == "cwl-workflows/monthly-composite.cwl"
    assert found["job_order"] == words[len(before) + 1 :]
    document = yaml.safe_load((ROOT / found["workflow"]).read_text("utf-8"))
    inputs = next(one for one in document["$graph"] if one["id"] == "main")["inputs"]
    assert found["job_order"][::2]
    assert {word.removeprefix("--") for word in found["job_order"][::2]} <= set(inputs)


def without_dask(path: Path, folder: Path) -> Path:
    """A copy of a workflow that asks for no cluster, which plain cwltool can read."""
    text = re.sub(r" +calrissian:DaskGatewayRequirement:\n(?: {8}.*\n)+", "", path.read_text("utf-8"))
    copy = folder / path.name
    copy.write_text(text, "utf-8")
    return copy


def failed(validator, workflow: Path, folder: Path) -> set[tuple[str, str]]:
    """Rules that a workflow breaks, with the place in its metadata where they have one."""
    report = folder / "report.json"
    profiles = ("--profile", "eoap-package", "--profile", "metadata")
    subprocess.run(
        [validator / "eoap-validator", workflow, *profiles, "--output", report],
        capture_output=True,
        check=False,
    )
    findings = json.loads(report.read_text("utf-8"))["findings"]
    return {(one["rule_id"], json.dumps(one)) for one in findings if one["status"] == "failed"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_eoap_validator_finds_what_the_documentation_says(validator, path, tmp_path):
    found = failed(validator, without_dask(path, tmp_path), tmp_path)
    assert sorted(rule for rule, _ in found) == ["SERVICE.PROCESS.ID", "TM.METADATA.MODEL"]
    (model,) = (text for rule, text in found if rule == "TM.METADATA.MODEL")
    assert "author: Field required" in model


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_of_a_release_with_an_author_only_the_published_name_remains(validator, path, tmp_path):
    done = subprocess.run(
        [
            *(
                sys.executable,
                ROOT / "scripts/release_cwl.py",
                f"registry.example/mosaics@sha256:{'0f' * 32}",
            ),
            *("--author", "Ada Lovelace <ada@example.com>", "--help-url", "https://example.com/docs"),
            *("--output-dir", tmp_path / "dist"),
        ],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    released = tmp_path / "dist" / f"{path.stem}.{__version__}.cwl"
    found = failed(validator, without_dask(released, tmp_path), tmp_path)
    assert [rule for rule, _ in found] == ["SERVICE.PROCESS.ID"]


def test_eoap_validator_stops_at_the_dask_requirement(validator, tmp_path):
    found = failed(validator, ROOT / "cwl-workflows/monthly-composite.cwl", tmp_path)
    assert "CWL.VALIDATE" in {rule for rule, _ in found}
