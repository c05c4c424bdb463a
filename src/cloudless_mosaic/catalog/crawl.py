"""Items of a static catalog on the web: its documents are fetched one by one, within limits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from cloudless_mosaic.catalog.closest_names import closest_names
from cloudless_mosaic.catalog.documents import StaticDocument, missed
from cloudless_mosaic.catalog.landing import Landing, refusal
from cloudless_mosaic.catalog.raw_item import Json, RawItem
from cloudless_mosaic.catalog.search_result import SearchResult
from cloudless_mosaic.catalog.settings import ApiSettings
from cloudless_mosaic.catalog.tables import boxes_touch
from cloudless_mosaic.catalog.transport import ApiTransport, StatusError
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import DroppedScene
from cloudless_mosaic.errors import MetadataError, UsageError
from cloudless_mosaic.net.redaction import without_credentials
from cloudless_mosaic.net.urls import resolve_url

_AT_ONCE = 8
"""Documents that are fetched at once."""


def crawl(
    request: MosaicRequest, transport: ApiTransport, first: Landing, settings: ApiSettings
) -> SearchResult:
    """All items of a collection at and below a document.

    Collections that say that they lie elsewhere, or at another time, are passed over. Links are followed on
    the same server only; a link that leads elsewhere, or to nothing, is reported and left out.

    Args:
        request: The request.
        transport: The session with the server.
        first: The document.
        settings: Limits.

    Raises:
        UsageError: if there are too many documents, or no item of the collection.
        TemporaryError: if the server fails temporarily.
    """
    walk = _Walk(request, transport, settings)
    walk.take(first)
    with ThreadPoolExecutor(_AT_ONCE, "mosaic-crawl") as threads:
        while links := walk.next_level():
            for link, outcome in zip(links, threads.map(walk.fetch, links), strict=True):
                walk.take(outcome) if isinstance(outcome, Landing) else walk.miss(link.link, outcome)
    wanted = tuple(item for item in walk.items if item.collection in (None, request.collection))
    known = {str(item.collection) for item in walk.items} | walk.passed_over
    if known and not wanted and request.collection not in known:
        raise UsageError(
            f"no item of collection {request.collection!r} in {transport.where}; it has "
            f"{closest_names(request.collection, known)}: give `collection`"
        )
    return SearchResult(wanted, tuple(walk.dropped), tuple(walk.warnings))


def web_item(content: Json, url: str) -> RawItem:
    """An item of a document at an address; relative hrefs are resolved against that."""
    base = without_credentials(url)
    item = RawItem.of(content, host=urlsplit(url).hostname or "", root=base)
    return replace(item, base=base, href=item.href or base)


@dataclass(frozen=True, slots=True)
class _Link:
    """A link, and the page that has it."""

    page: str
    link: Json


@dataclass(slots=True)
class _Walk:
    """Fetches a document and all that it links to, each once, level by level."""

    request: MosaicRequest
    transport: ApiTransport
    settings: ApiSettings
    items: list[RawItem] = field(default_factory=list)
    dropped: list[DroppedScene] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    passed_over: set[str] = field(default_factory=set)
    """Collections whose items were not asked for."""
    _links: list[_Link] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def take(self, page: Landing) -> None:
        """Adds the items and links of a document."""
        self._seen.add(page.url)
        document = StaticDocument.of(page.document)
        self.items += map(partial(web_item, url=page.url), document.items)
        if document.broken:
            name = urlsplit(page.url).path.rpartition("/")[2]
            self.warnings.append(
                f"{name} holds {document.broken} features that are not items; they are left out"
            )
        links = document.links
        if page.document.get("type") == "Collection":
            if not _may_have_scenes(page.document, self.request):
                self.passed_over.add(str(page.document.get("id")))
                return
            if page.document.get("id") != self.request.collection:
                # collections below it may be the one
                self.passed_over.add(str(page.document.get("id")))
                links = tuple(link for link in links if link.get("rel") == "child")
        self._links += [_Link(page.url, link) for link in links]

    def next_level(self) -> Sequence[_Link]:
        """Links that were found since the last call, each address once.

        Raises:
            UsageError: if they are too many.
        """
        found, self._links = self._links, []
        fresh: dict[str, _Link] = {}
        for link in found:
            url = resolve_url(link.page, link.link.get("href"))
            if url is None or urlsplit(url).netloc != urlsplit(self.transport.root).netloc:
                self.miss(link.link, "it lies on another server; only the catalog's own is read")
            elif url not in self._seen:
                fresh.setdefault(url, link)
        self._seen |= fresh.keys()
        if len(self._seen) > self.settings.most_items:
            raise UsageError(
                f"the catalog at {self.transport.where} has more than {self.settings.most_items} documents; "
                "give the address of a catalog or collection below it as `stac_url`"
            )
        return list(fresh.values())

    def fetch(self, link: _Link) -> Landing | str:
        """The document behind a link, or why there is none.

        Raises:
            TemporaryError: if the server fails temporarily.
        """
        url = resolve_url(link.page, link.link.get("href")) or ""
        try:
            content = json.loads(self.transport.request(url))
        except StatusError as error:
            if error.temporary:
                raise refusal(error, self.transport.where) from None
            return f"its server answers {error.status}"
        except (ValueError, RecursionError):
            return "it is not JSON"
        if not isinstance(content, Mapping):
            return "it is not a STAC object"
        try:
            StaticDocument.of(content)
        except MetadataError as error:
            return str(error)
        return Landing(url, content)

    def miss(self, link: Json, reason: str) -> None:
        """Records a link that could not be followed."""
        lost = missed(link, reason)
        self.warnings.append(lost) if isinstance(lost, str) else self.dropped.append(lost)


def _may_have_scenes(collection: Json, request: MosaicRequest) -> bool:
    """False for a collection whose extent (STAC Collection, "Extent Object") is clear of area or days."""
    extent = collection.get("extent")
    extent = extent if isinstance(extent, Mapping) else {}
    try:
        west, south, *_, east, north = map(float, _bounds(extent["spatial"]["bbox"][0]))
        if not boxes_touch((west, south, east, north), request):
            return False
    except (KeyError, IndexError, TypeError, ValueError):
        pass
    try:
        start, end = extent["temporal"]["interval"][0]
        early = end is not None and datetime.fromisoformat(end) < request.periods[0].start
        late = start is not None and datetime.fromisoformat(start) >= request.periods[-1].end
    except (KeyError, IndexError, TypeError, ValueError):
        return True
    return not (early or late)


def _bounds(values: Sequence[float]) -> Sequence[float]:
    """West, south, east and north of a box of two or three dimensions."""
    if len(values) == 6:
        return [*values[:2], *values[3:5]]
    return values
