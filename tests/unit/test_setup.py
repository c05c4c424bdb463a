"""What setup.py tells the build of the package."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("setuptools", reason="builds need setuptools, environments don't")

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/cloudless_mosaic"

ASK = """
import json
import runpy
from unittest.mock import patch
import setuptools
with patch.object(setuptools, "setup") as setup:
    runpy.run_path("setup.py")
built = setuptools.Distribution(setup.call_args.kwargs)
built.finalize_options()
command = built.get_command_obj("bdist_wheel")
command.ensure_finalized()
modules = {
    one.name: {"limited": one.py_limited_api, "sources": one.sources, "flags": one.extra_compile_args}
    for one in built.ext_modules
}
print(json.dumps({"tag": command.get_tag(), "modules": modules}))
"""


@pytest.fixture(scope="module")
def told():
    done = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_one_wheel_serves_every_python_from_the_oldest_on(told):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    oldest = project["requires-python"].removeprefix(">=").replace(".", "")
    assert told["tag"][:2] == [f"cp{oldest}", "abi3"]
    assert all(module["limited"] for module in told["modules"].values())


def test_every_c_file_is_compiled_into_the_package_of_its_folder(told):
    compiled = {  # cffi holds a place for the file that it will write
        name: {Path(source).name for source in module["sources"] if source.endswith(".c")}
        for name, module in told["modules"].items()
    }
    folders = {path.parent for path in PACKAGE.rglob("*.c") if path.name != "_native.c"}
    assert len(folders) == 2
    for folder in folders:
        name = ".".join(("cloudless_mosaic", *folder.relative_to(PACKAGE).parts, "_native"))
        assert compiled.pop(name) == {path.name for path in folder.glob("*.c")} - {"_native.c"}
    assert not compiled


@pytest.mark.skipif(sys.platform == "win32", reason="flags of GCC and Clang")
def test_no_processor_rounds_in_its_own_way(told):
    for module in told["modules"].values():
        assert "-ffp-contract=off" in module["flags"]
        assert not {"-ffast-math", "-Ofast", "-march=native"} & set(module["flags"])
