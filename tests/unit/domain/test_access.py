import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.domain.access import StorageAccess, access_to, parse_access
from cloudless_mosaic.domain.provider import parse_profile, read_profile
from cloudless_mosaic.errors import UsageError

PROFILE = """
name = "Open data"
offset = "raw"

[access.open-data]
region = "eu-central-1"
anonymous = true

[access."my.archive"]
endpoint = "https://s3.example.com:9000"
requester_pays = true
"""


def test_a_profile_says_how_its_buckets_are_read(tmp_path):
    (tmp_path / "a.toml").write_text(PROFILE)
    profile = read_profile(tmp_path / "a.toml")
    assert profile.access == (
        StorageAccess(place="my.archive", endpoint="https://s3.example.com:9000", requester_pays=True),
        StorageAccess(place="open-data", region="eu-central-1", anonymous=True),
    )
    assert pickle.loads(pickle.dumps(profile.access)) == profile.access
    # it decides no pixel, and an endpoint may be private
    assert profile.fields == {"name": "Open data", "offset": "raw"}


def test_access_holds_for_the_bucket_of_an_href():
    access = parse_access({"open-data": {"anonymous": True}, "other": {"region": "us-west-2"}})
    assert access_to("s3://open-data/a/B04.tif", access) == access[0]
    for href in ("s3://open-data2/a.tif", "https://open-data/a.tif", "/open-data/a.tif"):
        assert access_to(href, access) is None
    assert access_to("s3://open-data/a.tif", ()) is None


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([], "access must be a table with one table for each bucket or host"),
        ({"open-data": True}, r"access\.open-data must be a table with region, endpoint"),
        ({"open-data": {}}, r"access\.open-data is empty; give region"),
        ({"open-data": {"key": "x"}}, r"unknown field 'key' in access\.open-data"),
        ({"../x": {"anonymous": True}}, "not the name of a bucket"),
        ({"open-data": {"region": "EU/1"}}, r"access\.open-data\.region must be the name of a region"),
        ({"open-data": {"region": 7}}, r"region must be .*, got 7"),
        ({"open-data": {"anonymous": "yes"}}, r"anonymous must be true or false, got 'yes'"),
        ({"open-data": {"requester_pays": 1}}, r"requester_pays must be true or false, got 1"),
        ({"open-data": {"anonymous": True, "requester_pays": True}}, "give one of them"),
    ],
)
def test_unusable_access_is_refused_with_the_name_of_its_field(table, said):
    with pytest.raises(UsageError, match=said):
        parse_profile({"name": "x", "offset": "raw", "access": table})


@pytest.mark.parametrize(
    "endpoint",
    [
        *("s3.example.com", "ftp://s3.example.com", "https://", "https://[::1", "https://h:70000", 7, ["x"]),
        *("https://key:hush@s3.example.com", "https://s3.example.com/?token=hush", "https://h/path"),
        *("https://h\n/", "https://h #"),
    ],
)
def test_an_endpoint_is_an_address_without_secrets(endpoint):
    with pytest.raises(UsageError, match=r"access\.b-1\.endpoint must be an address") as caught:
        parse_access({"b-1": {"endpoint": endpoint}})
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)


values = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.lists(st.integers(), max_size=2)
)
fields = st.dictionaries(st.sampled_from(["region", "endpoint", "anonymous", "requester_pays", "x"]), values)


@given(st.dictionaries(st.text(max_size=8) | st.just("open-data"), fields | values) | values)
def test_junk_is_access_or_a_refusal(table):
    try:
        found = parse_access(table)
    except UsageError:
        return
    assert [one.place for one in found] == sorted(table)
