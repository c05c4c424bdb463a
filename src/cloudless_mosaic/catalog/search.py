"""Finds the scenes of a request, in an API, a static catalog or a table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from cloudless_mosaic.catalog.footprints import parse_footprint
from cloudless_mosaic.catalog.identity import sensing_time, shown_id
from cloudless_mosaic.catalog.items import MissingBandError, MissingGuideError, cloud_cover_of, parse_scene
from cloudless_mosaic.catalog.limits import clearest, limit_scenes
from cloudless_mosaic.catalog.local import read_items
from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.catalog.search_result import SearchResult
from cloudless_mosaic.catalog.settings import ApiSettings
from cloudless_mosaic.catalog.unmaskable import UnmaskableError
from cloudless_mosaic.domain.bands import canonical_bands
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import DroppedScene, Scene, SceneSet
from cloudless_mosaic.errors import MetadataError, UsageError
from cloudless_mosaic.masks import MASKS
from cloudless_mosaic.net.urls import is_web_url

_MOST_IDS = 5
"""Most scenes that a warning lists."""
_NEVER = datetime.min.replace(tzinfo=UTC)


def find_scenes(
    request: MosaicRequest, settings: ApiSettings | None = None, searched: SearchResult | None = None
) -> SceneSet:
    """Finds the scenes of a request, possibly none.

    All pages are read before it returns. Items are filtered again by area, time, collection and cloud cover,
    since some catalogues ignore parts of a query. The order of the catalogue does not affect the result.

    Args:
        request: The request.
        settings: Time-outs, retries and limits of a STAC API.
        searched: What the same search has found before, with another mask; ``None`` searches.

    Raises:
        UsageError: if the catalogue, the collection or a band does not exist.
        UnmaskableError: if the collection lacks what the mask looks at; it has what was searched.
        TemporaryError: if the catalogue fails temporarily.
    """
    canonical_bands(request.bands)
    result = searched or _search(request, settings or ApiSettings())
    items = _ItemFilter(request)
    for item in _latest_by_id(result.items):
        items.add(item)
    try:
        items.require_bands()
    except UnmaskableError as error:
        error.searched = result
        raise
    whole = SceneSet.of(
        items.scenes,
        (*result.dropped, *items.dropped),
        (*request.aoi.notes, *result.warnings, *items.warnings),
    )
    own = tuple(scene for scene in whole.scenes if _is_own(scene, request))
    spare = tuple(scene for scene in whole.scenes if not _is_own(scene, request))
    limited = limit_scenes(replace(whole, scenes=own), request.max_items, request.periods)
    dropped = tuple(sorted(limited.dropped, key=_order))
    return SceneSet(limited.scenes, dropped, limited.warnings, clearest(spare, request.max_items))


def _is_own(scene: Scene, request: MosaicRequest) -> bool:
    """True for a scene that a period is made of; others fill pixels only."""
    clear = scene.cloud_cover is None or scene.cloud_cover <= request.max_cloud_cover
    return clear and any(scene.datetime in period for period in request.periods)


def _search(request: MosaicRequest, settings: ApiSettings) -> SearchResult:
    if is_web_url(request.stac_url):
        from cloudless_mosaic.catalog.web import search_web  # noqa: PLC0415 - slow to import

        return search_web(request, settings)
    return read_items(request.stac_url, request)


def _latest_by_id(items: Iterable[RawItem]) -> list[RawItem]:
    """One item per id: pages and boxes of a search may repeat them. Where they differ, the last updated."""

    def version(item: RawItem) -> tuple[str, str]:
        return item.updated, json.dumps(item.document, sort_keys=True)

    by_id: dict[str | int, list[RawItem]] = {}
    for item in items:
        # without an id they stay apart, so that every one of them is counted as dropped
        by_id.setdefault(item.id if isinstance(item.id, str) else len(by_id), []).append(item)
    return [max(same, key=version) if len(same) > 1 else same[0] for same in by_id.values()]


def _order(scene: DroppedScene) -> tuple[datetime, str, str]:
    return scene.datetime or _NEVER, scene.id, scene.reason


@dataclass(slots=True)
class _ItemFilter:
    """Sorts items into scenes that are used, and scenes that are dropped with a reason.

    Items outside the area, the periods or the collection of the request are passed over.
    """

    request: MosaicRequest
    scenes: list[Scene] = field(default_factory=list)
    dropped: list[DroppedScene] = field(default_factory=list)
    cloudless: list[str] = field(default_factory=list)
    """Ids of scenes without a cloud cover."""
    lacking: list[MissingBandError] = field(default_factory=list)
    """One for every scene that lacks a band."""
    unmaskable: list[MissingGuideError] = field(default_factory=list)
    """One for every scene that lacks what the mask looks at."""
    broken: int = 0
    """Scenes that are dropped for another reason than clouds."""

    def add(self, item: RawItem) -> None:
        """Sorts one item."""
        sensed = None
        try:
            if item.collection not in (None, self.request.collection):
                return
            sensed = sensing_time(item)
            if self.request.reaches(sensed):
                self._parse(item, sensed)
        except MissingBandError as error:
            self.lacking.append(error)
            self.dropped.append(DroppedScene(shown_id(item), sensed, str(error)))
        except MissingGuideError as error:
            self.unmaskable.append(error)
            self.dropped.append(DroppedScene(shown_id(item), sensed, str(error)))
        except MetadataError as error:
            self.broken += 1
            self.dropped.append(DroppedScene(shown_id(item), sensed, str(error)))

    def require_bands(self) -> None:
        """Checks that what is missing is missing from some scenes only, not from the collection.

        Raises:
            UsageError: if every scene lacks a band, or what the mask looks at.
        """
        if self.scenes or self.broken:
            return
        if self.unmaskable and not self.lacking:
            every = [error.working for error in self.unmaskable]
            error = MissingGuideError(
                self.unmaskable[0].mask,
                tuple(sorted({one for error in self.unmaskable for one in error.missing})),
                tuple(name for name in MASKS if all(name in working for working in every)),
            )
            where = f"collection {self.request.collection}"
            message = f"`mask` {error.mask} can't be used: {error.sentence(where, 'it')}"
            raise UnmaskableError(message, where, error.missing, error.working)
        if self.lacking:
            missing = sorted({band for error in self.lacking for band in error.missing})
            known = sorted({band for error in self.lacking for band in error.known})
            raise UsageError(
                f"collection {self.request.collection} has no band {', '.join(missing)}; "
                f"its bands: {', '.join(known) or 'none'}"
            )

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings about the scenes that are used."""
        if not self.cloudless:
            return ()
        ids = sorted(self.cloudless)
        more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
        names = f"{', '.join(ids[:_MOST_IDS])}{more}"
        taken = "taken whatever `max_cloud_cover`, last under `max_items`"
        return (f"cloud cover unknown or invalid: {names}; {taken}",)

    def _parse(self, item: RawItem, sensed: datetime) -> None:
        footprint = parse_footprint(item.geometry)
        if not footprint.intersects(self.request.aoi.geometry):
            return
        clouds = cloud_cover_of(item)
        limit = self.request.searched_cloud_cover
        if clouds is not None and clouds > limit:
            shown = f"{clouds:.1f}" if float(f"{clouds:.1f}") > limit else f"{clouds:g}"
            reason = f"cloud cover {shown} % is above {limit:g} %"
            self.dropped.append(DroppedScene(shown_id(item), sensed, reason))
            return
        scene = parse_scene(item, self.request, sensed, footprint)
        self.scenes.append(scene)
        if clouds is None:
            self.cloudless.append(scene.id)
