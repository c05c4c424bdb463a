"""The values of our Dask Gateway: the chart knows them, and the Gateway's code makes sound pods of them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

if sys.platform != "linux":
    pytest.skip("the Dask Gateway server is installed on Linux only", allow_module_level=True)

import kubernetes_validate
from dask_gateway.options import Options as ClientOptions
from dask_gateway_server.backends.kubernetes.backend import KubeClusterConfig
from dask_gateway_server.backends.kubernetes.controller import KubeController
from dask_gateway_server.models import User
from dask_gateway_server.options import Float, Integer, Options, String
from traitlets import TraitError
from traitlets.config import Config

from cloudless_mosaic.execution.gateway import ClusterSize, _options

ROOT = Path(__file__).resolve().parents[2]
USER = User(name="somebody", groups=(), admin=False)
IMAGE = f"registry.example/cloudless-mosaic@sha256:{'0f' * 32}"

KNOWN = {
    "controller.resources",
    "gateway.resources",
    "traefik.resources",
    "gateway.auth.type",
    "gateway.backend.image.name",
    "gateway.backend.image.tag",
    "gateway.backend.image.pullPolicy",
    "gateway.backend.imagePullSecrets",
    "gateway.backend.scheduler.cores.request",
    "gateway.backend.scheduler.cores.limit",
    "gateway.backend.scheduler.memory.request",
    "gateway.backend.scheduler.memory.limit",
    "gateway.backend.scheduler.extraPodConfig",
    "gateway.backend.scheduler.extraContainerConfig",
    "gateway.backend.worker.cores.request",
    "gateway.backend.worker.cores.limit",
    "gateway.backend.worker.memory.request",
    "gateway.backend.worker.memory.limit",
    "gateway.backend.worker.extraPodConfig",
    "gateway.backend.worker.extraContainerConfig",
    "gateway.extraConfig",
    "traefik.service.type",
}
"""Of the values that the chart documents (it refuses others), those that we set."""

FREE = {"extraPodConfig", "extraContainerConfig", "extraConfig", "imagePullSecrets", "resources"}
"""Values that the chart passes on as they are."""


@pytest.fixture(scope="module")
def values():
    return yaml.safe_load((ROOT / "deploy/dask-gateway.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def config(values):
    """The Gateway's configuration, put together as the chart's own file does from its values."""
    backend, found = values["gateway"]["backend"], Config()
    cluster = found.KubeClusterConfig
    cluster.image = f"{backend['image']['name']}:{backend['image']['tag']}"
    cluster.image_pull_policy = backend["image"]["pullPolicy"]
    cluster.image_pull_secrets = backend["imagePullSecrets"]
    for role in ("scheduler", "worker"):
        part = backend[role]
        for resource in ("cores", "memory"):
            cluster[f"{role}_{resource}"] = part[resource]["request"]
            cluster[f"{role}_{resource}_limit"] = part[resource]["limit"]
        cluster[f"{role}_extra_pod_config"] = part["extraPodConfig"]
        cluster[f"{role}_extra_container_config"] = part["extraContainerConfig"]
    for _, code in sorted(values["gateway"]["extraConfig"].items()):
        exec(code, {"c": found})
    return found


@pytest.fixture(scope="module")
def options(config):
    return config.Backend.cluster_options


@pytest.fixture
def cluster(config, options):
    """Configuration of a requested cluster, as the Gateway makes it."""

    def ask(request):
        chosen = options.get_configuration(options.parse_options(request), USER)
        return KubeClusterConfig(config=config, **chosen)

    return ask


def from_calrissian(cores="1", limit="1", memory="4G"):
    """What calrissian's initial container sends, from the text of its environment."""
    return {
        "image": IMAGE,
        "worker_cores": float(cores),
        "worker_cores_limit": int(limit),
        "worker_memory": memory,
    }


@pytest.fixture
def pods(cluster):
    """Scheduler and worker of a cluster for calrissian."""
    controller = KubeController(
        gateway_instance="dask-gateway",
        api_url="http://api-dask-gateway.eoap-dask-gateway:8000/api",
        common_labels={"app.kubernetes.io/name": "dask-gateway"},
    )
    made = cluster(from_calrissian())
    return [
        controller.make_pod("eoap-dask-gateway", "0123", made, is_worker=worker) for worker in (False, True)
    ]


def paths(value, prefix=""):
    for name, inner in value.items():
        path = f"{prefix}{name}"
        if isinstance(inner, dict) and name not in FREE:
            yield from paths(inner, f"{path}.")
        else:
            yield path


def test_the_chart_knows_every_value(values):
    assert set(paths(values)) == KNOWN


def test_the_gateways_own_pods_are_limited(values):
    for part in ("gateway", "controller", "traefik"):
        resources = values[part]["resources"]
        assert set(resources["requests"]) == set(resources["limits"]) == {"cpu", "memory"}


