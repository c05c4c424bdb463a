"""The workflow, the documentation and the code say the same."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from cloudless_mosaic.burned.severity import SEVERITY_CLASSES
from cloudless_mosaic.cli.burned import cli

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def workflow():
    document = yaml.safe_load((ROOT / "cwl-workflows/burned-area.cwl").read_text())
    assert document["cwlVersion"] == "v1.2"
    return {one["id"]: one for one in document["$graph"]}


def test_the_workflow_asks_for_a_cluster_in_the_words_of_its_runner(workflow):
    asked = workflow["burned-area"]["requirements"]["calrissian:DaskGatewayRequirement"]
    assert set(asked) == {
        *("workerCores", "workerCoresLimit", "workerMemory"),
        *("clusterMaxCores", "clusterMaxMemory"),
    }
    for name, value in asked.items():
        assert re.fullmatch(r"\d+[KMGT]" if "Memory" in name else r"\d+", str(value)), name
    assert asked["clusterMaxCores"] >= asked["workerCoresLimit"]
    assert workflow["burned-area"]["temporaryFailCodes"] == [75]


def test_the_inputs_of_the_workflow_are_options_of_the_program(workflow):
    tool, main = workflow["burned-area"], workflow["main"]
    assert set(tool["inputs"]) == set(main["inputs"]) == {"pre-fire-url", "post-fire-url", "index", "aoi"}
    shown = CliRunner().invoke(cli, ["--help"]).output
    for name, one in tool["inputs"].items():
        assert one["inputBinding"] == {"prefix": f"--{name}=", "separate": False}
        assert f"--{name} " in shown
    assert main["inputs"]["index"]["type"]["symbols"] == ["dnbr", "rbr", "bai"]
    assert tool["arguments"] == ["--output-dir=stac-catalog"]
    assert tool["outputs"]["stac-catalog"]["outputBinding"] == {"glob": "stac-catalog"}
    assert set(main["outputs"]) == {"stac-catalog"}


def test_the_table_of_the_documentation_is_that_of_the_code():
    page = (ROOT / "docs/how-to/burned-area.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d) \| (.*?) \| (.*?) \| `(\w{6})` \|$", page, re.MULTILINE)
    for one, (code, title, span, colour) in zip(SEVERITY_CLASSES, rows, strict=True):
        assert (int(code), title, colour) == (one.code, one.title, one.colour_hint)
        assert one.code == 1 or float(span.split()[0]) == one.least
