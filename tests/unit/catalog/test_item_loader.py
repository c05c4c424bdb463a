"""One item by its file, of every provider; the way over http is in the tests of burned-area."""

from contextlib import suppress
from pathlib import Path

import pytest

from cloudless_mosaic.burned.request import BurnedAreaRequest
from cloudless_mosaic.catalog.item_loader import _with_addresses, load_scene
from cloudless_mosaic.errors import UsageError

DATA = Path(__file__).resolve().parents[3] / "../shared/data/stac-items"

REQUEST = BurnedAreaRequest(pre_fire_url="a.json", post_fire_url="b.json")


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared test data is not beside the project")
@pytest.mark.parametrize(
    ("provider", "usable"),
    [
        ("planetary-computer", 50),
        ("earth-search-v0", 3),
        ("earth-search-v1", 55),
        ("earth-search-c1", 6),
        ("cdse", 5),
    ],
)
def test_real_items_have_what_a_comparison_needs(provider, usable):
    found = []
    for path in sorted((DATA / provider).glob("*.json")):
        with suppress(UsageError):
            found.append(load_scene(str(path), REQUEST, "pre_fire_url"))
    assert len(found) == usable
    for scene in found:
        assert set(scene.rasters) == {"B08", "B12"}
        assert scene.scl is not None
        assert scene.offset in {0, -1000}


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("./B08.tif", "https://example.com/items/a/B08.tif"),
        ("../b/B08.tif", "https://example.com/items/b/B08.tif"),
        ("/b/B08.tif", "https://example.com/b/B08.tif"),
        ("https://other.example.com/B08.tif?x=1", "https://other.example.com/B08.tif?x=1"),
        ("s3://bucket/B08.tif", "s3://bucket/B08.tif"),
        ("vrt://B08.tif", "vrt://B08.tif"),
    ],
)
def test_relative_addresses_of_assets_count_from_their_item(href, address):
    item = {"assets": {"B08": {"href": href, "title": "x"}, "odd": 5}}
    (asset,) = _with_addresses(item, "https://example.com/items/a/a.json?token=1")["assets"].values()
    assert asset == {"href": address, "title": "x"}


def test_an_item_without_assets_is_left_as_it_is():
    assert _with_addresses({"assets": None}, "https://example.com/a.json") == {"assets": None}
