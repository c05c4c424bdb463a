"""Hrefs of assets that may be read. Every href of a catalogue is checked here before it is opened."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.net.hosts import is_host, is_private
from cloudless_mosaic.net.redaction import quoted, redact, without_credentials

_REMOTE = ("https://", "http://", "s3://")
_LONGEST = 4096
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f<>\"\\]")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
_AZURE_SIGNATURE = re.compile(r"(^|&)sig=")


def resolve_href(href: str, file: Path | None, host: str = "") -> str:
    """An asset's href as an unsigned address or an absolute path.

    Args:
        href: As the item gives it.
        file: File that the item was read from; ``None`` for an item of an API, which may not name files of
            this computer.
        host: Host of the API.

    Raises:
        MetadataError: if it is neither a web address, an object in S3, nor, for an item in a file, a plain
            path. This excludes hrefs that GDAL would interpret (``/vsi...``, ``vrt://``, inline XML). From a
            public API, unencrypted http and hosts of private networks are refused as well, unless they are
            the API's own.
    """
    if len(href) > _LONGEST or _UNPRINTABLE.search(href):
        raise MetadataError(f"an asset has an unusable href, {quoted(redact(href))}")
    if href.startswith(_REMOTE):
        return _address(href, local=file is not None, host=host)
    if file is None:
        raise MetadataError(f"an asset lies at {quoted(redact(href))}; from an API, https and s3 are read")
    return _path(href, file.parent)


def _address(href: str, *, local: bool, host: str) -> str:
    try:
        parts = urlsplit(href)
        hostname, user, _ = parts.hostname or "", parts.username, parts.port
    except ValueError:
        raise MetadataError(
            f"an asset has an unusable href, {quoted(href.split('?', maxsplit=1)[0])}"
        ) from None
    if not hostname or user is not None:
        raise MetadataError("an asset's href has no host, or carries a user name")
    usable = _BUCKET.fullmatch(parts.netloc) if parts.scheme == "s3" else is_host(hostname)
    if not usable:
        raise MetadataError(
            f"an asset lies at {quoted(redact(href))}; its host is not a plain name or address"
        )
    if parts.scheme != "s3" and hostname != host.lower() and not local:
        _require_public(href, parts.scheme, hostname, host)
    if hostname.endswith(".blob.core.windows.net") and _AZURE_SIGNATURE.search(parts.query):
        # a token saved with the item has expired, and would prevent a new one from being requested
        return without_credentials(href)
    return href


def _require_public(href: str, scheme: str, hostname: str, host: str) -> None:
    if host and is_private(host):
        # a catalogue in a private network may refer to its neighbours
        return
    if scheme != "https":
        raise MetadataError(
            f"an asset lies at {quoted(redact(href))}; from a public API, https and s3 are read"
        )
    if is_private(hostname):
        raise MetadataError(f"an asset lies at {quoted(redact(href))}, inside a private network; not read")


def _path(href: str, folder: Path) -> str:
    """An absolute path, resolved as a reference relative to the folder of the item's file."""
    local = href.removeprefix("file://") if href.startswith("file:///") else href
    local = unquote(local)
    path = os.path.abspath(folder / local)  # noqa: PTH100 - links in the path are left to the system
    if "://" in local or local.startswith("data:") or path.startswith("/vsi") or _UNPRINTABLE.search(local):
        raise MetadataError(f"an asset lies at {quoted(redact(href))}; only files, https and s3 are read")
    return path
