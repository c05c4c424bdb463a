"""Signing of hrefs at the moment they are read. Tasks carry unsigned hrefs only."""

from __future__ import annotations

from urllib.parse import urlsplit

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.redaction import without_credentials

PLANETARY_COMPUTER_HOSTS = frozenset({"sentinel2l2a01.blob.core.windows.net"})
"""Storage accounts that hold the Sentinel-2 files of the Planetary Computer; no other host gets a token."""


def sign(href: str) -> str:
    """Adds a Planetary Computer token to an href of its storage; leaves every other href as it is.

    The token is fetched once and kept until it is about to expire. A query that the href already has is
    taken off first, since the signing library would take an expired signature for a valid one.

    Raises:
        SourceError: if no token could be had.
    """
    parts = urlsplit(href)
    if parts.scheme != "https" or parts.hostname not in PLANETARY_COMPUTER_HOSTS:
        return href
    import planetary_computer  # noqa: PLC0415 - half a second that only this provider needs

    try:
        return str(planetary_computer.sign_url(without_credentials(href)))
    except Exception as error:  # noqa: BLE001 - the library raises whatever its HTTP client raises
        raise SourceError(
            f"no token for {without_credentials(href)} ({type(error).__name__}); the token service of the "
            "Planetary Computer is out of reach or throttles, try again later"
        ) from None