def test_an_idle_cluster_ends(config, cluster):
    assert config.KubeClusterConfig.idle_timeout == 1800
    assert cluster({}).idle_timeout == 1800


def test_calrissian_gets_the_cluster_of_its_requirement(cluster):
    made = cluster(from_calrissian("0.5", "2", "3G"))
    assert (made.worker_cores, made.worker_cores_limit, made.worker_threads) == (0.5, 2.0, 2)
    assert made.worker_memory == made.worker_memory_limit == 3 * 2**30
    assert made.image == IMAGE


def test_every_workflow_can_have_its_cluster(cluster):
    found = 0
    for path in (ROOT / "cwl-workflows").glob("*.cwl"):
        for part in yaml.safe_load(path.read_text("utf-8"))["$graph"]:
            asked = part.get("requirements", {}).get("calrissian:DaskGatewayRequirement")
            if asked:
                found += 1
                request = (asked["workerCores"], asked["workerCoresLimit"], asked["workerMemory"])
                assert cluster(from_calrissian(*map(str, request))).worker_memory > 0
    assert found == 2


class Gateway:
    """The client's view of a Gateway with some options."""

    address = "http://gateway"

    def __init__(self, options):
        self.options = options

    def cluster_options(self):
        return ClientOptions._from_spec(self.options.get_specification())


def test_our_own_command_gets_the_cluster_it_asks_for(cluster, options):
    chosen, unknown = _options(Gateway(options), ClusterSize(0.5, 1, 2, 5, 16), IMAGE)
    assert unknown == []
    made = cluster(chosen)
    assert (made.worker_cores, made.worker_cores_limit, made.image) == (0.5, 1.0, IMAGE)
    assert made.worker_memory == made.worker_memory_limit == 2 * 2**30


@pytest.mark.parametrize(
    ("memory", "expected"), [(String("worker_memory", default="1 G"), "2G"), (Float("worker_memory"), 2.0)]
)
def test_a_gateway_is_asked_in_the_types_of_its_options(memory, expected):
    options = Options(Integer("worker_cores", default=1), Integer("worker_cores_limit", default=1), memory)
    chosen, _ = _options(Gateway(options), ClusterSize(1.0, 2.0, 2.0, 5.0, 16.0), None)
    assert options.parse_options(chosen) == {
        "worker_cores": 1,
        "worker_cores_limit": 2,
        "worker_memory": expected,
    }


def test_a_part_of_a_core_is_not_rounded_away():
    options = Options(Integer("worker_cores", default=1))
    chosen, _ = _options(Gateway(options), ClusterSize(0.5, 1.0, 2.0, 5.0, 16.0), None)
    with pytest.raises(TypeError, match=r"worker_cores must be an integer, got 0\.5"):
        options.parse_options(chosen)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"worker_cores": 2.0}, "worker_cores 2 is more than worker_cores_limit 1"),
        ({"worker_cores": 0.0}, "worker_cores must be >= 0.1"),
        ({"worker_cores_limit": 64}, "worker_cores_limit must be <= 16"),
        ({"worker_memory": "4Gi"}, "4Gi is not a valid memory specification"),
        ({"worker_memory": "lots"}, "lots is not a valid memory specification"),
        ({"image": 1}, "image must be a string"),
        ({"command": "sh"}, "Unknown fields"),
    ],
)
def test_wrong_wishes_are_refused(change, error, cluster):
    with pytest.raises((TypeError, ValueError, TraitError), match=re.escape(error)):
        cluster(from_calrissian() | change)


def test_without_an_image_it_is_that_of_the_values(cluster):
    assert cluster({}).image == "cloudless-mosaic:latest"


def test_pods_are_valid(pods):
    for pod in pods:
        kubernetes_validate.validate(pod, "1.31", strict=True)


def test_pods_run_programs_that_dask_has(pods):
    commands = [pod["spec"]["containers"][0]["args"][:2] for pod in pods]
    assert commands == [["dask", "scheduler"], ["dask", "worker"]]


def test_pods_run_the_image_of_the_tool_and_may_pull_it(pods):
    for pod in pods:
        assert pod["spec"]["containers"][0]["image"] == IMAGE
        assert pod["spec"]["imagePullSecrets"] == [{"name": "mosaics-registry"}]


def test_pods_can_write_in_one_place_only(pods):
    for pod in pods:
        (container,) = pod["spec"]["containers"]
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        mounts = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
        assert mounts == {"dask-credentials": "/etc/dask-credentials/", "tmp": "/tmp"}
        assert container["workingDir"] == "/tmp"
        assert {one["name"] for one in pod["spec"]["volumes"]} == set(mounts)
