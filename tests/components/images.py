"""The image, and running it as strictly as a platform may."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

STRANGER = 54321
"""A user whom no image knows."""

# Some machines let nobody raise limits, which the engine does unless it is told some.
ENGINE = """
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
volumes = [{volumes}]
"""


def engine_environment(folder: Path, *seen: Path) -> dict[str, str]:
    """Environment in which containers start here; each of them sees some folders, at the same place."""
    config = folder / "containers.conf"
    config.write_text(ENGINE.format(volumes=", ".join(f'"{one}:{one}:ro"' for one in seen)))
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
