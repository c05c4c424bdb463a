"""Requests from the values that users of Python have at hand."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from pyproj import CRS

import cloudless_mosaic as cm
from cloudless_mosaic.arguments import make_request

pd = pytest.importorskip("pandas")

BOX = shapely.box(14, 45, 16, 46)
JUNE, AUGUST = date(2023, 6, 1), date(2023, 8, 31)


def request(aoi=(14, 45, 16, 46), dates="2023-06", bands="red", **options):
    return make_request(aoi, dates, bands, options)


def series(shapes, crs):
    """What geopandas gives, as far as it is used."""
    return SimpleNamespace(geometry=shapes, crs=crs, total_bounds=())


@pytest.fixture
def path(tmp_path):
    (tmp_path / "a.geojson").write_text(json.dumps(BOX.__geo_interface__))
    return tmp_path / "a.geojson"


@pytest.mark.parametrize(
    "aoi",
    [
        (14, 45, 16, 46),
        [14, 45, 0, 16, 46, 100],
        np.array([14, 45, 16, 46]),
        "14,45,16,46",
        cm.Aoi(14, 45, 16, 46),
        {"bbox": [14, 45, 16, 46]},
        BOX.wkt,
        BOX,
        shapely.force_3d(BOX, 5),
        BOX.__geo_interface__,
        {"type": "Feature", "properties": {}, "geometry": BOX.__geo_interface__},
        SimpleNamespace(__geo_interface__=BOX.__geo_interface__),
        series([BOX, None], CRS("EPSG:4326")),
    ],
    ids=lambda aoi: type(aoi).__name__,
)
def test_an_area_in_every_form(aoi):
    found = request(aoi).aoi
    assert (found.west, found.south, found.east, found.north) == (14, 45, 16, 46)


def test_an_area_in_a_file(path):
    assert request(path).aoi == request(str(path)).aoi == request(BOX).aoi


def test_a_table_in_another_crs_is_transformed():
    metres = shapely.box(500_000, 5_000_000, 510_000, 5_010_000)
    aoi = request(series([metres], CRS("EPSG:32633"))).aoi
    assert (aoi.west, aoi.south) == pytest.approx((15, 45.153), abs=1e-3)
    assert "transformed from" in aoi.notes[0]


@pytest.mark.parametrize(
    "aoi", [5, None, b"x", [1, 2, 3], "nonsense", shapely.Point(1, 2), {"a": 1}, {"a": {2}}]
)
def test_no_area_is_a_line_that_names_it(aoi):
    with pytest.raises(cm.UsageError, match=r"(?i)^aoi ") as caught:
        request(aoi)
    assert "--" not in str(caught.value)


@pytest.mark.parametrize(
    "dates",
    [
        "2023-06/2023-08",
        "2023-06-01/2023-08-31",
        "2023-06-01T10:00:00Z/2023-08-31T00:00:00.123456789",
        ("2023-06", "2023-08"),
        [JUNE, AUGUST],
        (datetime(2023, 6, 1, tzinfo=UTC), datetime(2023, 8, 31, 23, tzinfo=UTC)),
        (datetime(2023, 5, 31, 23, tzinfo=timezone(timedelta(hours=-5))), AUGUST),
        (np.datetime64("2023-06"), np.datetime64("2023-08")),
        np.array(["2023-06", "2023-08"], "datetime64[M]"),
        slice("2023-06", "2023-08"),
        pd.date_range("2023-06-01", "2023-08-31"),
        pd.Series(pd.date_range("2023-06-01", "2023-08-31"), index=range(5, 97)),
        pd.period_range("2023-06", "2023-08", freq="M"),
        (pd.Timestamp("2023-06-01"), pd.Period("2023-08")),
    ],
    ids=lambda dates: type(dates).__name__,
)
def test_days_in_every_form(dates):
    found = request(dates=dates)
    assert (found.start_date, found.end_date) == (JUNE, AUGUST)


@pytest.mark.parametrize(
    ("dates", "first", "last"),
    [
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
        (JUNE, JUNE, JUNE),
        (np.datetime64("2023-06-01"), JUNE, JUNE),
        (pd.Period("2023Q2"), date(2023, 4, 1), date(2023, 6, 30)),
    ],
    ids=str,
)
def test_one_value_is_a_day_a_month_or_a_year(dates, first, last):
    found = request(dates=dates)
    assert (found.start_date, found.end_date) == (first, last)


@pytest.mark.parametrize(
    "dates",
    ["..", "2023-13", "", [], ["2023"], 5, None, {"a": 1}, b"2023", pd.NaT, np.datetime64("NaT")],
    ids=repr,
)
def test_no_days_are_a_line_that_names_them(dates):
    with pytest.raises(cm.UsageError, match=r"^dates has .*give 2023-06/2023-08"):
        request(dates=dates)


@pytest.mark.parametrize(
    "bands", ["red,nir", "red nir", ["red", "nir"], ("red", "nir"), np.array(["red", "nir"])]
)
def test_bands_as_text_or_names(bands):
    assert request(bands=bands).bands == ("red", "nir")


@pytest.mark.parametrize("bands", [5, None, ["red", 5], {"red": 1}, b"red"])
def test_no_bands_are_a_line_that_names_them(bands):
    with pytest.raises(cm.UsageError, match=r"^bands takes names, got"):
        request(bands=bands)


def test_other_values_of_related_types():
    found = request(
        resolution=np.float32(20),
        max_items=np.int64(7),
        crs=CRS("EPSG:32633"),
        layers="date",
        headers={"X-Api-Key": "hush"},
        stac_url=Path("catalog.json"),
        output_dir="there",
    )
    assert (found.resolution, found.max_items, found.crs) == (20, 7, "EPSG:32633")
    assert (found.layers, found.headers) == (("date",), (("X-Api-Key", "hush"),))
    assert (found.stac_url, found.output_dir) == ("catalog.json", Path("there"))
    assert request(crs=32633).crs == "EPSG:32633"


@pytest.mark.parametrize(
    ("argument", "value", "said"),
    [
        ("resolution", "20", "resolution must be a number, got '20' of type str"),
        ("max_items", 2.5, "max_items must be a whole number, got 2.5 of type float"),
        ("max_items", True, "max_items must be a whole number, got True of type bool"),
        ("clip", "yes", "clip must be True or False, got 'yes' of type str"),
        ("stac_url", 5, "stac_url must be text, got a value of type int"),
        ("mask", 5, "mask must be text or"),
        ("headers", 5, "headers must be a mapping of texts, got a value of type int"),
        ("output_dir", 5, "output_dir must be a path, got 5 of type int"),
    ],
)
def test_a_wrong_type_is_a_line_that_names_the_argument(argument, value, said):
    with pytest.raises(cm.UsageError, match=f"^{said}"):
        request(**{argument: value})


def test_requests_check_their_types_themselves():
    with pytest.raises(cm.UsageError, match=r"^bands must be a list of texts, got 'red' of type str"):
        cm.MosaicRequest(start_date=JUNE, end_date=AUGUST, aoi=cm.Aoi(14, 45, 16, 46), bands="red")


def test_no_credentials_are_shown():
    found = request(stac_url="https://me:hush@example.com/?key=hush", headers={"X-Api-Key": "hush"})
    assert "hush" not in repr(found) + found._repr_html_()
    assert "https://example.com" in found._repr_html_()


def test_public_names_are_listed():
    assert dir(cm) == sorted(cm.__all__)
    assert all(getattr(cm, name) is not None for name in dir(cm))
    assert issubclass(cm.NoDataError, cm.CloudlessMosaicError)
