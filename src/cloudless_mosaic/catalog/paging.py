"""Follows the pages of a STAC API to the last one.

Servers send empty pages in the middle of a search, repeat a page endlessly, and return an item twice.
pystac-client stops at the first empty page and does not detect the loop, hence this module.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cloudless_mosaic.catalog.raw_item import Json
from cloudless_mosaic.catalog.settings import ApiSettings
from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.net.redaction import quoted, redact
from cloudless_mosaic.net.urls import resolve_url


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an API."""

    method: str
    """``GET`` or ``POST``."""
    url: str
    """Address, without credentials."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Body of a POST, query of a GET."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that the link requires."""

    @property
    def fingerprint(self) -> str:
        """Equal for equal requests."""
        return json.dumps([self.method, self.url, self.parameters, self.headers], sort_keys=True)


@dataclass(frozen=True, slots=True)
class Drained:
    """All items of a search."""

    items: tuple[Json, ...]
    """Items in the order of the server, repeated ones included."""
    announced: int | None
    """How many items the server says match; ``None`` where it does not say."""
    broken: int
    """Features that are not objects."""

    @property
    def missing(self) -> int:
        """Items that the server announced and did not return."""
        return max(0, (self.announced or 0) - self.broken - _distinct(self.items))


def drain(fetch: Callable[[Call], Json], first: Call, settings: ApiSettings, where: str) -> Drained:
    """Follows a search from its first page until no page is left.

    Args:
        fetch: Gets one page.
        first: The search.
        settings: Limits.
        where: The API, for messages.

    Raises:
        UsageError: if the search has too many items.
        TemporaryError: if a page is malformed, or pages repeat endlessly.
    """
    pages: list[Json] = []
    items: list[Json] = []
    seen: set[str] = set()
    call: Call | None = first
    while call is not None:
        if call.fingerprint in seen or len(seen) >= settings.most_pages:
            return _looped(_drained(pages), where)
        seen.add(call.fingerprint)
        pages.append(_checked(fetch(call), where))
        items += pages[-1]["features"]
        found = max(len(items), _announced(pages[0]) or 0)
        if found > settings.most_items:
            raise UsageError(
                f"the search at {where} has {found} items or more, the most taken are {settings.most_items}; "
                "narrow the dates, `aoi` or `max_cloud_cover`"
            )
        call = next_call(pages[-1], call, where)
    return _drained(pages)


def next_call(page: Json, call: Call, where: str) -> Call | None:
    """The request behind a page's ``next`` link; ``None`` on the last page.

    Raises:
        UsageError: if the link leads to another server.
        TemporaryError: if the link is broken.
    """
    links = page.get("links")
    nexts = [
        link
        for link in (links if isinstance(links, list) else [])
        if isinstance(link, dict) and link.get("rel") == "next"
    ]
    if not nexts:
        return None
    link = nexts[0]
    href, body, headers = link.get("href"), link.get("body"), link.get("headers")
    url = resolve_url(call.url, href)
    if url is None:
        raise TemporaryError(f"{where} gives a next page without an address; try again later")
    if urlsplit(url).hostname != urlsplit(call.url).hostname:
        raise UsageError(
            f"{where} continues its search on another server, {quoted(redact(url))}; not followed"
        )
    parameters: Mapping[str, Any] = {}
    if str(link.get("method", "GET")).upper() == "POST":
        # a link without a body repeats the same search; an empty body would search for everything
        parameters = body if isinstance(body, dict) else call.parameters
        if link.get("merge") is True:
            parameters = {**call.parameters, **parameters}
        return Call("POST", url, parameters, headers if isinstance(headers, dict) else {})
    return Call("GET", url, {}, headers if isinstance(headers, dict) else {})


def _checked(page: Json, where: str) -> Json:
    if not isinstance(page.get("features"), list):
        raise TemporaryError(f"{where} answers a search with a page that has no features; try again later")
    return page


def _drained(pages: list[Json]) -> Drained:
    features = [feature for page in pages for feature in page["features"]]
    items = tuple(feature for feature in features if isinstance(feature, dict))
    return Drained(items, _announced(pages[0]), len(features) - len(items))


def _looped(drained: Drained, where: str) -> Drained:
    """A search with repeating pages is complete only where all announced items have arrived."""
    if drained.announced is not None and not drained.missing:
        return drained
    raise TemporaryError(f"{where} repeats the pages of its search without end; try again later")


def _announced(page: Json) -> int | None:
    """Number of matches as OGC API Features (``numberMatched``) or the old context extension gives it."""
    context = page.get("context")
    for value in (page.get("numberMatched"), context.get("matched") if isinstance(context, dict) else None):
        if isinstance(value, int):
            return value
    return None


def _distinct(items: tuple[Json, ...]) -> int:
    return len({str(item.get("id")) for item in items})
