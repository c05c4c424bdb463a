"""Pages of the documentation say what the code does."""

import json
import re
import runpy
import tomllib
from pathlib import Path

import click
import pytest

from cloudless_mosaic.catalog.providers import PROVIDERS, recognise
from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.cli import burned, mosaics
from cloudless_mosaic.domain.access import SIGNERS
from cloudless_mosaic.domain.bands import BANDS, canonical_band
from cloudless_mosaic.domain.provider import parse_profile
from cloudless_mosaic.domain.providers import NAMED_PROVIDERS
from cloudless_mosaic.domain.radiometry import BOA_OFFSET, OFFSET_POLICIES
from cloudless_mosaic.domain.request import PLANETARY_COMPUTER
from cloudless_mosaic.errors import CloudlessMosaicError
from cloudless_mosaic.execution import resources
from cloudless_mosaic.execution.resources import ClusterResources
from cloudless_mosaic.masks.classes import CLOUD_CLASSES, DEFAULT_CLEAR_CLASSES, SCL_CLASSES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ADRS = (DOCS / "adr").glob("*.md")
SOURCE = ROOT / "src" / "cloudless_mosaic"


@pytest.fixture(scope="module")
def providers_page():
    return (DOCS / "providers.md").read_text("utf-8")


def test_the_radiometry_page_has_the_tables_that_the_code_gives():
    page = (DOCS / "radiometry.md").read_text("utf-8")
    assert runpy.run_path(str(DOCS / "radiometry.py"))["with_tables"](page) == page, "run make docs"


def test_the_radiometry_page_has_a_row_for_every_provider_and_decision():
    page = (DOCS / "radiometry.md").read_text("utf-8")
    sections = page.split("### ")[1:]
    assert len(sections) == len(PROVIDERS)
    for section in sections:
        added = {line.split(" | ")[3] for line in section.splitlines()[3:] if line.startswith("| ")}
        assert added - {"---"} == {"0", str(BOA_OFFSET), "refused"}


def test_tables_that_were_changed_by_hand_are_put_right():
    page = (DOCS / "radiometry.md").read_text("utf-8")
    script = runpy.run_path(str(DOCS / "radiometry.py"))
    assert script["with_tables"](page.replace("| refused |", "| -1000 |")) == page


def test_the_example_of_a_profile_is_one(providers_page):
    example, bucket, server = re.findall(r"```toml\n(.*?)```", providers_page, re.DOTALL)
    profile = parse_profile(tomllib.loads(example))
    assert set(profile.bands) == {"B02", "B03", "B04", "B8A"}
    (access,) = parse_profile(tomllib.loads(bucket)).access
    assert (access.place, access.region, access.anonymous) == ("my-open-bucket", "eu-central-1", True)
    (access,) = parse_profile({"name": "x", "offset": "raw", **tomllib.loads(server)}).access
    assert (access.place, access.signer) == ("files.example.com", "bearer")
    assert all(f"`{signer}`" in providers_page for signer in SIGNERS)
    assert (profile.offset, profile.classification) == ("flagged", "quality")
    assert all(f"`{policy}`" in providers_page for policy in OFFSET_POLICIES)


def test_the_addresses_of_the_page_lead_to_their_providers(providers_page):
    rows = re.findall(r"^\| (.*?) \| `https://(\S+?)/\S*` \| `(\S+)` \|$", providers_page, re.MULTILINE)
    bare = {"properties": {}, "assets": {}}
    for name, host, collection in rows:
        profile = recognise(RawItem.of({**bare, "collection": collection}, host=host)).profile
        assert profile.name == name.removesuffix(" (the default)")
    assert len(rows) == len(PROVIDERS) - 1
    assert PLANETARY_COMPUTER in providers_page


def test_the_page_has_a_row_for_every_name_of_a_provider():
    rows = [row for row in rows_of("providers.md", 6) if row[0].startswith("`")]
    assert rows == [
        [
            f"`{name}`",
            f"`{one.collection}`",
            f"`{one.red}`",
            one.offset,
            one.access,
            one.evidence,
        ]
        for name, one in NAMED_PROVIDERS.items()
    ]


def test_named_providers_are_those_of_the_table_of_addresses(providers_page):
    rows = re.findall(r"^\| (.*?) \| `(https://\S+)` \| `(\S+)` \|$", providers_page, re.MULTILINE)
    checked = {
        (one.profile.name, one.stac_url, one.collection)
        for one in NAMED_PROVIDERS.values()
        if one.evidence == "recorded items"
    }
    assert {(name.removesuffix(" (the default)"), url, key) for name, url, key in rows} == checked


def test_the_bands_of_the_page_are_those_of_the_code(providers_page):
    rows = re.findall(r"^\| (B\d[^|]*) \|(.*?)\|(.*?)\| (\d0) m \|$", providers_page, re.MULTILINE)
    seen = []
    for names, common, others, resolution in rows:
        bands = names.split(", ")
        for words in (common, others):
            aliases = re.findall(r"`(\w+)`", words)
            assert [canonical_band(alias) for alias in aliases] == bands[: len(aliases)]
        assert {BANDS[band].resolution for band in bands} == {int(resolution)}
        seen += bands
    assert sorted(seen) == sorted(BANDS)


