"""``--aoi`` as the command line reads it."""

import json

import pytest

from cloudless_mosaic.cli.values import read_aoi, read_features
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.areas.files import _LARGEST_TEXT
from cloudless_mosaic.errors import UsageError

POLYGON = {"type": "Polygon", "coordinates": [[[14, 45], [16, 45], [16, 46], [14, 46], [14, 45]]]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("name", ["area.geojson", "Area.JSON"])
def test_a_file_holds_what_a_text_may(tmp_path, encoding, name):
    (tmp_path / name).write_text(f"\n {json.dumps(POLYGON)}", encoding)
    assert read_aoi(str(tmp_path / name)) == read_aoi(json.dumps(POLYGON)) == Aoi.from_geojson(POLYGON)


def test_four_numbers_are_a_box():
    assert read_aoi("14,45,16,46") == Aoi(14, 45, 16, 46)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"14,45,north,46", "needs four numbers"),
        (b"[]", "needs four numbers"),
        (b"", "needs four numbers"),
        (b"\xff\xfe\x00", "it is no text"),
        (b'{"type": 3}', "has no area"),
        (b'{"type": ', "is not JSON"),
        (
            b'{"type": "Polygon", "coordinates": [[[NaN, 1], [2, 3], [3, 3], [NaN, 1]]]}',
            "not a number|no polygon",
        ),
    ],
)
def test_a_file_that_is_no_area_is_named(tmp_path, content, said):
    path = tmp_path / "area.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        read_aoi(str(path))
    assert str(caught.value).startswith(f"aoi {path}")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_a_folder_and_a_huge_one_are_refused(tmp_path):
    (tmp_path / "folder.json").mkdir()
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(_LARGEST_TEXT + 1)
    for name, said in (
        ("none", "no such file"),
        ("folder", "is a directory"),
        ("huge", "larger than 512 MiB"),
    ):
        with pytest.raises(UsageError, match=said):
            read_aoi(str(tmp_path / f"{name}.json"))


def features_named(*names):
    features = [{"type": "Feature", "properties": {"n": name}, "geometry": POLYGON} for name in names]
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a", "a"], "'a' in two features"),
        (["a", "A"], "'A' in two features"),
        ([1, "1"], "'1' in two features"),
        *(([name], "can't name a folder") for name in ("/", "", "..", "a b", "Z\u00fcrich", "-a", "a" * 65)),
        *(([name], "can't name a folder") for name in (2.5, True, ["a"], {})),
        ([None], "is missing in a feature"),
        ([], "has no features"),
    ],
)
def test_names_of_features_are_those_of_different_folders(names, said):
    with pytest.raises(UsageError, match=said):
        read_features(features_named(*names), "n")


def test_names_of_features_may_be_numbers():
    assert list(read_features(features_named(7, 8.0, "b-1"), "n")) == ["7", "8", "b-1"]


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        ({"properties": {}, "geometry": POLYGON}, "is missing in a feature"),
        ({"properties": None, "geometry": POLYGON}, "is missing in a feature"),
        ({"properties": {"n": "p"}, "geometry": None}, "feature 'p': AOI has no area"),
        (
            {"properties": {"n": "p"}, "geometry": {"type": "Point", "coordinates": [0, 0]}},
            "feature 'p': AOI has a GeoJSON 'Point', which has no area",
        ),
    ],
)
def test_a_feature_that_makes_no_mosaic_is_named(feature, said):
    with pytest.raises(UsageError, match=said):
        read_features(
            json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", **feature}]}), "n"
        )
