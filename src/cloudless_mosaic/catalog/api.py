"""Search of a STAC API, drained to the end before anything else begins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import urljoin, urlsplit

from pystac_client import Client
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from urllib3.util import Retry

from cloudless_mosaic.aoi import Box
from cloudless_mosaic.errors import CloudlessMosaicError, MetadataError, TemporaryError, UsageError
from cloudless_mosaic.reading.redaction import redact
from cloudless_mosaic.request import MosaicRequest

Json = Mapping[str, Any]

_RETRIED = (429, 500, 502, 503, 504)
_TOO_LARGE = {413, 502, 504}
"""Answers of servers for which a page was too large."""


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Patience with a STAC API."""

    timeout: tuple[float, float] = (10.0, 60.0)
    """Seconds to connect, and between bytes."""
    retries: int = 5
    """Attempts after the first."""
    backoff: float = 0.5
    """Seconds before the second attempt; doubles from there, unless the server says when to come back."""
    page_size: int = 100
    """Items asked for at once."""
    most_items: int = 20_000
    """Search results above this number are refused."""


def search_api(request: MosaicRequest, settings: ApiSettings) -> Iterator[Json]:
    """All items that an API has for a request, repeated ones included.

    Raises:
        UsageError: if the address isn't that of a STAC API, or it has no such collection.
        TemporaryError: if the API fails in a way that may pass.
    """
    try:
        yield from _Search(request, settings).items()
    except (APIError, KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise _explained(error, request.stac_url) from None


def remote_href(href: str) -> str:
    """An asset's href as it is, when a remote catalogue may name such a place.

    Raises:
        MetadataError: if it isn't an address on the web or in an object store, or it carries a password.
    """
    parts = urlsplit(href)
    if parts.scheme not in {"https", "http", "s3"} or not parts.netloc or "@" in parts.netloc:
        raise MetadataError(f"an asset lies at {href.split('?')[0][:80]!r}; only https and s3 are read")
    return href


class _Search:
    """One search with its own session."""

    def __init__(self, request: MosaicRequest, settings: ApiSettings) -> None:
        self._request = request
        self._settings = settings
        self._page_size = settings.page_size
        retry = Retry(
            total=settings.retries,
            backoff_factor=settings.backoff,
            backoff_jitter=settings.backoff,
            status_forcelist=_RETRIED,
            # the default leaves POST out, and that is how searches are sent
            allowed_methods=None,
            raise_on_status=False,
        )
        self._io = StacApiIO(max_retries=retry, timeout=settings.timeout)
        # opening resets the time-out of the session to that of the call
        self._client = Client.open(request.stac_url, stac_io=self._io, timeout=settings.timeout)

    def items(self) -> Iterator[Json]:
        """Items of all boxes of the AOI."""
        found = 0
        for box in self._request.aoi.boxes:
            for page in self._pages(box):
                for item in page["features"]:
                    if isinstance(item, Mapping):
                        yield item
                        found += 1
                if found > self._settings.most_items:
                    raise UsageError(
                        f"the search has more than {self._settings.most_items} scenes; "
                        "narrow the dates, the AOI or --max-cloud-cover"
                    )
        if not found:
            self._require_collection()

    def _pages(self, box: Box) -> Iterator[Json]:
        """Pages of one box. An empty page in the middle is not the end; a link that comes again is."""
        page = self._first_page(box)
        seen = set()
        while True:
            if not isinstance(page.get("features"), list):
                raise UsageError(f"{self._where} answers a search without features; check --stac-url")
            yield page
            link = next((link for link in page.get("links") or [] if link.get("rel") == "next"), None)
            if link is None:
                return
            fingerprint = json.dumps(link, sort_keys=True)
            if fingerprint in seen:
                raise TemporaryError(
                    f"{self._where} repeats a page of its search without end; try again later, or a shorter time"
                )
            seen.add(fingerprint)
            page = self._follow(link)

    def _first_page(self, box: Box) -> Json:
        """The first page, smaller each time the server finds it too large."""
        method, url = self._search_link()
        while True:
            parameters = self._parameters(box, method)
            try:
                return self._read(url, method, parameters)
            except APIError as error:
                if error.status_code not in _TOO_LARGE or self._page_size <= 10:
                    raise
                self._page_size //= 2

    def _search_link(self) -> tuple[str, str]:
        """Method and address of the search, by POST where the API offers it."""
        links = [link for link in self._client.get_links("search") if link.href]
        if not links:
            raise UsageError(f"{self._where} is not a STAC API with a search; check --stac-url")
        methods = {str(link.extra_fields.get("method", "GET")).upper(): link.get_href() for link in links}
        method = "POST" if "POST" in methods else "GET"
        address = str(methods.get(method) or links[0].get_href())
        return method, urljoin(self._request.stac_url, address)

    def _parameters(self, box: Box, method: str) -> dict[str, Any]:
        request = self._request
        start, end = request.periods[0].start, request.periods[-1].last_instant
        search = self._client.search(
            method=method,
            collections=[request.collection],
            bbox=box,
            datetime=f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%S}.999Z",
            limit=self._page_size,
            **self._cloud_filter(),
        )
        return dict(search.get_parameters())

    def _cloud_filter(self) -> dict[str, Any]:
        """The limit on clouds in a language that the server says it knows; it is applied again by us."""
        limit = self._request.max_cloud_cover
        if limit >= 100:
            return {}
        conforms = " ".join(self._client.get_conforms_to())
        if "item-search#query" in conforms:
            return {"query": {"eo:cloud_cover": {"lte": limit}}}
        if "item-search#filter" in conforms and "cql2-json" in conforms:
            condition = {"op": "<=", "args": [{"property": "eo:cloud_cover"}, limit]}
            return {"filter": condition, "filter_lang": "cql2-json"}
        return {}

    def _follow(self, link: Mapping[str, Any]) -> Json:
        """The page behind a ``next`` link, which must stay on the server that gave it."""
        url = urljoin(self._request.stac_url, str(link["href"]))
        if urlsplit(url).hostname != urlsplit(self._request.stac_url).hostname:
            raise UsageError(
                f"{self._where} continues its search on another server, {redact(url)}; not followed"
            )
        method = str(link.get("method", "GET")).upper()
        body = link.get("body") or {}
        if link.get("merge"):
            body = {**self._last_body, **body}
        return self._read(url, method, body if method == "POST" else None, link.get("headers"))

    def _read(
        self, url: str, method: str, parameters: dict[str, Any] | None, headers: dict[str, str] | None = None
    ) -> Json:
        self._last_body = parameters or {}
        page = json.loads(self._io.request(url, method=method, headers=headers, parameters=parameters))
        if not isinstance(page, Mapping):
            raise UsageError(f"{self._where} answers a search with something else; check --stac-url")
        return page

    def _require_collection(self) -> None:
        """Tells an empty search from a collection that doesn't exist."""
        known = sorted({str(collection.id) for collection in self._client.get_collections()})
        wanted = self._request.collection
        if known and wanted not in known:
            near = get_close_matches(wanted, known, n=3) or known[:10]
            raise UsageError(
                f"no collection {wanted!r} at {self._where}; it has {', '.join(near)}: give --collection"
            )

    @property
    def _where(self) -> str:
        return redact(self._request.stac_url)


def _explained(error: Exception, stac_url: str) -> CloudlessMosaicError:
    """The error of a library as one of ours, without what the library says of credentials."""
    where = redact(stac_url)
    status = getattr(error, "status_code", None)
    text = str(error)
    if isinstance(error, APIError) and status is None:
        if "timed out" in text.lower() or "too many 5" in text.lower() or "too many 4" in text.lower():
            return TemporaryError(f"{where} does not answer in time; try again later")
        return UsageError(f"{where} can't be reached; check --stac-url and the network")
    if status in _RETRIED:
        return TemporaryError(f"{where} answers {status} again and again; try again later")
    if status is not None:
        return UsageError(f"{where} answers {status} to a search; check --stac-url and --collection")
    return UsageError(f"{where} is not a STAC API, or its answer is broken; check --stac-url")
