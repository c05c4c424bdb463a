"""Which hrefs need a token when they are read. Tasks carry unsigned hrefs only."""

from __future__ import annotations

from urllib.parse import urlsplit

PLANETARY_COMPUTER_HOSTS = frozenset({"sentinel2l2a01.blob.core.windows.net"})
"""Storage accounts that hold the Sentinel-2 files of the Planetary Computer; no other host gets a token."""


def planetary_computer_container(href: str) -> tuple[str, str] | None:
    """Account and container of an href in the Planetary Computer's storage; ``None`` for any other href."""
    parts = urlsplit(href)
    if parts.scheme != "https" or parts.netloc not in PLANETARY_COMPUTER_HOSTS:
        return None
    return parts.netloc.partition(".")[0], parts.path.lstrip("/").partition("/")[0]
