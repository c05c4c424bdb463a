"""Helm without a cluster, and the resources that a chart gives."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import yaml

Helm = Callable[..., "subprocess.CompletedProcess[str]"]


def helm_program() -> str | None:
    """Helm beside Python or on the path; ``make manifests`` fetches it."""
    return shutil.which("helm", path=f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}")  # noqa: PTH120 - text


def open_helm() -> Helm:
    """Runs Helm as a person without a cluster; skips the test where there is none."""
    program = helm_program()
    if program is None:
        pytest.skip("Helm is not installed; make manifests fetches it")

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *map(str, arguments)],
            env={name: value for name, value in os.environ.items() if name != "KUBECONFIG"},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return run


def resources_of(text: str) -> dict[tuple[str, str], Any]:
    """Resources by kind and name; parts that an anchor shares are parts of their own."""
    documents = [json.loads(json.dumps(one)) for one in yaml.safe_load_all(text) if one]
    return {(one["kind"], one["metadata"]["name"]): one for one in documents}
