"""The application packages say what the program does, and keep the rules for application packages."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from cloudless_mosaic.cli.mosaics import cli
from cloudless_mosaic.domain.request import PLANETARY_COMPUTER
from cloudless_mosaic.errors import CloudlessMosaicError, TemporaryError
from cloudless_mosaic.version import __version__
from pods import Tool

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / "cwl-workflows").glob("*.cwl"))
DASK = "calrissian:DaskGatewayRequirement"
IMAGE = f"registry.example:5000/mosaics/cloudless-mosaic@sha256:{'0f' * 32}"

PUBLISHED = {
    "start-date": ("string", "2020-10-01"),
    "end-date": ("string", "2020-12-31"),
    "aoi": ("string", "-122.27508544921875,47.54687159892238,-121.96128845214844,47.745787772920934"),
    "bands": ("string[]", ["nir", "red", "green"]),
    "collection": ("string", "sentinel-2-l2a"),
    "resolution": ("int", 100),
    "max_items": ("int", 1000),
    "max_cloud_cover": ("int", 25),
}
"""Inputs of the published workflow, and what they are without a value (its resolution has to be given)."""

ADDED = {
    "stac-url": PLANETARY_COMPUTER,
    "reducer": "median",
    "period": "month",
    "fill": "none",
    "tile": [],
    "index": [],
    "index-of": "composite",
    "layer": [],
    "mask": "auto",
    "mask-option": [],
} | dict.fromkeys(("every-year", "name", "window", "clip", "buffer", "grid", "provider"))
ADDED |= dict.fromkeys(("tiles-of-aoi", "name-from", "like", "run-file"))
"""Inputs that the published workflow doesn't have, and their defaults."""

SEVERAL = {"tile", "tiles-of-aoi", "name-from"}
"""Inputs that make several areas; shards are of one, so there they name one tile or are left out."""


def read(path):
    return yaml.safe_load(path.read_text("utf-8"))


def parts(document, kind):
    return [one for one in document["$graph"] if one["class"] == kind]


def part(document, name):
    return next(one for one in document["$graph"] if one["id"] == name)


@pytest.fixture
def monthly():
    return read(ROOT / "cwl-workflows/monthly-composite.cwl")


@pytest.fixture
def large():
    return read(ROOT / "cwl-workflows/large-area.cwl")


def tool_faults(tool):
    image = {**tool.get("hints", {}), **tool.get("requirements", {})}.get("DockerRequirement", {})
    if not all(tool.get(field) for field in ("id", "baseCommand", "inputs", "requirements")):
        yield "8: a tool has an id, a command, inputs and requirements"
    if not image.get("dockerPull"):
        yield "8: a tool has an image"
    for one in (tool, *tool["inputs"].values(), *tool["outputs"].values()):
        if not (one.get("label") and one.get("doc")):
            yield "tools, their inputs and outputs have a title and an abstract"
    if "dockerOutputDirectory" in image:
        yield "8: the runner chooses the output directory"
    resources = tool.get("requirements", {}).get("ResourceRequirement", {})
    if set(resources) != {"coresMin", "coresMax", "ramMin", "ramMax"}:
        yield "a scheduler is told the least and the most that a tool needs"


def workflow_faults(workflow):
    if not all(workflow.get(field) for field in ("id", "label", "doc")):
        yield "9: a workflow has an id, a title and an abstract"
    for one in (*workflow["inputs"].values(), *workflow["outputs"].values()):
        if not (one.get("label") and one.get("doc")):
            yield "10: inputs and outputs have a title and an abstract"
    for one in workflow["steps"].values():
        if not (one.get("label") and one.get("doc")):
            yield "steps have a title and an abstract"


