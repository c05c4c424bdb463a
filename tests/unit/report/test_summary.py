import json
import math
from dataclasses import asdict

import pytest

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.report.layers import ShownClass
from cloudless_mosaic.report.summary import BandLook, Projection, read_summary


def test_a_month_tells_what_its_item_does(mosaics, item):
    lost = [{"scene": "S2A_1", "block": [1, 2], "reason": "B04 is truncated"}]
    notes = [{"scene": "S2A_1", "note": "its file lies elsewhere", "warning": True}]
    folder = mosaics([item(lost_observations=lost, notes=notes, clear_percent=87.5)])
    summary = read_summary(folder)
    (month,) = summary.periods
    assert (summary.title, summary.software, summary.resolution) == ("Mosaics", "cloudless-mosaic 0.1.0", 100)
    assert summary.projection == Projection("EPSG:32610", "WGS 84 / UTM zone 10N", "m")
    assert summary.bands == [BandLook("red", "B04", 0.3), BandLook("nir", "B08", 0.5)]
    assert (month.label, month.start, month.end, month.empty) == ("2020-10", "2020-10-01", "2020-10-28", "")
    assert (month.clear_percent, month.mean_count, month.observations) == (87.5, 3.0, 8)
    assert {name: scene["used"] for name, scene in month.scenes.items()} == {"S2A_1": True, "S2A_2": False}
    assert month.scenes["S2A_1"]["masked"] == {"pixels": 200, "by_classes": 50, "by_dates": 3}
    assert month.masked == {"pixels": 400, "by_classes": 100, "by_dates": 6}
    assert month.dropped == {"S2A_0": "cloud cover 40 % is above 25 %"}
    assert month.lost == [{"scene": "S2A_1", "block": "1, 2", "reason": "B04 is truncated"}]
    assert month.notes == notes
    (files,) = month.files
    assert files.mosaic == "monthly-mosaic-2020-10/monthly-mosaic-2020-10.tif"
    assert files.count == "monthly-mosaic-2020-10/monthly-mosaic-2020-10-count.tif"
    assert files.bbox == [554300.0, 5287600.0, 556300.0, 5288600.0]


def test_tiles_of_a_month_are_told_together(mosaics, item):
    scenes = [{"id": "S2A_2", "datetime": "2020-10-05T19:02:31Z", "used": True}]
    lost = [{"scene": "S2A_9", "block": [0, 0], "reason": "gone"}]
    folder = mosaics(
        [
            item(tile="x1y1", clear_percent=50.0, filled_percent={"window": 30.0, "relax": 4.0}),
            item(
                tile="x2y1",
                filled_percent={"window": 10.0},
                scenes=scenes,
                mean_observations=1.0,
                lost_observations=lost,
            ),
            item("2020-11", tile="x1y1"),
        ]
    )
    october, november = read_summary(folder).periods
    assert [files.tile for files in october.files] == ["x1y1", "x2y1"]
    assert (october.clear_percent, october.mean_count, october.observations) == (75.0, 2.0, 16)
    assert october.filled == {"window": 20.0, "relax": 2.0}
    assert october.scenes["S2A_2"]["used"]
    assert october.lost[0]["block"] == "x2y1 0, 0"
    # a tile without a file in a month is nowhere clear in it
    assert (november.clear_percent, november.mean_count) == (50.0, 1.5)


def with_layers(item, first_day, scenes):
    """An item with layers over a range, of classes and of its own scenes, and some that can't be drawn."""
    name = item["id"]
    tables = {
        "date": {"nodata": 0},
        "flags": {"classification:classes": [{"value": 0, "description": "clear", "color_hint": "5AAE61"}]},
        "source": {
            "nodata": 0,
            "classification:classes": [
                {"value": number, "name": scene} for number, scene in enumerate(scenes, 1)
            ],
        },
        "NDVI": {"nodata": "nan"},
        "odd": {},
    }
    item["assets"] |= {
        key: {"href": f"./{name}-{key}.tif", "title": f"Title of {key}", "bands": [band]}
        for key, band in tables.items()
    }
    item["assets"]["outside"] = {"href": "../../x.tif", "bands": [tables["flags"]]}
    item["properties"]["renders"] = {
        "date": {
            "assets": ["date"],
            "rescale": [[first_day, first_day + 20]],
            "colormap_name": "viridis",
        },
        "index-NDVI": {"assets": ["NDVI"], "rescale": [[-1, 1]], "colormap_name": "brbg"},
        "odd": {"assets": ["odd"], "rescale": 3, "colormap_name": "viridis"},
        "ndvi": {"assets": ["mosaic"], "rescale": [[-1, 1]], "colormap_name": "rdylgn"},
    }
    return item


