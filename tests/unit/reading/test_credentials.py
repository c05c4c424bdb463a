import pytest

from cloudless_mosaic.reading.credentials import planetary_computer_container

HREF = "https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/10/T/ET/B04.tif"
ELSEWHERE = [
    "/data/B04.tif",
    "B04.tif",
    "s3://sentinel2l2a01.blob.core.windows.net/B04.tif",
    "http://sentinel2l2a01.blob.core.windows.net/B04.tif",
    "https://sentinel-cogs.s3.us-west-2.amazonaws.com/B04.tif",
    "https://evil.blob.core.windows.net/sentinel2-l2/B04.tif",
    "https://sentinel2l2a01.blob.core.windows.net.evil.example/B04.tif",
    "https://sentinel2l2a01.blob.core.windows.net@evil.example/B04.tif",
    "https://me:hush@sentinel2l2a01.blob.core.windows.net/sentinel2-l2/B04.tif",
    "https://sentinel2l2a01.blob.core.windows.net:8443/sentinel2-l2/B04.tif",
    "https://evil.example/sentinel2l2a01.blob.core.windows.net/B04.tif",
    "https://evil.example/B04.tif?x=https://sentinel2l2a01.blob.core.windows.net",
    "https://host/B04.tif?sig=theirs",
]


def test_storage_of_the_provider_gets_a_token():
    assert planetary_computer_container(HREF) == ("sentinel2l2a01", "sentinel2-l2")
    assert planetary_computer_container(f"{HREF}?st=2020&sig=OLD#part") == ("sentinel2l2a01", "sentinel2-l2")


@pytest.mark.parametrize("href", ELSEWHERE)
def test_no_other_place_gets_a_token(href):
    assert planetary_computer_container(href) is None
