"""Search of a STAC API, read to its last page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import quote, urlsplit

from pystac_client import ItemSearch

from cloudless_mosaic.catalog.closest_names import closest_names
from cloudless_mosaic.catalog.landing import Landing, refusal
from cloudless_mosaic.catalog.paging import Call, Drained, drain, next_call
from cloudless_mosaic.catalog.raw_item import Json, RawItem
from cloudless_mosaic.catalog.search_result import SearchResult
from cloudless_mosaic.catalog.settings import ApiSettings
from cloudless_mosaic.catalog.transport import ApiTransport, StatusError
from cloudless_mosaic.domain.aoi import Box
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.errors import CloudlessMosaicError, TemporaryError, UsageError
from cloudless_mosaic.net.redaction import without_credentials

CloudFilter = Literal["query", "cql2", "none"]
"""Filter language for the limit of cloud cover."""

_SMALLEST_PAGE = 10


@dataclass(frozen=True, slots=True)
class SearchStyle:
    """The form of a search request."""

    method: Literal["POST", "GET"]
    """HTTP method."""
    page_size: int
    """Items per page."""
    cloud_filter: CloudFilter
    """How the limit of cloud cover is sent; it is applied again to the response in any case."""

    def easier(self, status: int) -> SearchStyle | None:
        """A simpler form to try after a refusal; ``None`` where there is none."""
        if status in {404, 405, 501} and self.method == "POST":
            return replace(self, method="GET")
        if status in {413, 502, 504} and self.page_size > _SMALLEST_PAGE:
            return replace(self, page_size=max(_SMALLEST_PAGE, self.page_size // 2))
        if status in {400, 422} and self.cloud_filter != "none":
            return replace(self, cloud_filter="none")
        return None


def search_api(
    request: MosaicRequest, transport: ApiTransport, landing: Landing, settings: ApiSettings
) -> SearchResult:
    """All items that an API has for a request, repeated ones included.

    Args:
        request: The request.
        transport: The session with the API.
        landing: Its landing page.
        settings: Limits.

    Raises:
        UsageError: if the address is not that of a STAC API, or the collection does not exist.
        TemporaryError: if the API fails temporarily.
    """
    api = _Api(transport, landing)
    style = api.style(settings.page_size)
    found: list[Json] = []
    notes = [*api.warnings]
    for box in request.aoi.boxes:
        drained, style = api.search(request, box, style, settings)
        found += drained.items
        if drained.missing:
            notes.append(
                f"{api.where} announced {drained.announced} items and gave {drained.missing} fewer, "
                "so scenes may be missing"
            )
        if drained.broken:
            notes.append(f"{api.where} gave {drained.broken} features that are not items; they are left out")
    if style.cloud_filter == "query" and request.max_cloud_cover < 100:
        notes.append(
            f"{api.where} leaves out scenes whose cloud cover is unknown when it filters by cloud cover; "
            "`max_cloud_cover` 100 takes them"
        )
    if not found:
        api.require_collection(request.collection)
    host = urlsplit(request.stac_url).hostname or ""
    items = tuple(RawItem.of(item, host=host, root=api.root) for item in found)
    return SearchResult(items, warnings=tuple(dict.fromkeys(notes)))


class _Api:
    """A STAC API whose landing page has been read."""

    def __init__(self, transport: ApiTransport, landing: Landing) -> None:
        self._landing = landing
        self._searches = landing.searches
        self._transport = transport
        self.where = transport.where
        self.root = without_credentials(self._landing.url)
        self.warnings = self._landing.warnings

    def style(self, page_size: int) -> SearchStyle:
        """The form of search that the server says it supports, POST before GET."""
        conforms = " ".join(map(str, self._landing.document.get("conformsTo") or ()))
        cloud_filter: CloudFilter = "none"
        # CQL2 first: a query can't ask for items without a cloud cover as well
        if "item-search#filter" in conforms and "cql2-json" in conforms:
            cloud_filter = "cql2"
        elif "item-search#query" in conforms:
            cloud_filter = "query"
        return SearchStyle("POST" if "POST" in self._searches else "GET", page_size, cloud_filter)

    def search(
        self, request: MosaicRequest, box: Box, style: SearchStyle, settings: ApiSettings
    ) -> tuple[Drained, SearchStyle]:
        """All items in a box, and the style of search that worked.

        After a refusal on a later page the search starts again, since pages of another size begin elsewhere.
        """
        while True:
            url = self._searches.get(style.method) or next(iter(self._searches.values()))
            try:
                return drain(self._fetch, self._call(url, request, box, style), settings, self.where), style
            except StatusError as error:
                easier = style.easier(error.status)
                if easier is None:
                    raise self._refusal(error, request.collection) from None
                style = easier

    def require_collection(self, wanted: str) -> None:
        """Raises an error where the collection of an empty search does not exist.

        Raises:
            UsageError: if the API has no such collection.
        """
        base = next(iter(self._landing.links("data").values()), f"{self.root.rstrip('/')}/collections")
        try:
            self._fetch(Call("GET", f"{base.rstrip('/')}/{quote(wanted, safe='')}"))
        except StatusError as error:
            if error.status not in {404, 410}:
                return
        else:
            return
        names = self._collection_names(Call("GET", base))
        if wanted in names:
            return
        has = f"; it has {closest_names(wanted, names)}" if names else ""
        raise UsageError(f"no collection {wanted!r} at {self.where}{has}: give another `collection`")

    def _collection_names(self, first: Call) -> list[str]:
        """Ids of the API's collections, as far as they can be listed."""
        names: list[str] = []
        call: Call | None = first
        for _ in range(20):
            if call is None:
                break
            try:
                page = self._fetch(call)
                call = next_call(page, call, self.where)
            except CloudlessMosaicError:
                break
            collections = page.get("collections")
            names += [
                collection["id"]
                for collection in (collections if isinstance(collections, list) else [])
                if isinstance(collection, Mapping) and isinstance(collection.get("id"), str)
            ]
        return names

    def _call(self, url: str, request: MosaicRequest, box: Box, style: SearchStyle) -> Call:
        # both ends of an interval are inclusive in STAC; items at the end itself are filtered out later
        start, end = request.span
        limit = request.searched_cloud_cover
        language = style.cloud_filter if limit < 100 else "none"
        clouds = {"property": "eo:cloud_cover"}
        # a comparison alone also excludes the items whose cloud cover is unknown
        condition = {
            "op": "or",
            "args": [{"op": "<=", "args": [clouds, limit]}, {"op": "isNull", "args": [clouds]}],
        }
        # not Client.search, which may read the root again through a link of the server
        search = ItemSearch(
            url,
            method=style.method,
            stac_io=self._transport,
            collections=[request.collection],
            bbox=box,
            datetime=f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}",
            limit=style.page_size,
            query={"eo:cloud_cover": {"lte": limit}} if language == "query" else None,
            filter=condition if language == "cql2" else None,
            filter_lang="cql2-json" if language == "cql2" else None,
        )
        return Call(style.method, url, dict(search.get_parameters()))

    def _fetch(self, call: Call) -> Json:
        text = self._transport.request(call.url, call.method, call.headers, call.parameters)
        try:
            page = json.loads(text)
        except (ValueError, RecursionError):
            page = None
        if not isinstance(page, Mapping):
            raise TemporaryError(f"{self.where} answers with something other than JSON; try again later")
        return page

    def _refusal(self, error: StatusError, collection: str) -> CloudlessMosaicError:
        if not error.temporary and error.status not in {401, 403}:
            self.require_collection(collection)
            return UsageError(f"{self.where} answers {error.status} to the search; check `stac_url`")
        return refusal(error, self.where)
