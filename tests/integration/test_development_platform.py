"""What `skaffold dev` deploys: a code server and a Dask Gateway, as strictly as the rest of the platform."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
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
CHART = DEPLOY / "code-server"
KUBERNETES = "1.31"
NAMESPACE = "eoap-dask-gateway"


@pytest.fixture(scope="module")
def helm():
    return open_helm()


@pytest.fixture
def render(helm):
    """Resources that the chart gives, by kind and name."""

    def run(*arguments, namespace=NAMESPACE):
        done = helm("template", "code-server", CHART, "--namespace", namespace, *arguments)
        assert done.returncode == 0, done.stderr
        return resources_of(done.stdout)

    return run


@pytest.fixture
def pod(render):
    return render()["Deployment", "code-server"]["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def skaffold():
    return yaml.safe_load((DEPLOY / "skaffold.yaml").read_text("utf-8"))


def test_helm_finds_no_fault(helm):
    done = helm("lint", "--strict", CHART)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "setting",
    [
        "image=",
        "toolImage=a b",
        "toolImage=x|y",
        "daskGatewayUrl=gateway:80",
        "accessMode=ReadMany",
        "workspace.size=lots",
        "resources.limits.cpu=null",
        "extensions={not an extension}",
        "imagePullSecrets=x",
    ],
)
def test_helm_refuses_wrong_values(setting, helm):
    done = helm("template", "code-server", CHART, "--set", setting)
    assert done.returncode == 1
    assert "values don't meet the specifications of the schema" in done.stderr


def test_what_the_chart_gives_is_valid(render):
    resources = render()
    assert {kind for kind, _ in resources} == {
        "ConfigMap",
        "Deployment",
        "PersistentVolumeClaim",
        "Role",
        "RoleBinding",
        "ServiceAccount",
    }
    for one in resources.values():
        kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_no_container_is_root_or_unlimited_or_writes_to_its_image(pod):
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    containers = [*pod["initContainers"], *pod["containers"]]
    assert len(containers) == 2
    for one in containers:
        assert one["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(one["resources"]["limits"]) == set(one["resources"]["requests"]) == {"cpu", "memory"}


def test_only_a_port_forward_reaches_the_editor(render, pod):
    """It asks for no password, so it listens inside of its pod only, and no service leads to it."""
    (server,) = pod["containers"]
    assert server["args"][server["args"].index("--bind-addr") + 1] == "127.0.0.1:8080"
    assert not [kind for kind, _ in render() if kind in {"Service", "Ingress"}]
    assert "httpGet" not in server["readinessProbe"]


def test_calrissian_has_its_account_and_tools_have_none_of_its_rights(render, pod):
    """Tools get the account by name, as published, but no token of it."""
    resources = render()
    account = resources["ServiceAccount", "calrissian-sa"]
    assert account["automountServiceAccountToken"] is False
    assert account["imagePullSecrets"] == [{"name": "mosaics-registry"}]
    assert pod["serviceAccountName"] == "calrissian-sa"
    assert pod["automountServiceAccountToken"] is True
    (subject,) = resources["RoleBinding", "calrissian-sa"]["subjects"]
    assert (subject["name"], subject["namespace"]) == ("calrissian-sa", NAMESPACE)


def test_both_charts_give_calrissian_the_same_rights(helm, render):
    workflow = ROOT / "cwl-workflows/monthly-composite.cwl"
    done = helm("template", "run", DEPLOY / "calrissian", "--set-file", f"workflow={workflow}")
    (role,) = (one for one in yaml.safe_load_all(done.stdout) if one["kind"] == "Role")
    assert render()["Role", "calrissian-sa"]["rules"] == role["rules"]


def test_calrissian_finds_its_pod_and_the_volumes_of_the_published_command(render, pod):
    (server,) = pod["containers"]
    (name,) = (one for one in server["env"] if one["name"] == "CALRISSIAN_POD_NAME")
    assert name["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    claims = {
        volume["name"]: volume["persistentVolumeClaim"]["claimName"]
        for volume in pod["volumes"]
        if "persistentVolumeClaim" in volume
    }
    mounted = {
        one["mountPath"]: claims[one["name"]] for one in server["volumeMounts"] if one["name"] in claims
    }
    assert mounted == {"/workspace": "workspace-claim", "/calrissian": "calrissian-claim"}
    for claim in mounted.values():
        found = render()["PersistentVolumeClaim", claim]
        assert found["spec"]["accessModes"] == ["ReadWriteMany"]
        assert found["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


@pytest.mark.parametrize("namespace", [NAMESPACE, "elsewhere"])
def test_the_client_is_told_of_the_gateway_of_the_namespace(render, namespace):
    resources = render(namespace=namespace)
    text = resources["ConfigMap", "dask-gateway-config"]["data"]["gateway.yaml"]
    address = f"http://traefik-dask-gateway.{namespace}.svc.cluster.local:80"
    assert yaml.safe_load(text) == {"gateway": {"address": address}}
    spec = resources["Deployment", "code-server"]["spec"]["template"]["spec"]
    (volume,) = (one["name"] for one in spec["volumes"] if "dask-gateway-config" in json.dumps(one))
    assert {"name": volume, "mountPath": "/etc/dask", "readOnly": True} in spec["containers"][0][
        "volumeMounts"
    ]


def test_a_changed_setting_restarts_the_editor(render):
    def checksum(*arguments):
        template = render(*arguments)["Deployment", "code-server"]["spec"]["template"]
        return template["metadata"]["annotations"]["checksum/config"]

    assert checksum() == checksum()
    assert checksum() != checksum("--set", "extensions={ms-python.python}")


def test_the_chart_has_the_version_of_the_package():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert chart["appVersion"] == __version__
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    assert values["image"] == f"cloudless-mosaic-code-server:{__version__}"
    assert values["toolImage"] == f"cloudless-mosaic:{__version__}"


def test_skaffold_deploys_a_gateway_and_a_code_server_in_the_published_namespace(skaffold):
    gateway, server = skaffold["deploy"]["helm"]["releases"]
    assert (DEPLOY / gateway["valuesFiles"][0]).is_file()
    assert (DEPLOY / server["chartPath"]).resolve() == CHART
    # the chart finds the Gateway by the names of its release and its namespace
    assert gateway["name"] == "dask-gateway"
    assert gateway["namespace"] == server["namespace"] == NAMESPACE
    assert gateway["createNamespace"] is server["createNamespace"] is True


def test_one_place_names_the_namespace():
    named = [
        (path.name, line)
        for path in DEPLOY.rglob("*")
        if path.is_file()
        for line in path.read_text("utf-8").splitlines()
        if re.search(rf"\bnamespace: .*{NAMESPACE}|{NAMESPACE}\.svc", line)
    ]
    assert len(named) == 1, named
    moved = yaml.safe_load(
        (DEPLOY / "skaffold.yaml").read_text("utf-8").replace(f"&namespace {NAMESPACE}", "&namespace x")
    )
    places = [*moved["deploy"]["helm"]["releases"], *moved["portForward"]]
    assert {one["namespace"] for one in places} == {"x"}


def test_both_services_are_forwarded(skaffold, render):
    server, gateway = skaffold["portForward"]
    assert (server["resourceType"].capitalize(), server["resourceName"]) in render()
    assert (gateway["resourceType"], gateway["resourceName"]) == ("service", "traefik-dask-gateway")
    assert [(one["port"], one["localPort"]) for one in (server, gateway)] == [(8080, 8000), (80, 8001)]
    assert {one["address"] for one in (server, gateway)} == {"127.0.0.1"}


def test_skaffold_builds_the_images_that_are_deployed(skaffold):
    tool, server = skaffold["build"]["artifacts"]
    for one in (tool, server):
        assert (DEPLOY / one["context"] / one["docker"]["dockerfile"]).is_file()
    assert server["requires"] == [{"image": tool["image"], "alias": "TOOL"}]
    assert "ARG TOOL=" in (ROOT / server["docker"]["dockerfile"]).read_text("utf-8")
    values = yaml.safe_load((DEPLOY / "dask-gateway.yaml").read_text("utf-8"))
    assert tool["image"] == values["gateway"]["backend"]["image"]["name"]
    releases = skaffold["deploy"]["helm"]["releases"]
    built = {one["image"].replace("-", "_") for one in (tool, server)}
    used = set(re.findall(r"\{\{\.IMAGE_(?:REPO|TAG)_(\w+)\}\}", json.dumps(releases)))
    assert used == built


def test_secrets_of_registries_have_one_name(render):
    values = yaml.safe_load((DEPLOY / "dask-gateway.yaml").read_text("utf-8"))
    names = {one["name"] for one in values["gateway"]["backend"]["imagePullSecrets"]}
    names |= {one["name"] for one in render()["ServiceAccount", "calrissian-sa"]["imagePullSecrets"]}
    page = (ROOT / "docs/how-to/minikube.md").read_text("utf-8")
    names |= set(re.findall(r"kubectl create secret docker-registry (\S+)", page))
    assert names == {"mosaics-registry"}


PREPARE = CHART / "files/prepare.sh"

# An editor that knows one extension and can install another.
EDITOR = """#!/bin/sh
case "$1" in
  --list-extensions) echo ms-python.python ;;
  --install-extension) test "$2" = redhat.vscode-yaml && echo "$2" >> "$HOME/installed" ;;
