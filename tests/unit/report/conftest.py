import json

import pytest

from cloudless_mosaic.report import page

TEMPLATE = """<!doctype html>
<meta name="generator" content="cloudless-mosaic">
<script type="application/json" id="report">{{REPORT}}</script>
"""


def make_item(label="2020-10", tile="", **own):
    """An item as a run writes it, as far as the page reads it."""
    properties = {
        "start_datetime": f"{label}-01T00:00:00Z",
        "end_datetime": f"{label}-28T23:59:59Z",
        "proj:code": "EPSG:32610",
        "proj:shape": [10, 20],
        "proj:transform": [100.0, 0.0, 554300.0, 0.0, -100.0, 5288600.0],
        "proj:bbox": [554300.0, 5287600.0, 556300.0, 5288600.0],
        "processing:software": {"cloudless-mosaic": "0.1.0"},
    }
    fields = {
        "clear_percent": 100.0,
        "mean_observations": 3.0,
        "observations": 8,
        "lost_observations": [],
        "notes": [],
        "scenes": [scene("S2A_1"), scene("S2A_2", used=False)],
        "dropped_scenes": [{"id": "S2A_0", "reason": "cloud cover 40 % is above 25 %"}],
    } | own
    name = f"monthly-mosaic-{label}{'-' * bool(tile)}{tile}"
    return {
        "type": "Feature",
        "id": name,
        "properties": properties | {f"cloudless_mosaic:{key}": value for key, value in fields.items()},
        "assets": {
            "mosaic": {
                "href": f"./{name}.tif",
                "bands": [{"name": "red", "eo:common_name": "red"}, {"name": "nir", "eo:common_name": "nir"}],
            },
            "count": {"href": f"./{name}-count.tif"},
        },
    }


def scene(name, *, used=True):
    return {
        "id": name,
        "datetime": "2020-10-03T19:02:31Z",
        "used": used,
        "offset": -1000,
        "offset_reason": "baseline 05.00",
        "masked": {"pixels": 200, "by_classes": 50, "by_dates": 3},
    }


def write_mosaics(folder, items, **catalog):
    """A catalog in a folder, with an item for each."""
    links = []
    for item in items:
        place = folder / item["id"]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{item['id']}.json").write_text(json.dumps(item), "utf-8")
        links.append({"rel": "item", "href": f"./{item['id']}/{item['id']}.json"})
    document = {"id": "cloudless-mosaic", "type": "Catalog", "title": "Mosaics", "links": links} | catalog
    (folder / "catalog.json").write_text(json.dumps(document), "utf-8")
    return folder


@pytest.fixture
def item():
    return make_item


@pytest.fixture
def mosaics(tmp_path):
    """Writes mosaics to a folder of its own."""
    folder = tmp_path / "mosaics"
    folder.mkdir()
    return lambda items, **catalog: write_mosaics(folder, items, **catalog)


@pytest.fixture
def template(tmp_path, monkeypatch):
    """A page without scripts, whether or not this installation has the real one."""
    path = tmp_path / "template.html"
    path.write_text(TEMPLATE, "utf-8")
    monkeypatch.setattr(page, "_TEMPLATE", path)
    return path
