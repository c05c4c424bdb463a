"""The two scenes of a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from cloudless_mosaic.burned.request import BurnedAreaRequest
from cloudless_mosaic.catalog.item_loader import load_scene
from cloudless_mosaic.domain.scenes import Scene
from cloudless_mosaic.errors import NoDataError, UsageError
from cloudless_mosaic.net.headers import HEADERS_VARIABLE, environment_headers
from cloudless_mosaic.net.urls import is_web_url


@dataclass(frozen=True, slots=True)
class ScenePair:
    """A scene before and a scene after a fire, which overlap.

    Raises:
        UsageError: if the scenes can't be compared.
        NoDataError: if they don't overlap.
    """

    before: Scene
    """The earlier scene."""
    after: Scene
    """The later scene, from the same collection."""

    def __post_init__(self) -> None:
        before, after = self.before, self.after
        names = f"{before.id} and {after.id}"
        if before.overpass == after.overpass and before.granule == after.granule:
            raise UsageError(
                f"`pre_fire_url` and `post_fire_url` give the same scene ({before.id}); give two dates"
            )
        if after.datetime <= before.datetime:
            raise UsageError(
                f"`post_fire_url` {after.id} was taken at {after.datetime:%Y-%m-%d %H:%M:%S}, not after "
                f"`pre_fire_url` {before.id} at {before.datetime:%Y-%m-%d %H:%M:%S}; swap them"
            )
        if before.collection != after.collection:
            raise UsageError(
                f"{names} are of different collections, {before.collection or 'none'} and "
                f"{after.collection or 'none'}; give two scenes of one"
            )
        if not before.footprint.intersects(after.footprint):
            raise NoDataError(
                f"{names} don't overlap (granules {before.granule} and {after.granule}); give two scenes of "
                "one place"
            )

    @property
    def name(self) -> str:
        """Granule and days, for ids."""
        return f"{self.before.granule}-{self.before.datetime:%Y%m%d}-{self.after.datetime:%Y%m%d}"


def find_pair(request: BurnedAreaRequest) -> ScenePair:
    """Reads both items.

    Raises:
        UsageError: if an item doesn't exist or lacks a band, if the scenes can't be compared, or if headers
            would go to two hosts.
        NoDataError: if the scenes don't overlap.
        TemporaryError: if a server fails in a way that may pass.
    """
    _require_one_host(request)
    return ScenePair(
        load_scene(request.pre_fire_url, request, "pre_fire_url"),
        load_scene(request.post_fire_url, request, "post_fire_url"),
    )


def _require_one_host(request: BurnedAreaRequest) -> None:
    """Checks that the headers, which are secret, are for one host.

    Raises:
        UsageError: if the items are on two.
    """
    urls = [url for url in (request.pre_fire_url, request.post_fire_url) if is_web_url(url)]
    hosts = {urlsplit(url).hostname for url in urls}
    if len(hosts) > 1 and (request.headers or environment_headers()):
        raise UsageError(
            f"`pre_fire_url` and `post_fire_url` are on two hosts, and `headers` (or {HEADERS_VARIABLE}) is "
            "for one; save one of the items in a file and give that"
        )
