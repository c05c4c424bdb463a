"""Recipes in files."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks import MaskSettings, make_mask, read_mask_table
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES
from cloudless_mosaic.masks.table import parse_mask_table

LEAST = {"name": "mine"}
WITH = {**LEAST, "classes": {"clear": [4, 5]}}


def test_a_recipe_of_the_registry_can_be_written_as_a_table():
    table = tomllib.loads("""
        name = "multidate"

        [classes]
        clear = [2, 4, 5, 6, 7, 11]
        dilation = 120
        doubtful = [7]
        far = 300
        snow = [11]

        [dates]
    """)
    made, known = (
        parse_mask_table(table).mask,
        make_mask("multidate", MaskSettings(DEFAULT_CLEAR_CLASSES, None)),
    )
    assert (made.classes, made.dates, made.network) == (known.classes, known.dates, None)
    assert made.description == known.description


def test_all_options_lead_back_to_the_same_recipe(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("""
        name = "mine"
        [classes]
        clear = [4, 5, 6]
        masked = [1, 3, 9]
        erosion = 20.5
        opening = 40
        [probability]
        limit = 65
        [dates]
        haze = 200
    """)
    table = read_mask_table(path)
    assert table.fields == {
        "name": "mine",
        "classes": {"clear": [4, 5, 6], "masked": [1, 3, 9], "opening": 40, "erosion": 20.5},
        "probability": {"limit": 65},
        "dates": {"haze": 200, "doubt": 200, "hot": 350, "lit": 300, "gap": 400},
    }
    assert parse_mask_table(table.fields) == table
    assert "clouds" not in table.fields
    assert table.recipe.guides == ("B02", "B04", "B08")


def test_without_steps_every_pixel_counts():
    assert not parse_mask_table(LEAST).mask.reads_classes


def test_a_network_is_named_in_the_table():
    pytest.importorskip("ukis_csmask", reason="the extra ukis is not installed")
    pytest.importorskip("onnxruntime", reason="the extra ukis is not installed")
    table = parse_mask_table({**WITH, "network": {"name": "ukis"}})
    assert table.mask.network_bands == ("B02", "B03", "B04", "B08")
    assert parse_mask_table(table.fields) == table


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "name must be a word of small letters, digits and hyphens, got 'None'"),
        ({"name": "../up"}, "got '../up'"),
        (
            {**LEAST, "class": {}},
            "unknown step 'class'; a mask has name, classes, probability, network",
        ),
        ({**LEAST, "classes": 3}, r"classes must be a table: \[classes\]"),
        ({**LEAST, "dates": {}}, "dates needs classes, which say where there is data"),
        ({**LEAST, "classes": {}}, r"classes\.clear is missing"),
        ({**LEAST, "classes": {"clear": []}}, r"classes\.clear is empty"),
        (
            {**LEAST, "classes": {"clear": [4, 12]}},
            r"clear must be a list of codes .*, got '\[4, 12\]'",
        ),
        ({**LEAST, "classes": {"clear": [True]}}, r"got '\[True\]'"),
        ({**LEAST, "classes": {"clear": [[4]]}}, r"got '\[\[4\]\]'"),
        ({**LEAST, "classes": {"clear": "4"}}, "got '4'"),
        (
            {**LEAST, "classes": {"clear": [4], "grow": 3}},
            r"classes\.grow is unknown; classes takes clear, masked, doubtful, snow, dilation, opening",
        ),
        (
            {**LEAST, "classes": {"clear": [4], "masked": [4]}},
            r"masked has 4, which is in classes\.clear",
        ),
        (
            {**LEAST, "classes": {"clear": [4], "snow": [11]}},
            r"snow has 11, which isn't in classes",
        ),
        (
            {**LEAST, "classes": {"clear": [4], "far": -1}},
            "far must be a number from 0 to 5000, got '-1'",
        ),
        ({**LEAST, "classes": {"clear": [4], "far": float("nan")}}, "got 'nan'"),
        ({**LEAST, "classes": {"clear": [4], "far": True}}, "got 'True'"),
        ({**WITH, "dates": {"haze": 2.5}}, r"dates\.haze must be a whole number, got 2\.5"),
        ({**WITH, "dates": {"fog": 1}}, r"dates\.fog is unknown; dates takes haze, doubt, hot, lit, gap"),
        ({**WITH, "probability": {}}, r"probability\.limit must be a number from 0 to 100, got 'None'"),
        (
            {**WITH, "network": {"name": "kappa"}},
            r"network\.name must be one of ukis, omnicloudmask, got 'kappa'",
        ),
        ({**WITH, "network": {"name": ["ukis"]}}, "network.name must be one of ukis, omnicloudmask"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(table, message):
    with pytest.raises(UsageError, match=message):
        parse_mask_table(table)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name = ", "it is not TOML"),
        (b"\xff", "it is not text in UTF-8"),
        (b"#" * (2**20 + 1), "it is larger than 1 MiB"),
        (b"name = 'x'\n[sky]\n", "unknown step 'sky'"),
        (None, r"it can't be read \(No such file"),
    ],
)
def test_a_file_that_holds_no_recipe_is_named(tmp_path, content, message):
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=rf"mask .*mine\.toml: {message}"):
        read_mask_table(path)


def test_a_folder_is_no_recipe(tmp_path):
    with pytest.raises(UsageError, match="it is no file"):
        read_mask_table(tmp_path)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["clear", "far", "limit", "haze", "name"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=100)
@given(
    st.dictionaries(st.sampled_from(["classes", "probability", "network", "dates", "name"]), JUNK, max_size=4)
)
def test_junk_is_a_recipe_or_a_refusal(table):
    try:
        made = parse_mask_table({**LEAST, **table})
    except UsageError:
        return
    assert parse_mask_table(made.fields) == made


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"clear_classes": (4,)}, "`clear_classes` is in the file of the mask itself"),
        ({"cloud_dilation": 0.0}, "`cloud_dilation` is in the file of the mask itself"),
        ({"mask_options": (("far", "3"),)}, "far is not an option of the mask mine; it takes none"),
    ],
)
def test_options_beside_a_file_are_refused(make_request, option, message):
    with pytest.raises(UsageError) as caught:
        make_request(**{"mask": parse_mask_table(WITH), "cloud_dilation": None, **option})
    assert message in caught.value.marked


def test_requests_hold_what_was_read(make_request):
    request = make_request(mask=parse_mask_table(WITH), cloud_dilation=None)
    assert isinstance(request, MosaicRequest)
    assert request.cloud_mask.classes.clear == (4, 5)
    assert hash(request.mask) == hash(parse_mask_table(WITH))
