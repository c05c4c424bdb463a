import pytest

from cloudless_mosaic.reading import credentials
from cloudless_mosaic.reading.credentials import refuse, sign
from cloudless_mosaic.reading.tokens import Token

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


class Broker:
    """Gives a new token every time, and remembers what it was asked."""

    def __init__(self):
        self.asked = []
        self.rejected = []

    def token(self, account, container):
        self.asked.append((account, container))
        return Token(f"se=2030&sig=TOKEN-{len(self.asked)}", 60.0, 0.0)

    def reject(self, *told):
        self.rejected.append(told)


@pytest.fixture
def broker(monkeypatch):
    broker = Broker()
    monkeypatch.setattr(credentials, "token_broker", lambda: broker)
    return broker


def test_storage_of_the_provider_gets_a_token(broker):
    assert sign(HREF) == f"{HREF}?se=2030&sig=TOKEN-1"
    assert broker.asked == [("sentinel2l2a01", "sentinel2-l2")]


@pytest.mark.usefixtures("broker")
def test_old_token_is_taken_off_first():
    """A library that sees a signature, even one of yesterday, adds none."""
    signed = sign(f"{HREF}?st=2020&se=2020&sp=r&sig=OLD#part")
    assert signed == f"{HREF}?se=2030&sig=TOKEN-1"
    assert sign(signed) == f"{HREF}?se=2030&sig=TOKEN-2"


@pytest.mark.parametrize("href", ELSEWHERE)
def test_no_other_place_gets_a_token(broker, href):
    assert sign(href) == href
    refuse(href)
    assert (broker.asked, broker.rejected) == ([], [])


def test_a_refused_token_is_given_up(broker):
    refuse(sign(HREF))
    assert broker.rejected == [("sentinel2l2a01", "sentinel2-l2", "se=2030&sig=TOKEN-1")]
