import pytest

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.environment import proxies
from cloudless_mosaic.net.environment.proxies import PROXY_VARIABLES, proxy_of, require_usable_proxies

FIRST, SECOND = "http://first.company:3128", "http://second.company:3128"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in (*PROXY_VARIABLES, "no_proxy", "request_method"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, ""),
        ({"https_proxy": FIRST}, FIRST),
        ({"HTTPS_PROXY": FIRST}, FIRST),
        ({"https_proxy": FIRST, "HTTPS_PROXY": SECOND}, FIRST),
        ({"ALL_PROXY": FIRST}, FIRST),
        ({"all_proxy": FIRST, "HTTPS_PROXY": SECOND}, SECOND),
        ({"http_proxy": FIRST}, ""),
    ],
)
def test_the_proxy_of_an_address(monkeypatch, variables, proxy):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_of("https://stac.example.com/v1") == proxy


@pytest.mark.parametrize(
    ("url", "entries", "direct"),
    [
        ("https://stac.example.com", "*", True),
        ("https://stac.example.com", "example.com", True),
        ("https://stac.example.com", ".example.com", True),
        ("https://stac.example.com", "*.example.com", True),
        ("https://stac.example.com", "other.org, EXAMPLE.com", True),
        ("https://stac.example.com", "ample.com", False),
        ("https://stac.example.com", "example.com:443", True),
        ("https://stac.example.com", "example.com:8443", False),
        ("https://stac.example.com:8443", "stac.example.com:8443", True),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.1.2.3", True),
        ("https://10.1.2.3:8443", "10.1.2.3:8443", True),
        ("https://11.1.2.3", "10.0.0.0/8", False),
        ("https://[fd00::1]", "fd00::/8", True),
        ("https://[fd00::1]:8443", "[fd00::1]:8443", True),
        ("https://[fd00::1]", "[fd00::2]", False),
        ("https://stac.example.com", ":,[],::,/8,*x", False),
    ],
)
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_what_goes_without_the_proxy(monkeypatch, url, entries, direct, variable):
    monkeypatch.setenv("HTTPS_PROXY", FIRST)
    monkeypatch.setenv(variable, entries)
    assert proxy_of(url) == ("" if direct else FIRST)


@pytest.mark.parametrize(
    "value", [" ", f"{FIRST}\n", f" {FIRST}", "http://", "ftp://proxy", "http://proxy:port"]
)
def test_a_proxy_that_is_no_address_is_named(monkeypatch, value):
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(UsageError, match=r"the proxy in HTTPS_PROXY is .* not an address"):
        require_usable_proxies()


@pytest.mark.parametrize("installed", [True, False])
def test_a_proxy_of_socks_needs_its_client(monkeypatch, installed):
    monkeypatch.setenv("ALL_PROXY", "socks5://me:hush@127.0.0.1:1080")
    monkeypatch.setattr(proxies, "find_spec", lambda _: object() if installed else None)
    if installed:
        require_usable_proxies()
        return
    with pytest.raises(
        UsageError, match="ALL_PROXY is a SOCKS proxy, for which pysocks is missing"
    ) as caught:
        require_usable_proxies()
    assert "hush" not in str(caught.value)
