"""The development platform: what Helm makes of it is valid, and it asks for no more rights than it needs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

if sys.platform != "linux":
    pytest.skip("the validators are installed on Linux only", allow_module_level=True)

import kubernetes_validate

from charts import open_helm, resources_of
from cloudless_mosaic.version import __version__

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "calrissian"
NAMESPACE = "eoap-dask-gateway"
WORKFLOW = ROOT / "cwl-workflows/monthly-composite.cwl"
KUBERNETES = "1.31"


@pytest.fixture(scope="module")
def helm():
    return open_helm()


@pytest.fixture
def render(helm):
    """Resources that the chart gives, by kind and name."""

    def run(*arguments, workflow=WORKFLOW):
        done = helm(
            *("template", "mosaics", CHART, "--namespace", NAMESPACE),
            *("--set-file", f"workflow={workflow}", *arguments),
        )
        assert done.returncode == 0, done.stderr
        return resources_of(done.stdout)

    return run


@pytest.fixture
def calrissian(render):
    """The container that runs calrissian, and the options it gets."""
    (container,) = render()["Job", "monthly-composite"]["spec"]["template"]["spec"]["containers"]
    *pairs, workflow, inputs = container["args"]
    return container, dict(zip(pairs[::2], pairs[1::2], strict=True)), (workflow, inputs)


def test_helm_finds_no_fault(helm):
    done = helm("lint", "--strict", CHART, "--set-file", f"workflow={WORKFLOW}")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "setting",
    [
        "run.name=Ends-badly-",
        "run.maxRam=lots",
        "run.maxCores=0",
        "image=",
        "daskGatewayUrl=gateway:80",
        "toolImage=a b",
        "volume.accessMode=ReadMany",
        "imagePullSecrets=x",
    ],
)
def test_helm_refuses_wrong_values(setting, helm):
    done = helm("template", "mosaics", CHART, "--set", setting)
    assert done.returncode == 1
    assert "values don't meet the specifications of the schema" in done.stderr


def test_helm_says_how_to_give_the_workflow(helm):
    done = helm("template", "mosaics", CHART)
    assert done.returncode == 1
    assert "no workflow; give --set-file workflow=cwl-workflows/monthly-composite.cwl" in done.stderr


def test_what_the_chart_gives_is_valid(render):
    resources = render()
    assert len(resources) == 7
    for one in resources.values():
        kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_the_validator_finds_faults(render):
    job = render()["Job", "monthly-composite"]
    job["spec"]["template"]["spec"]["containers"][0]["img"] = "calrissian"
    with pytest.raises(kubernetes_validate.ValidationError, match="img"):
        kubernetes_validate.validate(job, KUBERNETES, strict=True)


def test_calrissian_may_do_what_it_does_and_no_more(render):
    resources = render()
    rules = {
        resource: set(rule["verbs"])
        for rule in resources["Role", "mosaics-calrissian"]["rules"]
        for resource in rule["resources"]
    }
    assert rules == {
        "pods": {"create", "delete", "list", "watch"},
        "pods/log": {"get"},
        "configmaps": {"create", "delete", "get"},
    }
    assert not [kind for kind, _ in resources if kind.startswith("Cluster")]
    (subject,) = resources["RoleBinding", "mosaics-calrissian"]["subjects"]
    assert (subject["name"], subject["namespace"]) == ("mosaics-calrissian", NAMESPACE)


def test_the_tool_has_no_rights(render, calrissian):
    _, options, _ = calrissian
    account = render()["ServiceAccount", options["--pod-serviceaccount"]]
    assert account["automountServiceAccountToken"] is False
    assert account["imagePullSecrets"] == [{"name": "mosaics-registry"}]
    bound = [one for (kind, _), one in render().items() if kind == "RoleBinding"]
    assert account["metadata"]["name"] not in {
        subject["name"] for one in bound for subject in one["subjects"]
    }


def test_calrissian_gets_the_published_flags(calrissian):
    container, options, _ = calrissian
    assert container["command"] == ["calrissian"]
    assert options["--max-ram"] == "16G"
    assert options["--max-cores"] == "8"
    assert options["--dask-gateway-url"] == f"http://traefik-dask-gateway.{NAMESPACE}.svc.cluster.local:80"
    written = (
        "--stdout",
        "--stderr",
        "--tmp-outdir-prefix",
        "--outdir",
        "--usage-report",
        "--tool-logs-basepath",
    )
    assert all(options[name].startswith("/calrissian/") for name in written)
    assert {"CALRISSIAN_POD_NAME", "HOME"} == {one["name"] for one in container["env"]}


def test_the_job_runs_the_workflow_with_inputs_that_it_has(render, calrissian):
    _, _, arguments = calrissian
    assert arguments == ("/config/workflow.cwl#main", "/config/inputs.yaml")
    data = render()["ConfigMap", "monthly-composite-run"]["data"]
    assert data["workflow.cwl"] == WORKFLOW.read_text("utf-8")
    given, document = yaml.safe_load(data["inputs.yaml"]), yaml.safe_load(data["workflow.cwl"])
    known = document["$graph"][0]["inputs"]
    assert {name: known[name]["default"] for name in given} == given


@pytest.mark.parametrize("path", sorted(WORKFLOW.parent.glob("*.cwl")), ids=lambda path: path.stem)
def test_the_image_of_the_tools_can_be_chosen(path, render):
    data = render("--set", "toolImage=registry.example/mosaics:1", workflow=path)
    document = yaml.safe_load(data["ConfigMap", "monthly-composite-run"]["data"]["workflow.cwl"])
    tools = [one for one in document["$graph"] if one["class"] == "CommandLineTool"]
    assert {one["hints"]["DockerRequirement"]["dockerPull"] for one in tools} == {
        "registry.example/mosaics:1"
    }


def test_inputs_keep_their_text(render, tmp_path):
    odd = {"aoi": "-1.5,2,3,4", "start-date": "2020-10-01", "bands": ["red"], "stac-url": 'a "b": #c'}
    (tmp_path / "run.yaml").write_text(yaml.safe_dump({"run": {"name": "odd"}, "inputs": odd}))
    data = render("--values", tmp_path / "run.yaml")["ConfigMap", "odd-run"]["data"]
    given = yaml.safe_load(data["inputs.yaml"])
    assert {name: given[name] for name in odd} == odd


def test_no_container_runs_as_root(render):
    spec = render()["Job", "monthly-composite"]["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


def test_results_are_copied_from_the_volume_of_the_runs(render):
    pod = yaml.safe_load((DEPLOY / "results.yaml").read_text("utf-8"))
    kubernetes_validate.validate(pod, KUBERNETES, strict=True)
    (volume,) = pod["spec"]["volumes"]
    assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in render()
    assert pod["spec"]["containers"][0]["image"] == f"cloudless-mosaic:{__version__}"


def test_the_pull_secret_is_a_shape_without_values():
    secret = yaml.safe_load((DEPLOY / "pull-secret.yaml").read_text("utf-8"))
    kubernetes_validate.validate(secret, KUBERNETES, strict=True)
    accounts = json.loads(secret["stringData"][".dockerconfigjson"])["auths"]
    assert [set(one.values()) for one in accounts.values()] == [{""}]


def test_the_chart_has_the_version_of_the_package():
    assert yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))["appVersion"] == __version__
