"""Addresses and messages without credentials."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

# no pattern may begin anew inside of what another start has already gone over: text comes from strangers
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
    """Takes user names, passwords and query strings out of every address in a text, and keys named as such.

    What stays of a key is its name. The time it takes grows with the length of the text and no faster.
    """
    if "://" in text:
        text = _USER.sub(r"\1", _WORD.sub(lambda word: _without_query(word[0]), text))
    return _HEADER.sub("...", _LOOSE.sub(r"\1=...", text))


def without_credentials(href: str) -> str:
    """An address without user, password, query and fragment, where tokens live; other texts as they are."""
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
    """Text from outside, fit for one line of a message: control characters escaped, long ones cut short."""
    text = repr(value if isinstance(value, str) else str(value))
    return text if len(text) <= length else f"{text[: length - 3]}..."
