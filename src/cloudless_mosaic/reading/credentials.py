"""What signs requests for an href when it is read. Tasks carry unsigned hrefs only, and no tokens."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from cloudless_mosaic.domain.access import (
    BEARER,
    PLANETARY_COMPUTER,
    TOKEN_VARIABLE,
    StorageAccess,
    access_to,
)
from cloudless_mosaic.errors import UsageError

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def planetary_computer_container(href: str, access: tuple[StorageAccess, ...] = ()) -> tuple[str, str] | None:
    """Account and container of an href that needs a token of the Planetary Computer; else ``None``.

    Args:
        href: Address or path.
        access: Storage that the profile of the provider describes.
    """
    if not href.startswith("https://"):
        return None
    known, parts = access_to(href, access), urlsplit(href)
    if known is None or known.signer != PLANETARY_COMPUTER:
        return None
    return parts.netloc.partition(".")[0], parts.path.lstrip("/").partition("/")[0]


def authorization(href: str, access: tuple[StorageAccess, ...]) -> str:
    """The value of the header ``Authorization`` for the server of an href; secret, and empty without one.

    Args:
        href: Address or path.
        access: Storage that the profile of the provider describes.

    Raises:
        UsageError: if the server wants a token and there is none, or it would travel unencrypted.
    """
    known, parts = access_to(href, access), urlsplit(href)
    if known is None or known.signer != BEARER:
        return ""
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise UsageError(f"access.{known.place}.signer sends a token, which needs https; its href is http")
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise UsageError(f"{known.place} wants a token, as the profile says: set {TOKEN_VARIABLE} to it")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(f"{TOKEN_VARIABLE} holds what can't be a token; set it to the token alone")
    return f"Bearer {token}"
