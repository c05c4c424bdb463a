"""Addresses and messages without credentials."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_QUERY = re.compile(r"(https?://[^\s'\"?#]*)[?#][^\s'\"]*", re.IGNORECASE)
_USER = re.compile(r"(\w+://)[^/\s'\"]+@")


def redact(text: str) -> str:
    """Takes user names, passwords and query strings out of every address in a text."""
    return _USER.sub(r"\1", _QUERY.sub(r"\1", text))


def without_credentials(href: str) -> str:
    """An address without user, password, query and fragment, where tokens live; other texts as they are."""
    scheme, netloc, path, _, _ = urlsplit(href)
    if scheme.lower() not in {"http", "https", "s3"}:
        return href
    return urlunsplit((scheme, netloc.rpartition("@")[2], path, "", ""))
