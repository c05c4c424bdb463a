"""The image, built here as `make image` builds it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from images import Image, engine_environment, engine_faults

ROOT = Path(__file__).resolve().parents[3]
LOCAL_BASE = "localhost/python-base:trixie"
CALRISSIAN = "0.18.1"
"""Newest on PyPI; it has no Dask."""
SECRET = "f2b7c3d9-only-for-the-build"


@pytest.fixture(scope="session")
def builder(tmp_path_factory) -> Callable[..., dict[str, str]]:
    """Makes a target of the Makefile with podman; returns the environment of the engine.

    On the base of the Dockerfile where IMAGE_BASE says so, else on one made of Debian's packages.
    """
    faults = engine_faults(shutil.which)
    if faults:
        pytest.exit("\n".join(faults), returncode=1)
    folder = tmp_path_factory.mktemp("image")
    environment = engine_environment(folder)
    base = os.environ.get("IMAGE_BASE") or local_base(environment)
    secret = folder / "pip.conf"
    secret.write_text(f"# {SECRET}\n[global]\ndisable-pip-version-check = true\n")
    # the build sees the index as this computer does
    flags = f"--network=host --volume /etc/ssl/certs:/etc/ssl/certs:ro --secret id=pip,src={secret}"

    def make(target: str, *variables: str) -> dict[str, str]:
        settings = ("ENGINE=podman", f"IMAGE_BASE={base}", f"IMAGE_FLAGS={flags}", *variables)
        build("make", target, *settings, env=environment)
        return environment

    return make


@pytest.fixture(scope="session")
def image(builder) -> Image:
    """The image of this working copy."""
    return Image("localhost/cloudless-mosaic:latest", builder("image"))


@pytest.fixture(scope="session")
def code_server_image(builder) -> Image:
    """That of the code server, with a calrissian that an index has."""
    calrissian = os.environ.get("CALRISSIAN") or f"calrissian=={CALRISSIAN}"
    environment = builder("code-server-image", f"CALRISSIAN={calrissian}")
    return Image("localhost/cloudless-mosaic-code-server:latest", environment)


def local_base(environment: dict[str, str]) -> str:
    found = subprocess.run(["podman", "image", "exists", LOCAL_BASE], env=environment, check=False)
    if found.returncode:
        if not shutil.which("mmdebstrap"):
            pytest.exit(
                f"there is no image {LOCAL_BASE} and no mmdebstrap to make it with: apt-get install --yes "
                "mmdebstrap, or set IMAGE_BASE",
                returncode=1,
            )
        build("scripts/base-image.sh", LOCAL_BASE, env=environment)
    return LOCAL_BASE


def build(*command: str, env: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.fixture(scope="session")
def build_secret() -> str:
    """What only the build was told."""
    return SECRET


@pytest.fixture(scope="session")
def workflows() -> Path:
    return ROOT / "cwl-workflows"