def test_layers_are_drawn_by_the_renders_and_classes_of_items(mosaics, item):
    october, november = with_layers(item(), 18536, ["A", "B"]), with_layers(item("2020-11"), 18567, ["C"])
    summary = read_summary(mosaics([october, november]))
    date, flags, source, index = summary.layers
    assert (date.key, date.name, date.nodata, date.low, date.high) == (
        "date",
        "Title of date",
        0,
        18536,
        18587,
    )
    assert flags.classes == [ShownClass(0, "clear", "#5AAE61")]
    assert (source.classes, source.colormap) == ([], "")
    assert (index.name, index.title, index.nodata) == ("Index NDVI", "Title of NDVI", None)
    first, second = summary.periods
    assert first.ranges["date"] == (18536, 18556)
    assert first.classes == {"source": [ShownClass(1, "A", ""), ShownClass(2, "B", "")]}
    assert second.classes == {"source": [ShownClass(1, "C", "")]}
    assert first.files[0].layers["NDVI"] == "monthly-mosaic-2020-10/monthly-mosaic-2020-10-NDVI.tif"
    assert set(first.files[0].layers) == {"date", "flags", "source", "NDVI"}


def test_months_without_a_mosaic_say_why(mosaics, item):
    folder = mosaics(
        [item("2020-11")],
        **{"cloudless_mosaic:empty_periods": [{"period": "2020-10", "reason": "the search found no scene"}]},
    )
    assert [(month.label, month.empty) for month in read_summary(folder).periods] == [
        ("2020-10", "the search found no scene"),
        ("2020-11", ""),
    ]


def test_items_of_a_collection_are_found(mosaics, item):
    folder = mosaics([item()])
    catalog = json.loads((folder / "catalog.json").read_text("utf-8"))
    collection = {
        "type": "Collection",
        "links": catalog["links"] + [{"rel": "child", "href": "./catalog.json"}],
    }
    (folder / "collection.json").write_text(json.dumps(collection), "utf-8")
    links = [{"rel": "child", "href": "./collection.json"}]
    (folder / "catalog.json").write_text(json.dumps(catalog | {"links": links}), "utf-8")
    assert len(read_summary(folder).periods[0].files) == 1


@pytest.mark.parametrize(
    "href",
    [
        "../../outside.tif",
        "/etc/passwd",
        "https://elsewhere.example/a.tif",
        "//elsewhere.example/a.tif",
        "javascript:alert(1)",
        "https://[elsewhere",
        "..%2f..%2foutside.tif",
        "a\\..\\b.tif",
        "./a\n.tif",
        "",
        7,
        None,
    ],
)
def test_files_that_lie_elsewhere_are_not_shown(mosaics, item, href):
    bad = item()
    bad["assets"]["mosaic"]["href"] = href
    assert read_summary(mosaics([bad])).periods == []


@pytest.mark.parametrize(
    "href", ["../../secret.json", "https://elsewhere.example/i.json", "file:///etc/passwd"]
)
def test_links_out_of_the_folder_are_not_followed(mosaics, item, tmp_path, href):
    (tmp_path.parent / "secret.json").write_text(json.dumps(item()), "utf-8")
    (tmp_path / "secret.json").write_text(json.dumps(item()), "utf-8")
    folder = mosaics([], links=[{"rel": "item", "href": href}, {"rel": "child", "href": href}])
    assert read_summary(folder).periods == []


@pytest.mark.parametrize(
    "junk", [None, 7, "text", [], {}, [None, 3], math.inf, True, 10**400, {"a": math.nan}, [1e308, 1e308]]
)
def test_fields_of_any_type_are_survived(mosaics, item, junk):
    def tell(items, **catalog):
        return json.dumps(asdict(read_summary(mosaics(items, **catalog))), allow_nan=False)

    known = item()
    for key in known["properties"]:
        assert (
            "2020-10" in tell([known | {"properties": known["properties"] | {key: junk}}])
            or key == "proj:bbox"
        )
    for part in ("properties", "assets"):
        assert '"periods": []' in tell([known | {part: junk}])
    assert "2020-10" in tell([known], title=junk, **{"cloudless_mosaic:parameters": junk})
    assert '"periods": []' in tell([known], links=junk)
    assert "2020-10" in tell([known], **{"cloudless_mosaic:empty_periods": junk})


def test_an_unknown_projection_is_said_to_be_one(mosaics, item):
    odd = item()
    odd["properties"]["proj:code"] = "NONE:1"
    assert read_summary(mosaics([odd])).projection == Projection("", "unknown projection", "m")
    odd["properties"]["proj:code"] = "EPSG:4326"
    assert read_summary(mosaics([odd])).projection.units == "degrees"


def test_folders_without_mosaics_are_refused(tmp_path, mosaics):
    with pytest.raises(UsageError, match=r"no catalog\.json"):
        read_summary(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="isn't a catalog of mosaics"):
        read_summary(mosaics([], id="scenes"))
