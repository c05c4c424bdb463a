"""Proxies that the environment names."""

from __future__ import annotations

import os
from importlib.util import find_spec
from urllib.parse import urlsplit

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.redaction import quoted

PROXY_VARIABLES = ("https_proxy", "http_proxy", "all_proxy")
"""Variables in lower case; upper case counts as well."""

_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")


def require_usable_proxies() -> None:
    """Checks the proxies of the environment before the first request, since clients read them differently.

    Raises:
        UsageError: if one is not an address with scheme and host; the message names its variable.
    """
    for variable in _set_variables():
        value = os.environ[variable].strip()
        bare = value.rpartition("@")[2]
        try:
            parts = urlsplit(value)
            usable = parts.scheme.lower() in _SCHEMES and bool(parts.hostname) and "://" in value
            _ = parts.port
        except ValueError:
            usable = False
        if not usable:
            shown = bare.rpartition("://")[2]
            example = f"; write http://{shown}" if "://" not in value else "; correct or unset it"
            raise UsageError(
                f"the proxy in {variable} is {quoted(bare)}, not an address with a scheme, host and port"
                f"{example}"
            )
        if parts.scheme.lower().startswith("socks") and not find_spec("socks"):
            raise UsageError(
                f"the proxy in {variable} is a SOCKS proxy, for which pysocks is missing; pip install pysocks"
            )


def is_proxied(url: str) -> bool:
    """True where a request goes through a proxy, by the environment or the system's settings."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - keeps --help quick

    proxies, parts = getproxies(), urlsplit(url)
    named = proxies.get(parts.scheme) or proxies.get("all")
    return bool(named) and not proxy_bypass(parts.netloc)


def shown_proxies() -> str:
    """The variables that name a proxy, for messages; without their values, which may hold passwords."""
    return " or ".join(_set_variables()) or "the system's proxy settings"


def _set_variables() -> list[str]:
    names = [form for name in PROXY_VARIABLES for form in (name, name.upper())]
    return [name for name in names if os.environ.get(name, "").strip()]