def faults_of(document):
    """What OGC 20-089r1 (requirements 7 to 14) and its validators would find, apart from CWL itself."""
    workflows, tools = parts(document, "Workflow"), parts(document, "CommandLineTool")
    if [one.get("id") for one in workflows] != ["main"] or not tools:
        yield "7: one workflow with tools"
    for tool in tools:
        yield from tool_faults(tool)
    for workflow in workflows:
        yield from workflow_faults(workflow)
    metadata = ("name", "description", "license", "keywords", "dateCreated", "publisher", "softwareHelp")
    if document["$namespaces"].get("s") != "https://schema.org/" or not all(
        document.get(f"s:{field}") for field in metadata
    ):
        yield "11: metadata of schema.org"
    if document.get("s:softwareVersion") != __version__:
        yield "11: the version is that of the package"
    if any(one["outputs"].get("stac-catalog", {}).get("type") != "Directory" for one in (*workflows, *tools)):
        yield "14: what is staged out is a directory"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_packages_keep_the_rules_for_application_packages(path):
    assert list(faults_of(read(path))) == []


@pytest.mark.parametrize(
    ("where", "field"),
    [
        (("$graph", 0), "id"),
        (("$graph", 0), "doc"),
        (("$graph", 0, "inputs", "aoi"), "label"),
        (("$graph", 0, "outputs", "stac-catalog"), "doc"),
        (("$graph", 0, "outputs"), "stac-catalog"),
        (("$graph", 0, "steps", "compose"), "label"),
        (("$graph", 1), "doc"),
        (("$graph", 1, "inputs", "aoi"), "label"),
        (("$graph", 1), "baseCommand"),
        (("$graph", 1), "requirements"),
        (("$graph", 1, "hints"), "DockerRequirement"),
        (("$graph", 1, "requirements", "ResourceRequirement"), "ramMax"),
        (("$graph", 1, "outputs"), "stac-catalog"),
        (("$namespaces",), "s"),
        ((), "s:softwareVersion"),
        ((), "s:license"),
        ((), "s:publisher"),
    ],
)
def test_packages_that_break_a_rule_are_found(monthly, where, field):
    broken = copy.deepcopy(monthly)
    inner = broken
    for step in where:
        inner = inner[step]
    del inner[field]
    assert list(faults_of(broken))


