"""Pages of the documentation say what the code does."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest

from cloudless_mosaic.bands import BANDS, canonical_band
from cloudless_mosaic.catalog.providers import PROVIDERS, recognise
from cloudless_mosaic.offsets import BOA_OFFSET, OFFSET_POLICIES
from cloudless_mosaic.profile import parse_profile
from cloudless_mosaic.request import PLANETARY_COMPUTER

DOCS = Path(__file__).resolve().parents[2] / "docs"


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
    assert script["with_tables"](page.replace("refused", "-1000")) == page


def test_the_example_of_a_profile_is_one(providers_page):
    (example,) = re.findall(r"```toml\n(.*?)```", providers_page, re.DOTALL)
    profile = parse_profile(tomllib.loads(example))
    assert set(profile.bands) == {"B02", "B03", "B04", "B8A"}
    assert (profile.offset, profile.classification) == ("flagged", "quality")
    assert all(f"`{policy}`" in providers_page for policy in OFFSET_POLICIES)


def test_the_addresses_of_the_page_lead_to_their_providers(providers_page):
    rows = re.findall(r"^\| (.*?) \| `https://(\S+?)/\S*` \| `(\S+)` \|$", providers_page, re.MULTILINE)
    bare = {"properties": {}, "assets": {}}
    for name, host, collection in rows:
        profile = recognise({**bare, "collection": collection}, host).profile
        assert profile.name == name.removesuffix(" (the default)")
    assert len(rows) == len(PROVIDERS) - 1
    assert PLANETARY_COMPUTER in providers_page


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
