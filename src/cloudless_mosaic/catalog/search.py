"""From a request to its scenes, the same way for an API and for local files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cloudless_mosaic.catalog.footprints import parse_footprint
from cloudless_mosaic.catalog.found import Findings, FoundItem, is_web_address
from cloudless_mosaic.catalog.identity import sensing_time, shown_id
from cloudless_mosaic.catalog.items import MissingBandError, cloud_cover_of, parse_scene
from cloudless_mosaic.catalog.limits import limit_scenes
from cloudless_mosaic.catalog.local import read_items
from cloudless_mosaic.catalog.settings import ApiSettings
from cloudless_mosaic.domain.bands import canonical_bands
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import DroppedScene, Scene, SceneSet
from cloudless_mosaic.errors import MetadataError, UsageError

_MOST_IDS = 5
"""Scenes that a warning names."""
_NEVER = datetime.min.replace(tzinfo=UTC)


def find_scenes(request: MosaicRequest, settings: ApiSettings | None = None) -> SceneSet:
    """Finds the scenes of a request; none at all is an answer too.

    The whole search is done before it returns. What the catalogue gives is filtered again here by area, time,
    collection and cloud cover, since some catalogues ignore parts of a query. The order of the catalogue has
    no influence on the result.

    Args:
        request: The wish.
        settings: Time-outs, retries and limits of a STAC API.

    Raises:
        UsageError: if the catalogue, the collection or a band isn't there.
        TemporaryError: if the catalogue fails in a way that may pass.
    """
    canonical_bands(request.bands)
    findings = _search(request, settings or ApiSettings())
    sieve = _Sieve(request)
    for found in _unique(findings.items):
        sieve.take(found)
    sieve.require_bands()
    whole = SceneSet.of(
        sieve.scenes, (*findings.dropped, *sieve.dropped), (*findings.warnings, *sieve.warnings)
    )
    limited = limit_scenes(whole, request.max_items, request.periods)
    return SceneSet(limited.scenes, tuple(sorted(limited.dropped, key=_order)), limited.warnings)


def _search(request: MosaicRequest, settings: ApiSettings) -> Findings:
    if is_web_address(request.stac_url):
        from cloudless_mosaic.catalog.api import search_api  # noqa: PLC0415 - its client loads slowly

        return search_api(request, settings)
    return read_items(request.stac_url, request.collection)


def _unique(items: Iterable[FoundItem]) -> list[FoundItem]:
    """One item per id: pages and boxes of a search may repeat them. Where they differ, the last updated."""

    def age(found: FoundItem) -> tuple[str, str]:
        properties = found.item.get("properties")
        updated = properties.get("updated") if isinstance(properties, dict) else ""
        return str(updated), json.dumps(found.item, sort_keys=True)

    by_id: dict[str | int, list[FoundItem]] = {}
    for found in items:
        scene_id = found.item.get("id")
        # without an id they stay apart, so that every one of them is counted as dropped
        by_id.setdefault(scene_id if isinstance(scene_id, str) else len(by_id), []).append(found)
    return [max(same, key=age) if len(same) > 1 else same[0] for same in by_id.values()]


def _order(scene: DroppedScene) -> tuple[datetime, str, str]:
    return scene.datetime or _NEVER, scene.id, scene.reason


@dataclass(slots=True)
class _Sieve:
    """Sorts items into usable scenes, scenes with a reason against them, and what was never asked for."""

    request: MosaicRequest
    scenes: list[Scene] = field(default_factory=list)
    dropped: list[DroppedScene] = field(default_factory=list)
    cloudless: list[str] = field(default_factory=list)
    """Ids of scenes without a cloud cover."""
    lacking: list[MissingBandError] = field(default_factory=list)
    """One for every scene that lacks a band."""
    broken: int = 0
    """Scenes that can't be used for another reason, clouds not counted."""

    def take(self, found: FoundItem) -> None:
        """Sorts one item."""
        sensed = None
        try:
            sensed = sensing_time(found.item)
            if self._is_asked_for(found, sensed):
                self._judge(found, sensed)
        except MissingBandError as error:
            self.lacking.append(error)
            self.dropped.append(DroppedScene(shown_id(found.item), sensed, str(error)))
        except MetadataError as error:
            self.broken += 1
            self.dropped.append(DroppedScene(shown_id(found.item), sensed, str(error)))

    def require_bands(self) -> None:
        """Makes sure that bands are missing from some scenes only, and not from the collection.

        Raises:
            UsageError: if every scene lacks a band.
        """
        if self.lacking and not self.scenes and not self.broken:
            missing = sorted({band for error in self.lacking for band in error.missing})
            known = sorted({band for error in self.lacking for band in error.known})
            raise UsageError(
                f"collection {self.request.collection} has no band {', '.join(missing)}; "
                f"its bands: {', '.join(known) or 'none'}"
            )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user has to know of the scenes that were taken."""
        if not self.cloudless:
            return ()
        ids = sorted(self.cloudless)
        more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
        return (f"taken without knowing their cloud cover: {', '.join(ids[:_MOST_IDS])}{more}",)

    def _is_asked_for(self, found: FoundItem, sensed: datetime) -> bool:
        collection = found.item.get("collection")
        same = collection is None or collection == self.request.collection
        return same and any(sensed in period for period in self.request.periods)

    def _judge(self, found: FoundItem, sensed: datetime) -> None:
        footprint = parse_footprint(found.item.get("geometry"))
        if not footprint.intersects(self.request.aoi.geometry):
            return
        clouds = cloud_cover_of(found.item)
        limit = self.request.max_cloud_cover
        if clouds is not None and clouds > limit:
            shown = f"{clouds:.1f}" if float(f"{clouds:.1f}") > limit else f"{clouds:g}"
            reason = f"cloud cover {shown} % is above {limit:g} %"
            self.dropped.append(DroppedScene(shown_id(found.item), sensed, reason))
            return
        scene = parse_scene(found, self.request, sensed, footprint)
        self.scenes.append(scene)
        if clouds is None:
            self.cloudless.append(scene.id)
