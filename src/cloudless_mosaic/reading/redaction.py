"""Addresses and messages without credentials."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_QUERY = re.compile(r"(https?://[^\s'\"?]*)\?[^\s'\"]*", re.IGNORECASE)
_USER = re.compile(r"(\w+://)[^/\s@'\"]+@")


def redact(text: str) -> str:
    """Takes user names, passwords and query strings out of every address in a text."""
    return _USER.sub(r"\1", _QUERY.sub(r"\1", text))


def without_query(href: str) -> str:
    """An address without its query and fragment, where tokens live."""
    scheme, netloc, path, _, _ = urlsplit(href)
    return urlunsplit((scheme, netloc, path, "", "")) if scheme in {"http", "https"} else href
