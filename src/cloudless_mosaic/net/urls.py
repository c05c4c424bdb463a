"""Addresses on the web."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit


def is_web_url(href: object) -> bool:
    """True for a well-formed http or https address."""
    if not isinstance(href, str):
        return False
    try:
        parts = urlsplit(href)
        well_formed = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return well_formed and parts.scheme in {"http", "https"}


def resolve_url(base: str, href: object) -> str | None:
    """The http or https address of an href on a page; ``None`` for anything else."""
    try:
        url = urljoin(base, href) if isinstance(href, str) else None
    except ValueError:
        return None
    return url if is_web_url(url) else None
