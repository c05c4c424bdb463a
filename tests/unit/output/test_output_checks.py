"""The checks that every output of the tests goes through find what is wrong."""

import json

import jsonschema
import pytest

from stac_output import check_output

pytestmark = pytest.mark.slow

ITEM = "monthly-mosaic-2020-10/monthly-mosaic-2020-10.json"
WRONG = (AssertionError, jsonschema.ValidationError)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("checked")


@pytest.fixture
def whole(folder, plan_of, month_of, run):
    """An output that is made once, and mended after each test."""
    return run(month_of(plan_of(resolution=200.0)), folder).parent


def spoil(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def first_band(item):
    return item["assets"]["mosaic"]["bands"][0]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("catalog.json", lambda one: one.pop("description")),
        ("catalog.json", lambda one: one["links"][1].update(href="./collections.json")),
        ("collection.json", lambda one: one.pop("license")),
        ("collection.json", lambda one: one.pop("renders")),
        ("collection.json", lambda one: one["links"].pop()),
        ("collection.json", lambda one: one["providers"][1].update(roles=["host"])),
        (ITEM, lambda one: one.update(stac_version="1.0.0")),
        (ITEM, lambda one: one["properties"].update({"proj:shape": [1.5, 2]})),
        (ITEM, lambda one: one["properties"].update({"proj:geometry": {"type": "Polygon"}})),
        (ITEM, lambda one: one["properties"].update({"processing:level": 3})),
        (ITEM, lambda one: one["properties"]["renders"]["ndvi"].pop("assets")),
        (ITEM, lambda one: one["assets"]["count"].update({"file:size": "large"})),
        (ITEM, lambda one: one["assets"]["count"].update({"file:checksum": "1220" + 64 * "0"})),
        (ITEM, lambda one: one["assets"]["count"].update(href="./count.tif")),
        (ITEM, lambda one: one["assets"]["count"].update(href=f"{one['assets']['count']['href']}?sig=x")),
        (ITEM, lambda one: one["assets"]["count"].update(href="/etc/hostname")),
        (ITEM, lambda one: one["links"][1].update(href="../catalog.json")),
        (ITEM, lambda one: first_band(one).update({"eo:common_name": "crimson"})),
        (ITEM, lambda one: first_band(one).update({"eo:bands": []})),
        (ITEM, lambda one: first_band(one).update({"raster:scale": "0.0001"})),
        (ITEM, lambda one: one["stac_extensions"].append("https://example.com/v1.0.0/schema.json")),
    ],
)
def test_what_is_wrong_is_found(whole, name, change):
    path = whole / name
    before = path.read_text()
    assert check_output(whole) == 3
    spoil(path, change)
    try:
        with pytest.raises((*WRONG, LookupError)):
            check_output(whole)
    finally:
        path.write_text(before)