def test_an_output_directory_in_the_image_is_found(monthly):
    part(monthly, "cloudless-mosaic")["hints"]["DockerRequirement"]["dockerOutputDirectory"] = "/out"
    assert list(faults_of(monthly)) == ["8: the runner chooses the output directory"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_package_builds_a_command_from_text(path):
    document = read(path)
    for tool in parts(document, "CommandLineTool"):
        assert "ShellCommandRequirement" not in {**tool["requirements"], **tool["hints"]}
        assert all(isinstance(argument, str) for argument in tool["arguments"])
        for one in tool["inputs"].values():
            kind = one["type"]
            binding = (
                kind["inputBinding"]
                if isinstance(kind, dict) and "inputBinding" in kind
                else one["inputBinding"]
            )
            # in one word with its option, so that no value is taken for an option
            no_value = kind in ("Directory[]", "boolean?")
            assert no_value or (binding["prefix"].endswith("=") and binding["separate"] is False)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_step_without_a_catalog_fails_with_the_codes_of_the_program(path):
    codes = {kind.exit_code for kind in (CloudlessMosaicError, *CloudlessMosaicError.__subclasses__())}
    for tool in parts(read(path), "CommandLineTool"):
        assert tool["outputs"]["catalog"]["type"] == "File"
        assert tool["outputs"]["catalog"]["outputBinding"]["glob"] == "stac-catalog/catalog.json"
        assert tool["successCodes"] == [0]
        assert tool["temporaryFailCodes"] == [TemporaryError.exit_code]
        assert set(tool["permanentFailCodes"]) == codes - {TemporaryError.exit_code}


def test_inputs_are_those_of_the_published_workflow(monthly):
    inputs = part(monthly, "main")["inputs"]
    published = {name: (one["type"], one["default"]) for name, one in inputs.items() if name not in ADDED}
    assert published == PUBLISHED
    assert {name: inputs[name].get("default") for name in ADDED} == ADDED
    assert set(part(monthly, "main")["outputs"]) == {"stac-catalog"}


def test_the_large_area_has_the_inputs_of_the_monthly_composite_and_its_own(monthly, large):
    inputs = part(large, "main")["inputs"]
    # run.json is of one run; here every shard is one, and only the mosaics are merged
    left_out = SEVERAL | {"run-file"}
    expected = {name: one for name, one in part(monthly, "main")["inputs"].items() if name not in left_out}
    assert {name: one for name, one in inputs.items() if name in expected} == expected
    assert set(inputs) - set(expected) == {"tile-size", "shards", "tile"}
    assert inputs["tile"]["type"] == "string?"
    (scattered,) = (step for step in part(large, "main")["steps"].values() if "scatter" in step)
    tool = part(large, scattered["run"].removeprefix("#"))
    assert tool["inputs"][scattered["scatter"]]["inputBinding"]["prefix"] == "--shard="


@pytest.mark.parametrize("name", ["monthly", "large"])
def test_inputs_of_the_tool_are_options_of_the_program(name, request):
    tool = part(request.getfixturevalue(name), "cloudless-mosaic")
    shown = CliRunner().invoke(cli, ["--help"]).output
    for field, one in tool["inputs"].items():
        option = f"--{field.replace('_', '-')}"
        array = isinstance(one["type"], dict)
        binding = one["type"]["inputBinding"] if array else one["inputBinding"]
        flag = one["type"] == "boolean?"
        assert binding == ({"prefix": option} if flag else {"prefix": f"{option}=", "separate": False})
        assert re.search(rf"^  {option} ", shown, re.MULTILINE)


@pytest.mark.parametrize("name", ["monthly-composite", "burned-area"])
def test_the_tests_of_calrissian_give_a_tool_what_the_workflow_gives_it(name):
    tool = Tool.of(ROOT / f"cwl-workflows/{name}.cwl")
    assert set(tool.defaults) == set(tool.document["inputs"])
    options = {word.partition("=")[0] for word in tool.words() if word.startswith("--")}
    given = {name for name, value in tool.defaults.items() if value not in (None, [])}
    assert options == {f"--{name.replace('_', '-')}" for name in given} | {"--output-dir"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_cluster_is_asked_for_in_the_words_of_calrissian(path):
    for tool in parts(read(path), "CommandLineTool"):
        assert DASK not in tool["hints"]
        asked = tool["requirements"].get(DASK)
        if asked is None:
            assert path.stem == "large-area"
            continue
        cores = {"workerCores", "workerCoresLimit", "clusterMaxCores"}
        memory = {"workerMemory", "clusterMaxMemory"}
        # with one field more or less, calrissian starts a pod without a cluster
        assert set(asked) == cores | memory
        assert all(type(asked[field]) is int for field in cores)
        assert all(re.fullmatch(r"[1-9]\d*[KMGT]", asked[field]) for field in memory)
        assert asked["clusterMaxCores"] >= asked["workerCoresLimit"] >= asked["workerCores"]


def release(*arguments):
    return subprocess.run(
        [sys.executable, ROOT / "scripts/release_cwl.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_release_differs_from_the_workflow_in_its_image_alone(tmp_path):
    assert release(IMAGE, "--output-dir", tmp_path / "dist").returncode == 0
    assert {path.name for path in (tmp_path / "dist").iterdir()} == {
        f"{path.stem}.{__version__}.cwl" for path in WORKFLOWS
    }
    for path in WORKFLOWS:
        before, after = read(path), read(tmp_path / "dist" / f"{path.stem}.{__version__}.cwl")
        for tool in parts(before, "CommandLineTool"):
            assert part(after, tool["id"])["hints"]["DockerRequirement"] == {"dockerPull": IMAGE}
            tool["hints"]["DockerRequirement"]["dockerPull"] = IMAGE
        assert after == before


def test_files_of_a_release_are_named_as_the_published_ones(tmp_path):
    """In a copy of the project whose version is 1.0.0."""
    for path in ("scripts/release_cwl.py", "src/cloudless_mosaic/version.py", *WORKFLOWS):
        source = ROOT / path
        target = tmp_path / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text("utf-8").replace(__version__, "1.0.0"), "utf-8")
    (tmp_path / "src/cloudless_mosaic/__init__.py").touch()
    done = subprocess.run(
        [sys.executable, tmp_path / "scripts/release_cwl.py", IMAGE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names = {"monthly-composite.1.0.0.cwl", "large-area.1.0.0.cwl", "burned-area.1.0.0.cwl"}
    assert {path.name for path in (tmp_path / "dist").iterdir()} == names
    assert read(tmp_path / "dist/monthly-composite.1.0.0.cwl")["s:softwareVersion"] == "1.0.0"


AUTHOR = "Ada King Lovelace <ada@example.com>"


def test_a_release_names_its_authors_and_documentation(tmp_path):
    url = "https://example.com/docs?a=1&b={}"
    done = release(
        *(IMAGE, "--author", AUTHOR, "--affiliation", "Engines: & Co", "--help-url", url),
        *("--output-dir", tmp_path),
    )
    assert done.returncode == 0, done.stderr
    for path in WORKFLOWS:
        document = read(tmp_path / f"{path.stem}.{__version__}.cwl")
        (author,) = document["s:author"]
        assert (author["s:givenName"], author["s:familyName"]) == ("Ada King", "Lovelace")
        assert author["s:email"] == "ada@example.com"
        assert author["s:affiliation"]["s:name"] == "Engines: & Co"
        assert document["s:softwareHelp"]["s:url"] == url


@pytest.mark.parametrize(
    ("option", "value"),
    [("--author", "Ada <ada@example.com>"), ("--author", "Ada Lovelace"), ("--help-url", "docs/index.md")],
)
def test_metadata_that_platforms_would_refuse_are_refused(option, value, tmp_path):
    done = release(IMAGE, option, value, "--output-dir", tmp_path / "dist")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {option} {value!r} is ")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize(
    "image", ["cloudless-mosaic:latest", IMAGE[:-1], f"{IMAGE} --rm", "@sha256:" + "0f" * 32]
)
def test_an_image_without_a_digest_is_refused(image, tmp_path):
    done = release(image, "--output-dir", tmp_path / "dist")
    assert done.returncode == 1
    assert re.fullmatch(
        r"error: .* has no digest; give NAME@sha256: and 64 hexadecimal digits\n", done.stderr
    )
    assert not (tmp_path / "dist").exists()


def fits(value, kind):
    """Whether a JSON value can be an input of that type."""
    if kind.endswith("[]"):
        return isinstance(value, list) and all(fits(one, kind.removesuffix("[]")) for one in value)
    return type(value) is {"string": str, "int": int}[kind]


def test_the_execute_request_of_the_documentation_is_one(monthly):
    page = (ROOT / "docs/how-to/ades.md").read_text("utf-8")
    (text,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    request = json.loads(text)
    main = part(monthly, "main")
    defaults = {name: one["default"] for name, one in main["inputs"].items() if "default" in one}
    assert defaults == request["inputs"]
    assert all(fits(value, main["inputs"][name]["type"]) for name, value in request["inputs"].items())
    assert not fits("100", "int")
    assert not fits([1], "string[]")
    assert set(request["outputs"]) == set(main["outputs"])


def test_the_table_of_inputs_is_that_of_the_workflows(monthly, large):
    page = (ROOT / "docs/how-to/cwl.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]*) \| (string|int)(\[\])? \| (.*?) \|$", page, re.MULTILINE)
    inputs = part(large, "main")["inputs"] | part(monthly, "main")["inputs"]
    seen = {}
    for names, kind, many, defaults in rows:
        values = re.findall(r"`([^`]+)`", defaults)
        for name, value in zip(re.findall(r"`([^`]+)`", names), values, strict=True):
            seen[name] = (kind + many, value)
    assert seen == {
        name: (one["type"], f"[{', '.join(one['default'])}]" if name == "bands" else str(one["default"]))
        for name, one in inputs.items()
        if "default" in one
    }
    optional = re.findall(r"^\| `([^`]*)` \| (\w+\?) \|", page, re.MULTILINE)
    assert dict(optional) == {name: one["type"] for name, one in inputs.items() if "default" not in one}


def test_a_workflow_can_be_given_the_name_of_its_process(monthly):
    """As the page about an ADES does it."""
    text = (ROOT / "cwl-workflows/monthly-composite.cwl").read_text("utf-8")
    renamed = yaml.safe_load(re.sub(r"^    id: main$", "    id: monthly-composite", text, flags=re.MULTILINE))
    assert part(renamed, "monthly-composite") | {"id": "main"} == part(monthly, "main")
