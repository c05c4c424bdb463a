"""Hosts of private networks, which a public catalogue must not make us contact."""

from __future__ import annotations

import ipaddress
import re
import socket
from functools import lru_cache

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})")
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa")
_PUBLIC_STORAGE = (".amazonaws.com", ".blob.core.windows.net", ".dataspace.copernicus.eu")
"""Public storage whose names resolve to private addresses inside clouds with a private link to it."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_host(text: str) -> bool:
    """True for a host name or a plain address; False for forms that programs interpret differently.

    Some programs take ``127.1``, ``0x7f000001`` and ``2130706433`` for 127.0.0.1; others normalise non-ASCII
    characters to digits.
    """
    if _address(text) is not None:
        return True
    if not _NAME.fullmatch(text):
        return False
    try:
        socket.inet_aton(text)
    except OSError:
        return not text.replace(".", "").isdigit()
    return False


def is_address(host: str) -> bool:
    """True for an address of IPv4 or IPv6, False for a name."""
    return _address(host) is not None


def is_private(host: str) -> bool:
    """True for a host outside the public internet, by its address or its name.

    A name is looked up once. An unknown one counts as public, since nothing can be read from it.
    """
    address = _address(host)
    if address is not None:
        return not _is_public(address)
    name = host.rstrip(".").lower()
    if "." not in name or name.endswith(_PRIVATE_SUFFIXES):
        return True
    return not name.endswith(_PUBLIC_STORAGE) and _resolves_to_private(name)


def is_link_local(host: str) -> bool:
    """True for an address of this machine's link, where clouds have services that give out credentials."""
    address = _address(host)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address is not None and (address.is_link_local or str(address) == "fd00:ec2::254")


def _address(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if int(address) >> 32 == 0x64FF9B << 64:
            # NAT64 (RFC 6052)
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast


@lru_cache(maxsize=1024)
def _resolves_to_private(name: str) -> bool:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    addresses = [_address(str(place[4][0])) for place in found]
    return any(address is not None and not _is_public(address) for address in addresses)
