"""Headers that a user adds to requests. Their values are secrets: no message quotes them."""

from __future__ import annotations

import os
import re

from cloudless_mosaic.errors import UsageError

HEADERS_VARIABLE = "CLOUDLESS_MOSAIC_HEADERS"
"""Environment variable with headers for the STAC API, ``NAME:VALUE``, one a line."""

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A token of RFC 9110."""
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
"""Headers that belong to the exchange itself."""

Header = tuple[str, str]
"""Name and value."""


def parse_header(text: str, source: str) -> Header:
    """Takes a header apart.

    Args:
        text: ``NAME:VALUE``.
        source: Field or variable that gives it; for messages.

    Raises:
        UsageError: if it is none; the message doesn't quote it.
    """
    name, colon, value = text.partition(":")
    if not colon:
        raise UsageError(f"{source} needs NAME:VALUE, for example X-Api-Key:abc; got no colon")
    header = name.strip(), value.strip()
    require_header(header, source)
    return header


def require_header(header: Header, source: str) -> None:
    """Checks a header.

    Args:
        header: Name and value.
        source: Field or variable that gives it; for messages.

    Raises:
        UsageError: if it can't be sent; the message doesn't quote its value.
    """
    name, value = header
    if not _NAME.fullmatch(name):
        raise UsageError(f"{source} has a name that no header can have; write NAME:VALUE")
    if name.lower() in _OURS:
        raise UsageError(f"{source} can't set {name}, which belongs to the request itself; leave it out")
    if not value or not value.isprintable() or not value.isascii():
        raise UsageError(f"{source} {name} has no value of printable ASCII; write NAME:VALUE")


def environment_headers() -> tuple[Header, ...]:
    """The headers that the environment names.

    Raises:
        UsageError: if a line of the variable is no header.
    """
    lines = os.environ.get(HEADERS_VARIABLE, "").splitlines()
    return tuple(parse_header(line, HEADERS_VARIABLE) for line in lines if line.strip())
