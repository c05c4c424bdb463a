import pytest

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.environment import proxies
from cloudless_mosaic.net.environment.proxies import PROXY_VARIABLES, require_usable_proxies


@pytest.mark.parametrize("installed", [True, False])
def test_a_proxy_of_socks_needs_its_client(monkeypatch, installed):
    for name in (*PROXY_VARIABLES, *map(str.upper, PROXY_VARIABLES)):
        monkeypatch.delenv(name, raising=False)
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
