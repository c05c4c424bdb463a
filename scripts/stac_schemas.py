"""Gets the schemas of STAC extensions that the tests hold outputs against.

Tests have no network. The source packages of PySTAC's extensions, which the package index has, keep the
answers of the schemas' own site among their tests, word for word.

Usage: python scripts/stac_schemas.py FOLDER
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import yaml

PACKAGES = ("projection", "file", "classification", "render")
"""Extensions whose package has the schema of the version that outputs declare."""


def main() -> None:
    """Writes a file for each schema, named after its address."""
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    packages = [f"pystac-ext-{name}" for name in PACKAGES]
    with TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        constraints = Path(__file__).parents[1] / "constraints.txt"
        sources = ["--no-binary", ",".join(packages), "--constraint", str(constraints), "--dest", folder]
        subprocess.run([*pip, *sources, *packages], check=True)
        for package in Path(folder).glob("*.tar.gz"):
            for address, text in _recorded(package):
                (target / quote(address, safe="")).write_text(text)


def _recorded(package: Path) -> list[tuple[str, str]]:
    """Address and text of the schemas among the answers that the tests of a package recorded."""
    found = []
    with tarfile.open(package) as archive:
        for member in archive:
            file = archive.extractfile(member) if "/cassettes/" in member.name else None
            for one in yaml.safe_load(file)["interactions"] if file else ():
                address, text = one["request"]["uri"], one["response"]["body"]["string"]
                if address.endswith("schema.json") and text:
                    found.append((json.loads(text).get("$id", address).rstrip("#"), text))
    return found


if __name__ == "__main__":
    main()
