"""Examples of the documentation run as they are written, and a newcomer gets through the README.

A fenced block of bash, python or console is an example. Blocks of a page run from top to bottom, in one shell
and one folder; of a console block the lines after ``$`` run, and their output has to be what follows, where
``...`` stands for anything. An HTML comment on the line above a block changes that:

- ``<!-- not run: REASON -->``: it can't run here, for example because it needs an account.
- ``<!-- run by: COMMAND -->``: that command runs it.

Local catalogues stand in for public ones (``stand_in/sitecustomize.py``); the demo's archive is there.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from cloudless_mosaic.domain.request import PLANETARY_COMPUTER
from cloudless_mosaic.synthetic.acquisitions import CLEAR_AUTUMN
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.copernicus import COPERNICUS
from cloudless_mosaic.synthetic.earth_search import EARTH_SEARCH_C1
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent
from stac_output import check_output

pytestmark = pytest.mark.xdist_group("demo")

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = Path(__file__).parent / "stand_in"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = {"bash", "console", "python"}
DATA = {"json", "text", "toml", "yaml"}
BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^(?P<fence>```+)(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    where: str
    mark: str
    language: str
    text: str

    @property
    def runs(self):
        return self.language in EXAMPLES and not self.mark


def blocks_of(page):
    text = page.read_text("utf-8")
    for found in BLOCK.finditer(text):
        line = text[: found.start("fence")].count("\n") + 1
        where = f"{page.relative_to(ROOT)}:{line}"
        yield Block(where, found["mark"] or "", found["language"].strip(), found["text"])


FIRE_ITEMS = "https://earth-search.aws.element84.com/v0/collections/sentinel-s2-l2a-cogs/items"
WITH_EXAMPLES = [page for page in PAGES if any(block.runs for block in blocks_of(page))]


def script_of(blocks):
    """One shell script; what consoles show goes to files named by their place."""
    lines = ["set -e"]
    for number, block in enumerate(blocks):
        lines.append(f"echo {shlex.quote('=== ' + block.where)} >&2")
        if block.language == "python":
            lines.append(f"python - <<'END OF PYTHON'\n{block.text}END OF PYTHON")
        elif block.language == "bash":
            lines.append(block.text)
        else:
            commands = re.findall(r"^\$ (.*)$", block.text, re.MULTILINE)
            lines += [f"{{ {command}\n}} >> console-{number} 2>&1 || true" for command in commands]
    return "\n".join(lines)


def run_blocks(blocks, folder, env):
    """Runs examples in a folder; fails with the place of the one that failed."""
    done = subprocess.run(
        ["bash", "-c", script_of(blocks)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(STAND_IN), *env.pop("MORE_PATHS", [])]), **env},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    for number, block in enumerate(blocks):
        if block.language == "console":
            shown = (folder / f"console-{number}").read_text("utf-8")
            expected = "".join(re.findall(r"^(?!\$ ).*\n", block.text, re.MULTILINE))
            pattern = ".*?".join(map(re.escape, expected.split("...")))
            assert re.fullmatch(pattern, shown, re.DOTALL), f"{block.where} shows\n{shown}"


@pytest.fixture(scope="module")
def stand_ins(demo_archive, fire_items, tmp_path_factory):
    """Catalogs and items by the addresses that examples name."""
    folder = tmp_path_factory.mktemp("public")
    extent = Extent(SEATTLE, offset=(5120, 1024), size=(1024, 1024))
    styles = {
        "https://earth-search.aws.element84.com/v1": EARTH_SEARCH_C1,
        "https://stac.dataspace.copernicus.eu/v1": COPERNICUS,
    }
    found = {PLANETARY_COMPUTER: str(demo_archive.catalog)}
    for number, (address, style) in enumerate(styles.items()):
        spec = ArchiveSpec((extent,), CLEAR_AUTUMN[:4], bands=("B02", "B04", "B08"), style=style)
        found[address] = str(build_archive(folder / str(number), spec).catalog)
    return found | {f"{FIRE_ITEMS}/{Path(item).stem}": item for item in fire_items}


def test_every_block_says_what_it_is():
    blocks = [block for page in PAGES for block in blocks_of(page)]
    assert len(blocks) > 10
    for block in blocks:
        assert block.language in EXAMPLES | DATA, f"{block.where}: no such language: {block.language!r}"
        if block.mark:
            assert re.fullmatch(r"(not run|run by): .{5,}", block.mark), f"{block.where}: {block.mark}"
        assert block.language in EXAMPLES or not block.mark, f"{block.where}: {block.mark}"


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_of_a_page_run(page, stand_ins, demo_archive, fire_archive, tmp_path):
    (tmp_path / "demo-archive").symlink_to(demo_archive.folder)
    (tmp_path / "burned-area-archive").symlink_to(fire_archive.folder)
    env = {
        "STAND_INS": json.dumps(stand_ins),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "MORE_PATHS": [str(ROOT / "src")],
    }
    run_blocks([block for block in blocks_of(page) if block.runs], tmp_path, env)


def test_examples_that_fail_are_found(tmp_path):
    with pytest.raises(AssertionError, match=r"README\.md:7"):
        run_blocks([Block("README.md:7", "", "python", "print(1 / 0)\n")], tmp_path, {})
    with pytest.raises(AssertionError, match=r"README\.md:8 shows"):
        run_blocks([Block("README.md:8", "", "console", "$ echo hello\nbye\n")], tmp_path, {})
    run_blocks([Block("README.md:9", "", "console", "$ echo hello\nh...o\n")], tmp_path, {})


@pytest.mark.newcomer
def test_newcomer_gets_from_the_readme_to_mosaics(tmp_path):
    """The README from top to bottom: a clone, an empty home, an environment of its own."""
    clone, home = tmp_path / "clone", tmp_path / "home"
    home.mkdir()
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(
        ["tar", "--null", "--files-from=-", "--create", "--file", tmp_path / "clone.tar"],
        cwd=ROOT,
        input=files,
        check=True,
    )
    clone.mkdir()
    subprocess.run(["tar", "--extract", "--file", tmp_path / "clone.tar"], cwd=clone, check=True)
    python = Path(sys.base_prefix) / "bin"
    env = {
        "HOME": str(home),
        "PATH": f"{python}{os.pathsep}{os.environ['PATH']}",
        "STAND_INS": json.dumps({PLANETARY_COMPUTER: "demo-archive/catalog.json"}),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    blocks = [block for block in blocks_of(ROOT / "README.md") if block.language in EXAMPLES]
    assert any("pip install" in block.text for block in blocks)
    run_blocks(blocks, clone, env)
    for catalog in (clone / "catalog.json", clone / "demo-output" / "catalog.json"):
        assert check_output(catalog.parent) == 2 + 3
