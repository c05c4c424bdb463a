"""The image, and running it as strictly as a platform may."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

INFO_SECONDS = 120
"""Seconds that the engine has to say what it is; it waits for locks of other processes without end."""

STRANGER = 54321
"""A user whom no image knows."""

# Some machines do not allow higher limits, which the engine sets by default.
ENGINE = """
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
volumes = [{volumes}]
"""

RUNTIME = """
[engine]
runtime = "runc"
"""


def engine_faults(find: Callable[[str], str | None], info: Callable[[], dict] | None = None) -> list[str]:
    """What is missing before an image can be built and run, each with the command that mends it.

    Args:
        find: Gives the path of a program, as ``shutil.which``.
        info: Gives what ``podman info`` says.
    """
    if not find("podman"):
        return ["podman is not installed: apt-get install --yes podman"]
    try:
        host = (info or engine_info)()["host"]
    except subprocess.TimeoutExpired:
        words = (
            f"podman info gives no answer for {INFO_SECONDS} s: end other podman processes, which hold locks"
        )
        return [words]
    faults = []
    if host.get("networkBackend") == "netavark" and not find("iptables"):
        faults.append("podman's network, netavark, wants iptables: apt-get install --yes iptables")
    if host["cgroupVersion"] != "v2" and host["ociRuntime"]["name"] == "crun" and not find("runc"):
        faults.append(
            "crun starts nothing on these cgroups (v1 or hybrid), runc does: apt-get install --yes runc"
        )
    return faults


def engine_info() -> dict:
    """What the engine says of itself."""
    done = subprocess.run(
        ["podman", "info", "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=INFO_SECONDS,
    )
    return json.loads(done.stdout)


def engine_environment(folder: Path, *seen: Path) -> dict[str, str]:
    """Environment in which containers start here; each of them sees some folders, at the same place."""
    config = folder / "containers.conf"
    text = ENGINE.format(volumes=", ".join(f'"{one}:{one}:ro"' for one in seen))
    if engine_info()["host"]["cgroupVersion"] != "v2":
        text += RUNTIME
    config.write_text(text)
    return {**os.environ, "CONTAINERS_CONF": str(config)}


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Image:
    name: str
    environment: dict[str, str] = field(repr=False)
    """Of the engine."""

    def engine(self, *words: str, timeout: float = 300) -> Outcome:
        done = subprocess.run(
            ["podman", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def run(self, *command: str, options: tuple[str, ...] = ()) -> Outcome:
        return self.engine("run", "--rm", *self.strict(), *options, self.name, *command)

    @staticmethod
    def strict(user: int = STRANGER) -> tuple[str, ...]:
        """A user without a name and a right, and nothing to write to but what is mounted."""
        return (
            *("--read-only", "--read-only-tmpfs=false", "--cap-drop", "all", "--passwd=false"),
            *("--security-opt", "no-new-privileges", "--user", f"{user}:{user}"),
        )


def folder_of(user: int, path: Path) -> Path:
    """A new folder that a user may write to."""
    path.mkdir(parents=True)
    os.chown(path, user, user)
    return path
