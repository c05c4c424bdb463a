"""Which hrefs of assets may be read. Nothing that a catalogue names is opened before it has passed here."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cloudless_mosaic.catalog.found import quoted
from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.redaction import redact, without_credentials

_REMOTE = ("https://", "http://", "s3://")
_LONGEST = 4096
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f<>\"]")
_AZURE_SIGNATURE = re.compile(r"(^|&)sig=")


def resolve_href(href: str, file: Path | None) -> str:
    """An asset's href as an unsigned address or an absolute path.

    Args:
        href: As the item gives it.
        file: File that the item was read from; ``None`` for an item of an API, which may not name files of
            this computer.

    Raises:
        MetadataError: if it is neither an address on the web or in an object store, nor, for an item in a
            file, a plain path. That leaves out what GDAL would take for an instruction (``/vsi...``,
            ``vrt://``, inline XML).
    """
    if len(href) > _LONGEST or _UNPRINTABLE.search(href):
        raise MetadataError(f"an asset has an unusable href, {quoted(href)}")
    if href.startswith(_REMOTE):
        return _address(href)
    if file is None:
        raise MetadataError(f"an asset lies at {quoted(redact(href))}; from an API, https and s3 are read")
    return _path(href, file.parent)


def _address(href: str) -> str:
    try:
        parts = urlsplit(href)
        hostname, user = parts.hostname or "", parts.username
    except ValueError:
        raise MetadataError(
            f"an asset has an unusable href, {quoted(href.split('?', maxsplit=1)[0])}"
        ) from None
    if not hostname or user is not None:
        raise MetadataError("an asset's href has no host, or carries a user name")
    if hostname.endswith(".blob.core.windows.net") and _AZURE_SIGNATURE.search(parts.query):
        # a token that was saved with the item has run out by now, and would stop a new one from being made
        return without_credentials(href)
    return href


def _path(href: str, folder: Path) -> str:
    """A path by the rules of relative references, from the folder of the item's file."""
    local = href.removeprefix("file://") if href.startswith("file:///") else href
    local = unquote(local)
    path = os.path.abspath(folder / local)  # noqa: PTH100 - links in the path are left to the system
    if "://" in local or local.startswith("data:") or path.startswith("/vsi") or _UNPRINTABLE.search(local):
        raise MetadataError(f"an asset lies at {quoted(redact(href))}; only files, https and s3 are read")
    return path
