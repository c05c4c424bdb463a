"""What calrissian's pod does for a tool with a DaskGatewayRequirement, by containers of this computer.

Three containers of the tool's own image share a folder: the first starts a cluster of the Gateway and writes
its name down, the second runs the tool, the third waits until that has ended and stops the cluster. The
runner looks at the exit code of the last one only: a tool that failed is known by the output that is missing.
"""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from images import STRANGER, Image, Outcome, folder_of

REQUIREMENT = "calrissian:DaskGatewayRequirement"
FIELDS = {"workerCores", "workerCoresLimit", "workerMemory", "clusterMaxCores", "clusterMaxMemory"}

START = """
import os
from dask_gateway import Gateway

def number(name):
    return int(os.environ[name])

def gigabytes(name):
    text = os.environ[name]
    return int(text[:-1]) * 1024 ** ("KMGT".index(text[-1]) - 2)

gateway = Gateway(os.environ["DASK_GATEWAY_URL"])
options = gateway.cluster_options()
options["image"] = os.environ["DASK_GATEWAY_IMAGE"]
options["worker_cores"] = float(os.environ["DASK_GATEWAY_WORKER_CORES"])
options["worker_cores_limit"] = number("DASK_GATEWAY_WORKER_CORES_LIMIT")
options["worker_memory"] = os.environ["DASK_GATEWAY_WORKER_MEMORY"]
cluster = gateway.new_cluster(options, shutdown_on_close=False)
by_cores = number("DASK_GATEWAY_CLUSTER_MAX_CORES") // number("DASK_GATEWAY_WORKER_CORES_LIMIT")
by_memory = gigabytes("DASK_GATEWAY_CLUSTER_MAX_RAM") // gigabytes("DASK_GATEWAY_WORKER_MEMORY")
cluster.scale(int(min(by_cores, by_memory)))
with open(os.environ["DASK_CLUSTER_NAME_PATH"], "w") as file:
    file.write(cluster.name)
"""

STOP = """
import os, time
from dask_gateway import Gateway

while not os.path.exists("/shared/completed"):
    time.sleep(0.2)
with open(os.environ["DASK_CLUSTER_NAME_PATH"]) as file:
    name = file.read().strip()
Gateway(os.environ["DASK_GATEWAY_URL"]).connect(name).shutdown()
"""


@dataclass(frozen=True)
class Tool:
    """The tool of a CWL document that asks for a cluster."""

    document: dict = field(repr=False)
    defaults: dict[str, object] = field(repr=False)
    """What the workflow gives for inputs without a value; ``None`` where the tool's option is left out."""

    @classmethod
    def of(cls, path: Path) -> Tool:
        graph = yaml.safe_load(path.read_text("utf-8"))["$graph"]
        (tool,) = (one for one in graph if REQUIREMENT in one.get("requirements", {}))
        (workflow,) = (one for one in graph if one["class"] == "Workflow")
        return cls(tool, {name: one.get("default") for name, one in workflow["inputs"].items()})

    @property
    def requirement(self) -> dict[str, str]:
        """Its five fields; with others calrissian runs the tool without a cluster, and says nothing."""
        found = self.document["requirements"][REQUIREMENT]
        assert set(found) == FIELDS
        return {name: str(value) for name, value in found.items()}

    def words(self, **inputs: object) -> list[str]:
        """The command line; every option is one word.

        Args:
            inputs: Values of the workflow's inputs, with underscores; the others have their defaults.
        """
        words = [self.document["baseCommand"], *self.document["arguments"]]
        for name, declared in self.document["inputs"].items():
            value = inputs.pop(name.replace("-", "_"), self.defaults[name])
            kind = declared["type"]
            binding = declared.get("inputBinding") or kind["inputBinding"]
            if kind == "boolean?":
                words += [binding["prefix"]] * bool(value)
            elif value is not None:
                assert not binding["separate"]
                values = value if isinstance(value, list) else [value]
                words += [f"{binding['prefix']}{one}" for one in values]
        assert not inputs
        return words

    def outputs(self, folder: Path) -> list[Path]:
        """What a runner collects; it fails on what isn't there.

        Raises:
            FileNotFoundError: if an output is missing.
        """
        found = [folder / one["outputBinding"]["glob"] for one in self.document["outputs"].values()]
        for path in found:
            if not path.exists():
                raise FileNotFoundError(path)
        return found


@dataclass(frozen=True)
class Pod:
    image: Image
    gateway: str
    """Address of the Gateway."""
    requirement: dict[str, str]
    folder: Path

    def __post_init__(self):
        for name in ("shared", "out", "tmp"):
            folder_of(STRANGER, self.folder / name)
        (self.folder / "dask").mkdir()
        (self.folder / "dask" / "gateway.yaml").write_text(yaml.dump({"gateway": {"address": self.gateway}}))

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def completed(self) -> bool:
        return (self.folder / "shared" / "completed").exists()

    @property
    def cluster(self) -> str:
        return (self.folder / "shared" / "dask_cluster_name.txt").read_text()

    def start(self) -> Outcome:
        return self.image.engine(*self._container("python", "-c", START))

    def run(self, words: list[str]) -> tuple[Outcome, int]:
        """What the tool did, and the exit code that the runner sees."""
        script = (
            'set -e; trap "touch /shared/completed" EXIT; '
            "export DASK_CLUSTER=$(cat /shared/dask_cluster_name.txt); " + shlex.join(words)
        )
        with subprocess.Popen(
            ["podman", *self._container("python", "-c", STOP)],
            env=self.image.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as sidecar:
            tool = self.image.engine(*self._container("/bin/sh", "-c", script))
            return tool, sidecar.wait(timeout=300)

    def _container(self, *command: str) -> tuple[str, ...]:
        needed = self.requirement
        environment = {
            "HOME": "/outdir",
            "TMPDIR": "/tmp",
            "DASK_GATEWAY_WORKER_CORES": needed["workerCores"],
            "DASK_GATEWAY_WORKER_CORES_LIMIT": needed["workerCoresLimit"],
            "DASK_GATEWAY_WORKER_MEMORY": needed["workerMemory"],
            "DASK_GATEWAY_CLUSTER_MAX_CORES": needed["clusterMaxCores"],
            "DASK_GATEWAY_CLUSTER_MAX_RAM": needed["clusterMaxMemory"],
            "DASK_GATEWAY_URL": self.gateway,
            "DASK_GATEWAY_IMAGE": self.image.name,
            "DASK_CLUSTER_NAME_PATH": "/shared/dask_cluster_name.txt",
        }
        folders = {"out": "/outdir", "tmp": "/tmp", "shared": "/shared", "dask": "/etc/dask:ro"}
        return (
            *("run", "--rm", "--network", "host", "--workdir", "/outdir", *self.image.strict()),
            *(word for name, value in environment.items() for word in ("--env", f"{name}={value}")),
            *(
                word
                for name, path in folders.items()
                for word in ("--volume", f"{self.folder / name}:{path}")
            ),
            self.image.name,
            *command,
        )
