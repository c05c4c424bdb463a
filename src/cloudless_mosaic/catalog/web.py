"""Items behind an address: of a STAC API, of a static catalog, or of a table."""

from __future__ import annotations

from cloudless_mosaic.catalog.api import search_api
from cloudless_mosaic.catalog.crawl import crawl, web_item
from cloudless_mosaic.catalog.landing import find_landing, refusal
from cloudless_mosaic.catalog.search_result import SearchResult
from cloudless_mosaic.catalog.settings import ApiSettings
from cloudless_mosaic.catalog.tables import is_table, items_of_collection, read_table
from cloudless_mosaic.catalog.transport import ApiTransport, StatusError
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.errors import MetadataError, UsageError
from cloudless_mosaic.net.headers import environment_headers


def search_web(request: MosaicRequest, settings: ApiSettings) -> SearchResult:
    """All items that an address has for a request, repeated ones included.

    Raises:
        UsageError: if there is no catalog at the address, or it lacks the collection.
        TemporaryError: if the server fails temporarily.
    """
    headers = (*environment_headers(), *request.headers)
    transport = ApiTransport(request.stac_url, settings, headers=headers)
    if is_table(request.stac_url):
        return _read_table(request, transport)
    landing = find_landing(transport, request.collection)
    if landing.searches:
        return search_api(request, transport, landing, settings)
    return crawl(request, transport, landing, settings)


def _read_table(request: MosaicRequest, transport: ApiTransport) -> SearchResult:
    try:
        content = transport.content(transport.root)
        found = read_table(content, request)
    except StatusError as error:
        raise refusal(error, transport.where) from None
    except MetadataError as error:
        raise UsageError(f"`stac_url` {transport.where}: {error}; give a STAC API or catalog") from None
    items = [web_item(item, transport.root) for item in found]
    return SearchResult(items_of_collection(items, request.collection, transport.where))
