"""The code server of the platform, as its pod runs it, used in a browser beside a real Dask Gateway."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from charts import helm_program, resources_of
from image_gateways import gateway_of_image
from images import folder_of
from outputs import assert_same_content
from processes import answers, free_port, wait_for

pytestmark = pytest.mark.package

ROOT = Path(__file__).resolve().parents[3]
WEB = ROOT / "web"
USER = 1001


@pytest.fixture(scope="module")
def chromium():
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("there is no Chromium; .ci/run installs it")
    assert (WEB / "node_modules" / "playwright-core").is_dir(), "run make setup"
    return found


@pytest.fixture(scope="module")
def resources():
    """What the chart gives, by kind and name."""
    program = helm_program()
    assert program, "make package-test fetches Helm"
    image = ("--set", "toolImage=localhost/cloudless-mosaic:latest")
    done = subprocess.run(
        [program, "template", "code-server", ROOT / "deploy/code-server", *image],
        capture_output=True,
        text=True,
        check=True,
    )
    return resources_of(done.stdout)


@pytest.fixture(scope="module")
def gateway(image, demo_archive, tmp_path_factory):
    values = ROOT / "deploy/dask-gateway.yaml"
    folder = tmp_path_factory.mktemp("gateway")
    with gateway_of_image(image, values, folder, demo_archive.folder) as (seeing, server):
        yield seeing.environment, server.address


class Pod:
    """The pod of the chart by containers of this computer."""

    def __init__(self, image, environment, resources, address, folder):
        self.image = image
        self.environment = environment
        self.spec = resources["Deployment", "code-server"]["spec"]["template"]["spec"]
        self.workspace = folder_of(USER, folder / "workspace")
        self.results = folder_of(USER, folder / "calrissian")
        self.mounts = {"/workspace": self.workspace, "/calrissian": self.results}
        for name, path in {
            "dask-gateway-config": "/etc/dask",
            "code-server-config": "/etc/code-server",
        }.items():
            self.mounts[path] = folder / name
            self.mounts[path].mkdir()
            for file, text in resources["ConfigMap", name]["data"].items():
                (self.mounts[path] / file).write_text(text)
        # the Gateway is here, not behind a service of a cluster
        (self.mounts["/etc/dask"] / "gateway.yaml").write_text(yaml.dump({"gateway": {"address": address}}))

    def words(self, container, *options):
        """Of a container of the pod, as strict as its security context."""
        assert container["securityContext"]["readOnlyRootFilesystem"]
        volumes = {one["mountPath"]: one.get("readOnly", False) for one in container["volumeMounts"]}
        assert set(volumes) == {*self.mounts, "/tmp"}
        return [
            *("run", "--rm", "--network", "host", *self.image.strict(USER), "--tmpfs", "/tmp:mode=1777"),
            *("--workdir", container.get("workingDir", "/workspace")),
            *(word for one in container["env"] if "value" in one for word in ("--env", self.variable(one))),
            *(
                word
                for path, source in self.mounts.items()
                for word in ("--volume", f"{source}:{path}{':ro' if volumes[path] else ''}")
            ),
            *options,
            self.image.name,
            *container["command"],
        ]

    @staticmethod
    def variable(one):
        return f"{one['name']}={one['value']}"

    def prepare(self):
        (container,) = self.spec["initContainers"]
        return subprocess.run(
            ["podman", *self.words(container)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def serving(self, log):
        """The editor's address."""
        (container,) = self.spec["containers"]
        port = free_port()
        arguments = [one.replace(":8080", f":{port}") for one in container["args"]]
        name = f"code-server-{port}"
        with log.open("wb") as file:
            running = subprocess.Popen(
                ["podman", *self.words(container, "--name", name), *arguments],
                env=self.environment,
                stdout=file,
                stderr=file,
            )
        try:
            wait_for(lambda: answers(port), 120)
            probe = [
                one.replace(":8080", f":{port}") for one in container["readinessProbe"]["exec"]["command"]
            ]
            ready = ["podman", "exec", name, *probe]
            assert subprocess.run(ready, env=self.environment, check=False).returncode == 0
            yield f"http://127.0.0.1:{port}"
        finally:
            subprocess.run(["podman", "stop", "--time", "5", name], env=self.environment, check=False)
            running.wait(timeout=60)


@pytest.fixture
def pod(code_server_image, gateway, resources, tmp_path):
    environment, address = gateway
    return Pod(code_server_image, environment, resources, address, tmp_path)


def typed(address, commands, chromium, pictures):
    """Exit code and screen of each command, typed into one terminal."""
    done = subprocess.run(
        ["node", WEB / "browser" / "terminal.js"],
        env={
            **os.environ,
            "CHROMIUM": chromium,
            "CODE_SERVER": address,
            "COMMANDS": json.dumps(commands),
            "PICTURES": str(pictures),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_a_terminal_runs_the_example_on_a_cluster_of_the_gateway(
    pod, chromium, demo_archive, readme_example, threaded_example, tmp_path
):
    prepared = pod.prepare()
    assert prepared.returncode == 0, prepared.stderr
    assert (pod.workspace / "cwl-workflows/monthly-composite.cwl").is_file()
    pictures = Path(os.environ.get("PICTURES", tmp_path))
    example = " ".join(readme_example)
    commands = [
        "start-dask.sh --max-cores 2",
        "source dask_cluster_name.txt && cloudless-mosaic cluster list",
        f"cloudless-mosaic {example} --stac-url {demo_archive.catalog} --output-dir mosaics",
        "cloudless-mosaic cluster list && end-dask.sh",
        "bai.py --help && python bai.py --help && calrissian --help > calrissian.txt && clear && id -u",
    ]
    with pod.serving(tmp_path / "code-server.log") as address:
        outcomes = typed(address, commands, chromium, pictures)
    screens = "\n".join(one["text"] for one in outcomes)
    assert [one["code"] for one in outcomes] == [0] * len(commands), screens
    assert "with up to 2 workers" in outcomes[0]["text"]
    assert "running" in outcomes[1]["text"]
    assert "2020-12" in outcomes[2]["text"]
    assert "is stopping" in outcomes[3]["text"]
    assert str(USER) in outcomes[4]["text"]
    assert_same_content(threaded_example, pod.workspace / "mosaics")
    assert not (pod.workspace / "dask_cluster_name.txt").exists()
