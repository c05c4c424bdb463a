import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.domain.provider import ProviderProfile, parse_profile, read_profile
from cloudless_mosaic.errors import UsageError

TOML = """
name = "My archive"
offset = "flagged"
offset_flag = "my:offset_removed"
classification = "quality"

[bands]
red = "Band_4"
B8A = "nir_narrow"
rededge2 = "Band_6"
"""
PROFILE = ProviderProfile(
    name="My archive",
    offset="flagged",
    offset_flag="my:offset_removed",
    classification="quality",
    bands={"B04": "Band_4", "B8A": "nir_narrow", "B06": "Band_6"},
)
LEAST = {"name": "x", "offset": "raw"}


def test_a_profile_is_read_from_toml_and_from_json(tmp_path):
    toml, other, as_json = (tmp_path / name for name in ("a.toml", "a.profile", "a.JSON"))
    toml.write_text(TOML)
    other.write_text(TOML)
    as_json.write_text(json.dumps(PROFILE.fields))
    assert read_profile(toml) == read_profile(other) == read_profile(as_json) == PROFILE


def test_the_least_profile_leaves_names_to_the_usual_words():
    profile = parse_profile(LEAST)
    assert (profile.bands, profile.classification, profile.offset_flag) == ({}, "", "")
    assert profile.fields == LEAST


def test_fields_lead_back_to_the_profile():
    assert parse_profile(PROFILE.fields) == PROFILE
    assert list(PROFILE.fields["bands"]) == ["red", "nir08", "rededge2"]


def test_a_profile_can_be_hashed_and_sent():
    assert hash(PROFILE) == hash(pickle.loads(pickle.dumps(PROFILE)))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"offset": "raw"}, "no field 'name'"),
        ({"name": "x"}, "no field 'offset'"),
        ({**LEAST, "band": {}}, "unknown field 'band'; a profile has name, offset, offset_flag"),
        ({**LEAST, "offset": "never"}, "offset must be one of raw, removed, flagged, declared, got 'never'"),
        ({**LEAST, "offset": -1000}, "got -1000"),
        ({**LEAST, "offset": []}, "offset must be one of"),
        ({**LEAST, "name": ""}, "name must be a text on one line"),
        ({**LEAST, "name": "a\nb"}, "name must be a text on one line"),
        ({**LEAST, "name": 7}, "name must be a text on one line, got 7"),
        ({**LEAST, "name": "x" * 121}, "name has 121 characters"),
        ({**LEAST, "classification": ["scl"]}, "classification must be a text"),
        ({**LEAST, "offset": "flagged"}, "offset_flag must name the property"),
        ({**LEAST, "bands": ["red"]}, "bands must be a table"),
        ({**LEAST, "bands": {"blau": "x"}}, "unknown band 'blau'"),
        ({**LEAST, "bands": {"rededge": "x"}}, r"may be rededge1 \(B05\) or rededge2"),
        ({**LEAST, "bands": {"red": "x", "B04": "y"}}, "band B04 is given twice, the second time as 'B04'"),
        ({**LEAST, "bands": {"red": 4}}, r"bands\.B04 must be a text on one line, got 4"),
        ({**LEAST, "bands": {"red": ""}}, r"bands\.B04 must be a text"),
        ({**LEAST, "bands": {"red": "x", "nir": "x"}}, "asset 'x' is given for more than one band"),
        (
            {**LEAST, "bands": {"red": "x"}, "classification": "x"},
            "asset 'x' is given for more than one band",
        ),
    ],
)
def test_what_is_wrong_with_a_profile_is_said(fields, said):
    with pytest.raises(UsageError, match=said):
        parse_profile(fields)


def test_bands_of_a_profile_made_in_python_have_product_names():
    with pytest.raises(UsageError, match="got 'red'"):
        ProviderProfile(name="x", offset="raw", bands={"red": "Band_4"})


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.toml", None, r"can't be read \(No such file"),
        ("bad.toml", b"name = ", "it is not TOML"),
        ("bad.json", b"{", "it is not JSON"),
        ("list.json", b"[]", "it is not a table of fields"),
        ("deep.json", b"[" * 100_000, "it is not JSON"),
        ("binary.toml", b"\xff\xfe", "it is not text in UTF-8"),
        ("large.toml", b"#" * (2**20 + 1), "it is larger than 1 MiB"),
        ("short.toml", b'name = "x"', "no field 'offset'"),
    ],
)
def test_a_file_that_holds_no_profile_is_named(tmp_path, name, content, said):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        read_profile(path)
    message = str(caught.value)
    assert message.startswith(f"profile {path}: ")
    assert message.endswith("docs/providers.md has an example")
    assert "\n" not in message


def test_a_folder_is_no_profile(tmp_path):
    with pytest.raises(UsageError, match="can't be read"):
        read_profile(tmp_path)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(["name", "offset", "offset_flag", "classification", "bands", "other"])


@pytest.mark.slow
@given(st.dictionaries(names, junk))
def test_junk_is_a_profile_or_a_refusal(fields):
    for given_fields in (fields, {**LEAST, **fields}):
        try:
            profile = parse_profile(given_fields)
        except UsageError:
            continue
        assert parse_profile(profile.fields) == profile
