"""Buckets behind proxies, and at endpoints that can't be."""

import pytest

from cloudless_mosaic.errors import AccessError
from cloudless_mosaic.net.environment.proxies import PROXY_VARIABLES
from cloudless_mosaic.reading import TileReader, WindowRead
from cloudless_mosaic.reading.faults import explained
from processes import free_port

HREF = "s3://open-data/a.tif"


@pytest.fixture(autouse=True)
def public_bucket(monkeypatch):
    for name in (*PROXY_VARIABLES, "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("AWS_NO_SIGN_REQUEST", "YES")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")


def read(href):
    return dict(TileReader().read_many([WindowRead(href, 0, 100, 40, (64, 80))]))[0]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_a_proxy_that_is_not_there_is_named(monkeypatch, suffix):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    answer = read(f"s3://open-data/a{suffix}")
    assert isinstance(answer, AccessError)
    assert "the proxy in HTTP_PROXY can't be reached" in str(answer)


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_a_proxy_of_socks_is_refused_by_name(monkeypatch, suffix):
    monkeypatch.setattr("cloudless_mosaic.net.environment.proxies.find_spec", lambda _: object())
    monkeypatch.setenv("ALL_PROXY", "socks5h://127.0.0.1:1080")
    answer = read(f"s3://open-data/a{suffix}")
    assert isinstance(answer, AccessError)
    assert "ALL_PROXY is a SOCKS proxy" in str(answer)


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_a_bucket_before_an_address_is_refused(monkeypatch, suffix):
    monkeypatch.setenv("AWS_VIRTUAL_HOSTING", "YES")
    answer = read(f"s3://open-data/a{suffix}")
    assert isinstance(answer, AccessError)
    assert "AWS_VIRTUAL_HOSTING" in str(answer)
    assert "127.0.0.1 is an address" in str(answer)


@pytest.mark.parametrize(
    ("words", "lasts"),
    [("Name or service not known", True), ("Temporary failure in name resolution", False)],
)
def test_an_unknown_host_is_a_lasting_fault_and_a_network_that_is_away_is_none(words, lasts):
    error = OSError(
        f"GET http://s3.company/open-data/a.tif HttpError {{ kind: Connect, dns error: {words} }}"
    )
    answer = explained(HREF, error)
    assert isinstance(answer, AccessError) == lasts
    assert ("s3.company can't be found" in str(answer)) == lasts
