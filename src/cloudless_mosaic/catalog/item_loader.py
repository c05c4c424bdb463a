"""A single STAC item, by its address or its file, as a scene."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from cloudless_mosaic.catalog.footprints import parse_footprint
from cloudless_mosaic.catalog.identity import sensing_time, shown_id
from cloudless_mosaic.catalog.items import MissingGuideError, parse_scene
from cloudless_mosaic.catalog.local import load_document
from cloudless_mosaic.catalog.raw_item import Json, RawItem
from cloudless_mosaic.catalog.settings import ApiSettings
from cloudless_mosaic.catalog.unmaskable import UnmaskableError
from cloudless_mosaic.domain.request import SceneRequest
from cloudless_mosaic.domain.scenes import Scene
from cloudless_mosaic.errors import MetadataError, UsageError
from cloudless_mosaic.net.headers import Header, environment_headers
from cloudless_mosaic.net.redaction import quoted, redact, without_credentials
from cloudless_mosaic.net.urls import is_web_url


def load_scene(
    location: str, request: SceneRequest, field: str, settings: ApiSettings | None = None
) -> Scene:
    """The scene of one item.

    Args:
        location: Address or path of a STAC item of any version.
        request: Bands and mask of the request decide which assets are required.
        field: Field of the request that gives the location; for messages.
        settings: Time-outs and retries of a server.

    Raises:
        UsageError: if there is no item, or it cannot be used.
        UnmaskableError: if it lacks what the mask looks at.
        TemporaryError: if the server fails temporarily.
    """
    try:
        item = _load_item(location, field, request.headers, settings or ApiSettings())
        _require_item(item)
    except MetadataError as error:
        raise UsageError(
            f"`{field}` {_shown(location)}: {error}; give the address or file of one item"
        ) from None
    try:
        footprint = parse_footprint(item.geometry)
        scene = parse_scene(item, request, sensing_time(item), footprint)
    except MissingGuideError as error:
        message = f"`{field}` {shown_id(item)} can't be used: {error}"
        raise UnmaskableError(message, shown_id(item), error.missing, error.working) from None
    except MetadataError as error:
        raise UsageError(f"`{field}` {shown_id(item)} can't be used: {error}; give another scene") from None
    return replace(scene, href=scene.href or without_credentials(location))


def _load_item(location: str, field: str, headers: tuple[Header, ...], settings: ApiSettings) -> RawItem:
    if is_web_url(location):
        return _fetch(location, field, headers, settings)
    if "://" in location and not location.startswith("file:"):
        raise MetadataError("it is not an address of http, https or file")
    path = Path(unquote(urlsplit(location).path) if location.startswith("file:") else location)
    try:
        there, is_folder = path.is_file(), path.is_dir()
    except (ValueError, OSError):
        there = is_folder = False
    if not there:
        raise MetadataError("it is a folder" if is_folder else "there is no such file")
    return RawItem.of(load_document(path), path.resolve())


def _fetch(url: str, field: str, headers: tuple[Header, ...], settings: ApiSettings) -> RawItem:
    # slow to import
    from cloudless_mosaic.catalog.landing import refusal  # noqa: PLC0415
    from cloudless_mosaic.catalog.transport import ApiTransport, StatusError  # noqa: PLC0415

    transport = ApiTransport(url, settings, field, (*environment_headers(), *headers))
    try:
        text = transport.request(transport.root)
    except StatusError as error:
        raise refusal(error, transport.where, field) from None
    try:
        item = json.loads(text)
    except (ValueError, RecursionError):
        raise MetadataError("it is not JSON") from None
    if not isinstance(item, Mapping):
        raise MetadataError("it is not a STAC object")
    return RawItem.of(_with_addresses(item, transport.root), host=urlsplit(transport.root).hostname or "")


def _with_addresses(item: Json, url: str) -> Json:
    """The item with relative hrefs of its assets resolved against its address."""
    if not isinstance(item.get("assets"), Mapping):
        return item
    assets = {
        key: {**asset, "href": urljoin(url, asset["href"])} if _is_relative(asset["href"]) else asset
        for key, asset in RawItem.of(item).assets.items()
    }
    return {**item, "assets": assets}


def _is_relative(href: str) -> bool:
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc


def _require_item(item: RawItem) -> None:
    kind = item.document.get("type")
    if kind != "Feature":
        raise MetadataError(f"it is JSON of type {quoted(kind, 40)}, not a STAC item")


def _shown(location: str) -> str:
    # an address with a misspelt scheme is taken for a path, and may contain secrets
    return quoted(redact(location.partition("?")[0]))
