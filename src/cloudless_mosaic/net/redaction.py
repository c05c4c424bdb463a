"""Addresses and messages without credentials."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

# linear time for hostile text: no pattern may restart within what an earlier attempt has scanned
_WORD = re.compile(r"[^\s'\"]+")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_QUERY = re.compile(r"[?#].*", re.DOTALL)
_USER = re.compile(r"(?<=\w)(://)[^/\s'\"]+@")
_LOOSE = re.compile(
    r"(?<![\w-])(sig|signature|skoid|sktid|token|sas_token|password|secret|secret_access_key|aws_[a-z_]*key|"
    r"access_key(?:_id)?|x-amz-(?:signature|credential|security-token)|ocp-apim-subscription-key)"
    r"(?:=|: ?)[^\s&'\",;]+",
    re.IGNORECASE,
)
_HEADER = re.compile(r"(?<![\w-])(authorization: ?)?(bearer|basic) [A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)


def redact(text: str) -> str:
    """Removes user names, passwords and query strings from every address in a text, and named keys.

    The name of a key is kept. Time is linear in the length of the text.
    """
    if "://" in text:
        text = _USER.sub(r"\1", _WORD.sub(lambda word: _without_query(word[0]), text))
    return _HEADER.sub("...", _LOOSE.sub(r"\1=...", text))


def without_credentials(href: str) -> str:
    """An address without user, password, query and fragment; any other text unchanged."""
    scheme, netloc, path, _, _ = urlsplit(href)
    if scheme.lower() not in {"http", "https", "s3"}:
        return href
    return urlunsplit((scheme, netloc.rpartition("@")[2], path, "", ""))


def _without_query(word: str) -> str:
    address = _WEB.search(word)
    if address is None:
        return word
    query = _QUERY.search(word, address.end())
    return word[: query.start()] if query else word


def quoted(value: object, length: int = 80) -> str:
    """Untrusted text for one line of a message: quoted, control characters escaped, cut to a length."""
    text = repr(value if isinstance(value, str) else str(value))
    return text if len(text) <= length else f"{text[: length - 3]}..."
