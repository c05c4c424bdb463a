"""From a request to its scenes, the same way for an API and for local files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cloudless_mosaic.bands import canonical_band
from cloudless_mosaic.catalog.api import ApiSettings, remote_href, search_api
from cloudless_mosaic.catalog.items import cloud_cover_of, parse_scene
from cloudless_mosaic.catalog.local import read_items
from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.request import MosaicRequest
from cloudless_mosaic.scenes import DroppedScene, Scene, SceneSet

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item as a catalogue gave it."""

    item: Json
    """The STAC item."""
    href: str
    """Where it lies; may be empty."""
    resolve: Callable[[str], str]
    """Turns the href of one of its assets into one that may be read."""


def find_scenes(request: MosaicRequest, settings: ApiSettings | None = None) -> SceneSet:
    """Finds the scenes of a request; none at all is an answer too.

    The whole search is done before it returns. What the catalogue gives is filtered again here by area, time,
    collection and cloud cover, since some catalogues ignore parts of a query.

    Args:
        request: The wish.
        settings: Time-outs and retries of a STAC API.

    Raises:
        UsageError: if the catalogue, the collection or a band isn't there.
        TemporaryError: if the catalogue fails in a way that may pass.
    """
    for band in request.bands:
        canonical_band(band)
    warnings: list[str] = []
    scenes: list[Scene] = []
    dropped: list[DroppedScene] = []
    for found in _unique(_items(request, settings or ApiSettings())):
        scene = _scene_or_reason(found, request)
        if isinstance(scene, DroppedScene):
            dropped.append(scene)
        elif scene is not None:
            scenes.append(scene)
            if cloud_cover_of(found.item) is None:
                warnings.append(
                    f"{scene.id} has no cloud cover in its metadata; it is taken as if it had 0 %"
                )
    everything = SceneSet.of(scenes, dropped, warnings)
    return _limited(everything, request)


def is_url(text: str) -> bool:
    """True for an address on the web, False for a path."""
    return urlsplit(text).scheme in {"http", "https"}


def _items(request: MosaicRequest, settings: ApiSettings) -> Iterable[FoundItem]:
    if is_url(request.stac_url):
        return (FoundItem(item, _self_href(item), remote_href) for item in search_api(request, settings))
    return (
        FoundItem(item, str(path), resolve)
        for item, path, resolve in read_items(request.stac_url, request.collection)
    )


def _unique(found: Iterable[FoundItem]) -> list[FoundItem]:
    """Items by id, the first of each: pages and boxes of a search may repeat them."""
    return list({str(one.item.get("id")): one for one in reversed(list(found))}.values())[::-1]


def _self_href(item: Json) -> str:
    for link in item.get("links") or []:
        if isinstance(link, Mapping) and link.get("rel") == "self" and is_url(str(link.get("href"))):
            return str(link["href"]).split("?")[0]
    return ""


def _scene_or_reason(found: FoundItem, request: MosaicRequest) -> Scene | DroppedScene | None:
    """A usable scene, or why it is none; ``None`` where the request never asked for the item."""
    item = found.item
    try:
        scene = parse_scene(item, request, found.resolve, found.href)
    except MetadataError as error:
        return DroppedScene(str(item.get("id"))[:128], None, str(error))
    if scene.collection not in {"", request.collection}:
        return None
    if not any(scene.datetime in period for period in request.periods):
        return None
    if not scene.footprint.intersects(request.aoi.geometry):
        return None
    if scene.cloud_cover > request.max_cloud_cover:
        reason = f"cloud cover {scene.cloud_cover:.1f} % is above {request.max_cloud_cover:g} %"
        return DroppedScene(scene.id, scene.datetime, reason)
    return scene


def _limited(found: SceneSet, request: MosaicRequest) -> SceneSet:
    """Cuts the scenes to ``max_items``, evenly over the periods, and says so.

    A cut by date alone would take whole months away; here every period keeps its least cloudy scenes.
    """
    excess = len(found.scenes) - request.max_items
    if excess <= 0:
        return found
    ranks: Counter[str] = Counter()
    ranked = []
    for scene in sorted(found.scenes, key=lambda scene: (scene.cloud_cover, scene.datetime, scene.id)):
        label = f"{scene.datetime:%Y-%m}"
        ranked.append((ranks[label], scene.datetime, scene.id, scene))
        ranks[label] += 1
    ranked.sort(key=lambda entry: entry[:3])
    gone = sorted((entry[3] for entry in ranked[request.max_items :]), key=lambda scene: scene.datetime)
    kept = {entry[3].id for entry in ranked[: request.max_items]}
    per_month = Counter(f"{scene.datetime:%Y-%m}" for scene in gone)
    months = ", ".join(f"{label}: {count}" for label, count in sorted(per_month.items()))
    days = ", ".join(sorted({f"{scene.datetime:%Y-%m-%d}" for scene in gone}))
    return SceneSet(
        tuple(scene for scene in found.scenes if scene.id in kept),
        (*found.dropped, *(DroppedScene(scene.id, scene.datetime, "cut by --max-items") for scene in gone)),
        (
            *found.warnings,
            f"--max-items {request.max_items} cuts {excess} of {len(found.scenes)} scenes ({months}); "
            f"dates of those left out: {days}; raise --max-items to use them",
        ),
    )