esac
"""


@pytest.fixture
def prepare(tmp_path, render):
    """Runs the script that fills a workspace, from the files that the chart mounts."""
    config, share, home, programs = (tmp_path / name for name in ("config", "share", "home", "bin"))
    for folder in (config, share, home, programs):
        folder.mkdir()
    for name, text in render()["ConfigMap", "code-server-config"]["data"].items():
        (config / name).write_text(text, "utf-8")
    shutil.copytree(ROOT / "cwl-workflows", share / "cwl-workflows")
    shutil.copy(ROOT / "bai.py", share)
    (programs / "code-server").write_text(EDITOR)
    (programs / "code-server").chmod(0o755)

    def run(image="registry.example/mosaics:1"):
        done = subprocess.run(
            ["/bin/sh", config / "prepare.sh"],
            env={
                "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(home),
                "SHARE": str(share),
                "TOOL_IMAGE": image,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done, home

    return run


def test_a_workspace_has_workflows_script_settings_and_extensions(prepare):
    done, home = prepare()
    assert done.returncode == 0, done.stderr
    for path in (ROOT / "cwl-workflows").glob("*.cwl"):
        tools = yaml.safe_load((home / "cwl-workflows" / path.name).read_text("utf-8"))["$graph"]
        images = {one["hints"]["DockerRequirement"]["dockerPull"] for one in tools if "hints" in one}
        assert images == {"registry.example/mosaics:1"}
    assert (home / "bai.py").read_bytes() == (ROOT / "bai.py").read_bytes()
    settings = home / ".local/share/code-server/User/settings.json"
    assert json.loads(settings.read_text("utf-8"))["telemetry.telemetryLevel"] == "off"
    assert (home / "installed").read_text("utf-8").split() == ["redhat.vscode-yaml"]


def test_an_extension_that_can_not_be_had_is_a_note(prepare):
    done, _ = prepare()
    assert done.returncode == 0
    assert "note: the editor starts without sbg-rabix.benten-cwl; is open-vsx.org in reach?" in done.stderr
    assert "ms-python.python" not in done.stderr


def test_what_the_user_changed_stays_and_the_image_of_the_tool_follows(prepare):
    _, home = prepare()
    settings = home / ".local/share/code-server/User/settings.json"
    settings.write_text("{}")
    (home / "bai.py").write_text("mine")
    done, _ = prepare("cloudless-mosaic:2")
    assert done.returncode == 0
    assert settings.read_text() == "{}"
    assert (home / "bai.py").read_text() == "mine"
    assert "dockerPull: cloudless-mosaic:2" in (home / "cwl-workflows/monthly-composite.cwl").read_text(
        "utf-8"
    )


def quantity(text):
    """A quantity of Kubernetes as a number."""
    units = {"m": 1e-3, "K": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    number, unit = re.fullmatch(r"([\d.]+)(\w*)", str(text)).groups()
    return float(number) * units.get(unit, 1)


def admission_faults(resources):
    """What a server refuses, or never starts, in manifests that fit the schema."""
    for (kind, _), one in resources.items():
        if kind not in {"Deployment", "Job"}:
            continue
        template = one["spec"]["template"]
        selector = one["spec"].get("selector", {}).get("matchLabels", {})
        if not selector.items() <= template.get("metadata", {}).get("labels", {}).items():
            yield "the selector selects other pods"
        pod = template["spec"]
        if ("ServiceAccount", pod["serviceAccountName"]) not in resources:
            yield "there is no such account"
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        for volume in volumes.values():
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            config = volume.get("configMap", {}).get("name")
            wanted = (
                {("PersistentVolumeClaim", claim)} if claim else {("ConfigMap", config)} if config else set()
            )
            if not wanted <= set(resources):
                yield f"nothing is behind the volume {volume['name']}"
        for container in (*pod.get("initContainers", []), *pod["containers"]):
            if not {mount["name"] for mount in container["volumeMounts"]} <= set(volumes):
                yield "a mount names no volume"
            least, most = container["resources"]["requests"], container["resources"]["limits"]
            if any(quantity(least[name]) > quantity(most[name]) for name in set(least) & set(most)):
                yield "more is requested than may be used"


def test_a_server_would_admit_and_start_what_the_charts_give(helm, render):
    assert list(admission_faults(render())) == []
    workflow = ROOT / "cwl-workflows/monthly-composite.cwl"
    done = helm("template", "run", DEPLOY / "calrissian", "--set-file", f"workflow={workflow}")
    run = {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(done.stdout)}
    assert list(admission_faults(run)) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda resources: resources.pop(("ServiceAccount", "calrissian-sa")),
        lambda resources: resources.pop(("ConfigMap", "code-server-config")),
        lambda resources: resources.pop(("PersistentVolumeClaim", "calrissian-claim")),
        lambda resources: resources["Deployment", "code-server"]["spec"]["selector"]["matchLabels"].update(
            a="b"
        ),
        lambda resources: resources["Deployment", "code-server"]["spec"]["template"]["spec"]["volumes"].pop(),
        lambda resources: resources["Deployment", "code-server"]["spec"]["template"]["spec"]["containers"][0][
            "resources"
        ]["requests"].update(memory="7Gi"),
    ],
)
def test_what_a_server_would_refuse_is_found(render, spoil):
    resources = render()
    spoil(resources)
    assert list(admission_faults(resources))
