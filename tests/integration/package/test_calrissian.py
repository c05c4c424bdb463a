"""The tool in calrissian's pod, on a cluster of a real Dask Gateway, all of them in the image."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateways import GatewayServer
from image_gateways import gateway_of_image
from images import STRANGER, Image, folder_of
from outputs import assert_same_content
from pods import Pod, Tool
from processes import wait_for

pytestmark = pytest.mark.package


@dataclass(frozen=True)
class Platform:
    image: Image
    gateway: GatewayServer
    folder: Path
    tool: Tool

    def pod(self, **changes: str) -> Pod:
        requirement = {**self.tool.requirement, "clusterMaxCores": "2", "workerMemory": "2G", **changes}
        return Pod(self.image, self.gateway.address, requirement, self.folder)

    def containers(self, cluster: str) -> list[str]:
        """Of scheduler and workers."""
        return self.image.engine("ps", "--quiet", "--filter", f"label=cluster={cluster}").out.split()


@pytest.fixture(scope="module")
def damaged_archive(demo_archive, tmp_path_factory) -> Path:
    """The archive with one band cut off in every scene."""
    folder = tmp_path_factory.mktemp("damaged") / "archive"
    shutil.copytree(demo_archive.folder, folder)
    cut = list(folder.rglob("*B08*.tif"))
    assert cut
    for file in cut:
        file.write_bytes(file.read_bytes()[:1000])
    return folder


@pytest.fixture(scope="module")
def server(image, workflows, demo_archive, damaged_archive, tmp_path_factory):
    values = workflows.parent / "deploy" / "dask-gateway.yaml"
    folder = tmp_path_factory.mktemp("gateway")
    with gateway_of_image(image, values, folder, demo_archive.folder, damaged_archive) as running:
        yield running


@pytest.fixture
def platform(server, workflows, tmp_path):
    image, gateway = server
    return Platform(image, gateway, tmp_path / "pod", Tool.of(workflows / "monthly-composite.cwl"))


def test_tool_on_the_runners_cluster_gives_the_files_of_the_command(platform, demo_archive, threaded_example):
    pod = platform.pod()
    started = pod.start()
    assert started.code == 0, started.err
    wait_for(lambda: len(platform.containers(pod.cluster)) == 3)
    tool, seen = pod.run(platform.tool.words(stac_url=str(demo_archive.catalog)))
    assert (tool.code, seen) == (0, 0), tool.err
    assert f"cluster {pod.cluster} of the Gateway at {platform.gateway.address}" in tool.out
    assert pod.completed
    assert_same_content(threaded_example, platform.tool.outputs(pod.out)[0])
    assert {one.name for one in pod.out.iterdir()} == {"stac-catalog"}
    wait_for(lambda: platform.containers(pod.cluster) == [])


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"end_date": "2020-13-01"}, 2, "2020-13-01"),
        ({"aoi": "10.0,50.0,10.1,50.1"}, 3, "no scene"),
    ],
)
def test_tool_that_fails_is_seen_though_its_exit_code_is_lost(platform, demo_archive, change, code, word):
    pod = platform.pod()
    assert pod.start().code == 0
    tool, seen = pod.run(platform.tool.words(**change, stac_url=str(demo_archive.catalog)))
    assert (tool.code, seen) == (code, 0)
    assert word in tool.err
    assert len(tool.err.splitlines()) == 1
    assert pod.completed
    with pytest.raises(FileNotFoundError):
        platform.tool.outputs(pod.out)
    wait_for(lambda: platform.containers(pod.cluster) == [])


def test_tool_that_loses_too_much_leaves_no_catalog(platform, damaged_archive):
    pod = platform.pod()
    assert pod.start().code == 0
    tool, seen = pod.run(platform.tool.words(stac_url=str(damaged_archive / "catalog.json")))
    assert (tool.code, seen) == (4, 0), tool.err
    with pytest.raises(FileNotFoundError):
        platform.tool.outputs(pod.out)


def test_cluster_too_small_for_a_worker_is_a_failure_that_may_pass(platform, demo_archive):
    pod = platform.pod(workerCoresLimit="4", clusterMaxCores="2")
    assert pod.start().code == 0
    words = platform.tool.words(stac_url=str(demo_archive.catalog))
    tool, seen = pod.run([*words, "--wait-workers=3"])
    assert (tool.code, seen) == (75, 0)
    assert "are its limits too small" in tool.err
    with pytest.raises(FileNotFoundError):
        platform.tool.outputs(pod.out)


def test_command_of_the_image_starts_a_cluster_of_it(platform):
    url = ("--gateway-url", platform.gateway.address)
    script = (
        "cloudless-mosaic cluster start --target name.txt --image $0 --worker-cores 1 --max-cores 1 $*; "
        "cloudless-mosaic cluster list $*; . ./name.txt; cloudless-mosaic cluster stop $*"
    )
    outcome = platform.image.run(
        *("/bin/sh", "-euc", script, platform.image.name, *url),
        options=("--network", "host", "--volume", f"{folder_of(STRANGER, platform.folder)}:/output"),
    )
    assert outcome.code == 0, outcome.err
    assert outcome.err == ""
    assert "with up to 1 workers" in outcome.out
    assert "running" in outcome.out
