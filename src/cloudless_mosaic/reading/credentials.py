"""Signing of hrefs when they are read. Tasks carry unsigned hrefs only."""

from __future__ import annotations

from urllib.parse import urlsplit

from cloudless_mosaic.net.redaction import without_credentials
from cloudless_mosaic.reading.tokens import token_broker

PLANETARY_COMPUTER_HOSTS = frozenset({"sentinel2l2a01.blob.core.windows.net"})
"""Storage accounts that hold the Sentinel-2 files of the Planetary Computer; no other host gets a token."""


def planetary_computer_container(href: str) -> tuple[str, str] | None:
    """Account and container of an href in the Planetary Computer's storage; ``None`` for any other href."""
    parts = urlsplit(href)
    if parts.scheme != "https" or parts.netloc not in PLANETARY_COMPUTER_HOSTS:
        return None
    return parts.netloc.partition(".")[0], parts.path.lstrip("/").partition("/")[0]


def sign(href: str) -> str:
    """Adds a Planetary Computer token to an href of its storage; leaves every other href as it is.

    A query that the href already has is removed first, since its signature may have expired.

    Raises:
        SourceError: if no token is available.
    """
    place = planetary_computer_container(href)
    if place is None:
        return href
    return f"{without_credentials(href)}?{token_broker().token(*place).query}"


def refuse(signed: str) -> None:
    """Discards the token of a signed href that was refused, so that the next one gets a new token."""
    place = planetary_computer_container(signed)
    if place is not None:
        token_broker().reject(*place, signed.partition("?")[2])