def rows_of(page, columns):
    """Cells of the rows of a page's tables that have so many columns."""
    rows = re.findall(r"^\|(.*)\|$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)] for row in rows]
    return [row for row in cells if len(row) == columns and not row[0].startswith("---")]


def test_the_masking_page_has_the_classes_of_the_code():
    rows = [row for row in rows_of("explanation/masking.md", 4) if row[0].isdigit()]
    assert {int(code): name for code, name, _, _ in rows} == SCL_CLASSES
    assert (
        tuple(int(code) for code, _, clear, _ in rows if clear.partition(",")[0] == "yes")
        == DEFAULT_CLEAR_CLASSES
    )
    assert tuple(int(code) for code, _, _, grows in rows if grows == "yes") == CLOUD_CLASSES


def test_the_page_of_exit_codes_has_those_of_the_errors():
    codes = {int(code) for code, _, _ in rows_of("reference/exit-codes.md", 3)[1:]}
    assert codes == {0, 129, 130, 143} | {
        kind.exit_code for kind in (CloudlessMosaicError, *CloudlessMosaicError.__subclasses__())
    }


def test_the_page_for_operators_has_the_memory_that_workers_have_for_a_task():
    found = re.findall(r"^\| (\d+) GiB[^|]* \| (\d+) \| (\d+) MiB \|$", page_for_operators(), re.MULTILINE)
    assert len(found) == 5
    for gibibytes, threads, task in found:
        workers = ClusterResources.of(
            {"worker": {"memory_limit": int(gibibytes) << 30, "nthreads": int(threads)}}
        )
        assert round(workers.task_budget / resources._MARGIN / 2**20) == int(task)


def page_for_operators():
    return (DOCS / "how-to" / "running-for-others.md").read_text("utf-8")


def test_the_page_for_operators_names_limits_that_the_gateway_has():
    base = pytest.importorskip(
        "dask_gateway_server.backends.base", reason="the Gateway's server is not installed"
    )
    named = re.findall(r"`(?:c\.ClusterConfig\.)?(cluster_max_\w+)`", page_for_operators())
    assert len(named) == 3
    assert set(named) <= set(base.ClusterConfig.class_traits())


def test_the_page_of_the_command_line_has_every_command_and_option():
    page = runpy.run_path(str(DOCS / "generators" / "command_line.py"))["command_line_page"]()
    for program in (mosaics.cli, burned.cli):
        for name, command in program.commands.items():
            assert f"## {program.name}{'' if name == 'run' else ' ' + name}\n" in page
            options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
            for option in (name for parameter in options for name in parameter.opts):
                assert f"`{option}" in page or f", {option}" in page
            for argument in set(command.params) - set(options):
                assert f"{name} [OPTIONS] {argument.metavar}\n" in page
    assert page.count("`--resolution FLOAT`") == 2


@pytest.mark.slow
def test_the_tests_that_the_reliability_page_names_are_there():
    page = (DOCS / "reliability.md").read_text("utf-8")
    tests = {path.stem: path.read_text("utf-8") for path in DOCS.parent.rglob("tests/**/test_*.py")}
    names = set(re.findall(r"`(test_\w+)`", page))
    assert len(names) > 50
    missing = {
        name for name in names - set(tests) if not any(f"def {name}(" in text for text in tests.values())
    }
    assert missing == set()
    for name, note in re.findall(r"`(test_\w+)`[^|`]*\((?:[^()]*\*)?(chaos)\*?\)", page):
        assert f"mark.{note}" in tests[name], name


def test_the_pictures_are_there_and_small():
    named = set()
    for page in [DOCS.parent / "README.md", *DOCS.rglob("*.md")]:
        for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text("utf-8")):
            path = (page.parent / picture).resolve()
            assert path.stat().st_size < 200_000, path
            named.add(path)
    assert named == set((DOCS / "images").iterdir())


def test_the_picture_of_the_screen_fetches_nothing():
    picture = (DOCS / "images" / "screen.svg").read_text("utf-8")
    assert not re.findall(r"@font-face|@import|url\((?!#)|href=.(?!#)", picture)


def test_notebooks_are_stored_without_outputs():
    notebooks = list((DOCS / "notebooks").glob("*.ipynb"))
    assert notebooks
    for path in notebooks:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def test_the_architecture_page_lists_every_package_and_module():
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    (table,) = re.findall(r"^## Packages\n\n\|.*\|\n\|---\|---\|\n((?:\|.*\|\n)+)", page, re.MULTILINE)
    listed = {name for row in table.splitlines() for name in re.findall(r"`([\w/]+)`", row.split("|")[1])}
    packages = {f"{path.parent.name}/" for path in SOURCE.glob("*/__init__.py")}
    assert listed == packages | {path.stem for path in SOURCE.glob("[!_]*.py")}


@pytest.mark.parametrize(
    "page", ["ARCHITECTURE.md", "CONTRIBUTING.md", *sorted(f"docs/adr/{path.name}" for path in ADRS)]
)
def test_the_files_that_pages_for_contributors_name_exist(page):
    named = set(re.findall(r"`([\w./-]+/[\w-]+\.(?:py|c|h|md))`", (ROOT / page).read_text("utf-8")))
    assert [name for name in named if not any((root / name).exists() for root in (ROOT, SOURCE))] == []
