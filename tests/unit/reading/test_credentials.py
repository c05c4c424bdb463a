import planetary_computer
import pytest

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading.credentials import sign

HREF = "https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/10/T/ET/B04.tif"


@pytest.fixture
def asked(monkeypatch):
    """What the signing library was asked to sign."""
    hrefs = []

    def sign_url(href):
        hrefs.append(href)
        return f"{href}?se=2030&sig=TOKEN-{len(hrefs)}"

    monkeypatch.setattr(planetary_computer, "sign_url", sign_url)
    return hrefs


def test_storage_of_the_provider_gets_a_token(asked):
    assert sign(HREF) == f"{HREF}?se=2030&sig=TOKEN-1"
    assert asked == [HREF]


def test_old_token_is_taken_off_first(asked):
    assert sign(f"{HREF}?st=2020&se=2020&sp=r&sig=OLD#part") == f"{HREF}?se=2030&sig=TOKEN-1"
    assert asked == [HREF]


@pytest.mark.parametrize(
    "href",
    [
        "/data/B04.tif",
        "B04.tif",
        "s3://sentinel2l2a01.blob.core.windows.net/B04.tif",
        "http://sentinel2l2a01.blob.core.windows.net/B04.tif",
        "https://sentinel-cogs.s3.us-west-2.amazonaws.com/B04.tif",
        "https://evil.blob.core.windows.net/sentinel2-l2/B04.tif",
        "https://sentinel2l2a01.blob.core.windows.net.evil.example/B04.tif",
        "https://sentinel2l2a01.blob.core.windows.net@evil.example/B04.tif",
        "https://evil.example/sentinel2l2a01.blob.core.windows.net/B04.tif",
        "https://evil.example/B04.tif?x=https://sentinel2l2a01.blob.core.windows.net",
        "https://host/B04.tif?sig=theirs",
    ],
)
def test_no_other_place_gets_a_token(asked, href):
    assert sign(href) == href
    assert asked == []


def test_token_service_out_of_reach_loses_the_observation(monkeypatch):
    def refuse(_):
        raise ConnectionError("https://api/sas?secret=SECRET")

    monkeypatch.setattr(planetary_computer, "sign_url", refuse)
    with pytest.raises(
        SourceError, match=r"no token for https://sentinel2l2a01.*\(ConnectionError\)"
    ) as caught:
        sign(f"{HREF}?sig=SECRET")
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
