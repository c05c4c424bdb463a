"""Proxies that the environment names, in one meaning for every client."""

from __future__ import annotations

import ipaddress
import os
import re
from importlib.util import find_spec
from urllib.parse import SplitResult, urlsplit

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.redaction import quoted

PROXY_VARIABLES = ("https_proxy", "http_proxy", "all_proxy")
"""Variables in lower case; upper case counts as well."""

_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")

_ENTRY = re.compile(r"(?:\[(?P<inner>[^]]+)\]|(?P<host>[^:]+|[^.]*:[^.]*:.*?))(?::(?P<port>\d{1,5}))?")
"""A host or network, in brackets where it is IPv6 with a port."""


def require_usable_proxies() -> None:
    """Checks the proxies of the environment before the first request, since clients read them differently.

    Raises:
        UsageError: if one is not an address with scheme and host; the message names its variable.
    """
    for variable in _set_variables():
        value = os.environ[variable]
        bare = value.rpartition("@")[2]
        try:
            parts = urlsplit(value)
            usable = parts.scheme.lower() in _SCHEMES and bool(parts.hostname) and not re.search(r"\s", value)
            _ = parts.port
        except ValueError:
            usable = False
        if not usable:
            shown = bare.rpartition("://")[2].strip()
            example = f"; write http://{shown}" if shown and "://" not in value else "; correct or unset it"
            raise UsageError(
                f"the proxy in {variable} is {quoted(bare)}, not an address with a scheme, host and port"
                f"{example}"
            )
        if parts.scheme.lower().startswith("socks") and not find_spec("socks"):
            raise UsageError(
                f"the proxy in {variable} is a SOCKS proxy, for which pysocks is missing; pip install pysocks"
            )


def proxy_of(url: str) -> str:
    """The proxy that a request goes through; empty where it goes to the server itself.

    Variables in lower case come first. Entries of ``NO_PROXY`` are ``*``, domains with all below them (also
    ``.example.com`` and ``*.example.com``), addresses and networks (``10.0.0.0/8``), each with a port or
    without.

    Args:
        url: Address that is asked for.
    """
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - keeps --help quick

    proxies, parts = getproxies(), urlsplit(url)
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    if not proxy or proxy_bypass(parts.netloc):
        return ""
    excluded = re.split(r"[,\s]+", proxies.get("no", "").lower())
    return "" if any(_is_meant(entry, parts) for entry in excluded if entry) else proxy


def names_proxies() -> bool:
    """True where the environment names any proxy."""
    return bool(_set_variables())


def shown_proxies() -> str:
    """The variables that name a proxy, for messages; without their values, which may hold passwords."""
    return " or ".join(_set_variables()) or "the system's proxy settings"


def _set_variables() -> list[str]:
    names = [form for name in PROXY_VARIABLES for form in (name, name.upper())]
    return [name for name in names if os.environ.get(name)]


def _is_meant(entry: str, parts: SplitResult) -> bool:
    """True where an entry of ``NO_PROXY`` means the server of an address."""
    match = _ENTRY.fullmatch(entry)
    if match is None:
        return False
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    if match["port"] and int(match["port"]) != port:
        return False
    host, name = parts.hostname or "", match["host"] or match["inner"]
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
    except ValueError:
        domain = name.lstrip("*").lstrip(".")
        return name == "*" or host == domain or host.endswith(f".{domain}")
