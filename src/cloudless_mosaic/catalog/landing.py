"""What is behind an address: the landing page of a STAC API, a page of one, or a static catalog."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from cloudless_mosaic.catalog.documents import StaticDocument
from cloudless_mosaic.catalog.raw_item import Json
from cloudless_mosaic.catalog.transport import ApiTransport, StatusError
from cloudless_mosaic.errors import CloudlessMosaicError, MetadataError, TemporaryError, UsageError
from cloudless_mosaic.net.redaction import quoted, without_credentials
from cloudless_mosaic.net.urls import resolve_url

_PAGE = re.compile(r"(?P<root>.*)/(?:search|collections(?:/(?P<collection>[^/]+)(?:/.*)?)?)/?")
"""Paths of an API's pages (OGC API Features, STAC API Item Search)."""


@dataclass(frozen=True, slots=True)
class Landing:
    """A page that was read, and where."""

    url: str
    """Its address; may have a query."""
    document: Json
    """The page."""
    warnings: tuple[str, ...] = ()
    """Messages for the user."""

    @property
    def searches(self) -> dict[str, str]:
        """Addresses of the search, by method."""
        return self.links("search")

    def links(self, rel: str) -> dict[str, str]:
        """Addresses of the links of a relation, by method."""
        links = self.document.get("links")
        addresses = {}
        for link in links if isinstance(links, list) else []:
            if isinstance(link, Mapping) and link.get("rel") == rel:
                url = resolve_url(self.url, link.get("href"))
                if url is not None:
                    addresses[str(link.get("method") or "GET").upper()] = url
        return addresses


def find_landing(transport: ApiTransport, collection: str) -> Landing:
    """The landing page of the API at the transport's address, or of the one that the page there belongs to.

    Where there is no API, it is the document of a static catalog, which has no searches.

    Args:
        transport: The session; it is moved to the address of the landing page.
        collection: Collection that is wanted.

    Raises:
        UsageError: if there is no STAC API or catalog, it refuses access, or the address is that of another
            collection.
        TemporaryError: if the server fails temporarily.
    """
    refused = None
    page = Landing(transport.root, {})
    try:
        page = Landing(transport.root, _read(transport, transport.root))
    except StatusError as error:
        refused = error
        if error.temporary or error.status in {401, 403}:
            raise refusal(error, transport.where) from None
    if page.searches:
        return page
    for url in dict.fromkeys(_roots(page)):
        try:
            landing = Landing(url, _read(transport, url))
        except CloudlessMosaicError:
            continue
        if landing.searches:
            _require_same_collection(page, collection)
            told = f"{transport.where} is not the root of its STAC API; the search is sent to that"
            transport.move_to(url)
            return Landing(url, landing.document, (f"{told}, {transport.where}",))
    if refused:
        raise refusal(refused, transport.where)
    if _is_static(page.document):
        return page
    raise UsageError(f"{transport.where} is not a STAC API with a search, or a catalog; check `stac_url`")


def refusal(error: StatusError, where: str, field: str = "stac_url") -> CloudlessMosaicError:
    """An error status of a server in words for users.

    Args:
        error: The status.
        where: The server.
        field: Field of the request that gives its address.
    """
    if error.temporary:
        return TemporaryError(f"{where} answers {error.status} again and again; try again later")
    if error.status == 401:
        return UsageError(
            f"{where} wants credentials (401); give a header (`headers`), or a password in `{field}`"
        )
    if error.status == 403:
        return UsageError(f"{where} refuses access (403); check the credentials for it")
    return UsageError(f"{where} answers {error.status}; check `{field}`")


def _is_static(page: Json) -> bool:
    """True for a document with items, or with links to them; not for a page of a search."""
    try:
        document = StaticDocument.of(page)
    except MetadataError:
        return False
    links = page.get("links")
    more = any(isinstance(link, Mapping) and link.get("rel") == "next" for link in links or ())
    return bool(document.items or document.links) and not more


def _read(transport: ApiTransport, url: str) -> Json:
    try:
        page = json.loads(transport.request(url))
    except (ValueError, RecursionError):
        page = None
    if not isinstance(page, Mapping):
        raise UsageError(f"{transport.where} is not a STAC API; check `stac_url`")
    return page


def _roots(page: Landing) -> Iterator[str]:
    """Addresses on the same server that may be the root of the API of a page."""
    parts = urlsplit(page.url)
    for url in page.links("root").values():
        if urlsplit(url).netloc == parts.netloc and url.rstrip("/") != page.url.rstrip("/"):
            yield url
    if match := _PAGE.fullmatch(parts.path):
        yield urlunsplit((parts.scheme, parts.netloc, match["root"] or "/", parts.query, ""))


def _require_same_collection(page: Landing, wanted: str) -> None:
    """Checks that the address of a collection is that of the wanted one."""
    match = _PAGE.fullmatch(urlsplit(page.url).path)
    here = unquote(match["collection"] or "") if match else ""
    if page.document.get("type") == "Collection":
        here = str(page.document.get("id") or here)
    if here and here != wanted:
        raise UsageError(
            f"{without_credentials(page.url)} is the address of collection {quoted(here)}, but `collection` "
            f"is {wanted}; give the one that you want"
        )
