"""Scenes from STAC items."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.catalog.assets import CLOUD_PROBABILITY, SCL, RasterAsset, raster_assets, source_rasters
from cloudless_mosaic.catalog.identity import (
    baseline_of,
    generated_of,
    granule_of,
    overpass_of,
    platform_of,
    require_id,
    require_level_2a,
    strip_of,
)
from cloudless_mosaic.catalog.providers import recognise
from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.domain.bands import BANDS, canonical_band, common_name, with_guides
from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.domain.radiometry import OffsetDecision, decide_offset
from cloudless_mosaic.domain.request import SceneRequest
from cloudless_mosaic.domain.scenes import Scene
from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.masks import MASKS, Mask
from cloudless_mosaic.net.redaction import quoted

_PROBABILITY = "cloud probability (MSK_CLDPRB)"


class MissingBandError(MetadataError):
    """An item lacks a band of the request."""

    def __init__(self, missing: tuple[str, ...], known: tuple[str, ...]) -> None:
        self.missing = missing
        self.known = known
        super().__init__(f"it has no band {', '.join(missing)}; its bands: {', '.join(known) or 'none'}")


class MissingGuideError(MetadataError):
    """An item lacks a raster that the mask looks at."""

    def __init__(self, mask: str, missing: tuple[str, ...], working: tuple[str, ...]) -> None:
        self.mask = mask
        self.missing = missing
        self.working = working
        super().__init__(self.sentence("it", f"the mask {mask}"))

    def sentence(self, subject: str, mask: str) -> str:
        """What is missing and what to do.

        Args:
            subject: What lacks it.
            mask: What looks at it.
        """
        lacks = f"{subject} has no {', no '.join(self.missing)}, which {mask} looks at"
        without = " without the option probability" if _PROBABILITY in self.missing else ""
        return f"{lacks}; masks that work{without}: {', '.join(self.working)}"


def parse_scene(item: RawItem, request: SceneRequest, sensed: datetime, footprint: BaseGeometry) -> Scene:
    """Reduces an item to what the mosaic needs.

    Args:
        item: A STAC item of any version.
        request: Bands and mask of the request decide which assets are required.
        sensed: Sensing time of the item, UTC.
        footprint: Valid area of the item, EPSG:4326.

    Raises:
        MissingBandError: if a band of the request is missing.
        MetadataError: if the item cannot be used for another reason.
    """
    scene_id = require_id(item)
    require_level_2a(item)
    platform = platform_of(item)
    profile = request.profile or recognise(item).profile
    assets = _requested_assets(item, request, profile)
    baseline = baseline_of(item)
    offset = _offset(item, request, profile, baseline, [asset for asset in assets if asset.name in BANDS])
    rasters = source_rasters(assets, item)
    scl, probability = rasters.pop(SCL, None), rasters.pop(CLOUD_PROBABILITY, None)
    return Scene(
        id=scene_id,
        collection=str(item.collection or ""),
        datetime=sensed,
        cloud_cover=cloud_cover_of(item),
        platform=platform,
        granule=granule_of(item),
        overpass=overpass_of(item, platform, sensed, footprint.representative_point().x),
        # without a datastrip the sensing time decides: halves of a granule are seconds apart, twins a
        # millisecond. A missed twin does no harm, since an overpass has one vote; a dropped half is lost
        datastrip=strip_of(item) or f"{sensed:%Y%m%dT%H%M%S}",
        baseline=baseline,
        generated=generated_of(item),
        footprint=footprint,
        rasters=rasters,
        scl=replace(scl, bits=profile.bits) if scl else None,
        cloud_probability=probability,
        offset=offset.value,
        offset_reason=offset.reason,
        href=item.href,
        view=view_of(item),
    )


def cloud_cover_of(item: RawItem) -> float | None:
    """``eo:cloud_cover`` in percent; ``None`` where it is unknown: missing, NaN, or flagged as invalid.

    Raises:
        MetadataError: if it is not a percentage.
    """
    value = item.properties.get("eo:cloud_cover")
    if value is None or value != value or _is_flagged(item):  # noqa: PLR0124 - NaN, which json reads
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 100:
        raise MetadataError(f"its cloud cover is {quoted(value, 40)}, not a percentage")
    return float(value)


def view_of(item: RawItem) -> float | None:
    """Mean angle of the view in degrees: ``view:incidence_angle``, else ``view:off_nadir``.

    ``None`` where it is unknown: missing, or not from 0 to 90. A ``view:off_nadir`` of 0 is unknown, too: no
    scene has a mean of 0, and some catalogues write it into every item.
    """
    incidence, off_nadir = (
        _angle(item.properties.get(name)) for name in ("view:incidence_angle", "view:off_nadir")
    )
    return incidence if incidence is not None else off_nadir or None


def _angle(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 90:
        return None
    return float(value)


def _is_flagged(item: RawItem) -> bool:
    """True where the catalogue says that the cloud cover isn't valid (``sentinel:valid_cloud_cover``)."""
    return any(
        str(value).lower() in {"false", "0"}
        for name, value in item.properties.items()
        if name.endswith(":valid_cloud_cover")
    )


def _requested_assets(item: RawItem, request: SceneRequest, profile: ProviderProfile) -> list[RasterAsset]:
    """The assets of the request's bands, and of the scene classification where there is one."""
    assets = raster_assets(item, profile)
    missing = tuple(band for band in request.bands if canonical_band(band) not in assets)
    if missing:
        known = tuple(common_name(name) for name in sorted(assets) if name in BANDS)
        raise MissingBandError(missing, known)
    _require_mask(request.cloud_mask, assets)
    mask = request.cloud_mask
    looked_at = with_guides(request.bands, sorted(mask.looks_at))
    beside = (SCL, CLOUD_PROBABILITY) if mask.cloud_probability else (SCL,)
    names = (*map(canonical_band, looked_at), *beside)
    return [assets[name] for name in names if name in assets]


def _require_mask(mask: Mask, assets: Collection[str]) -> None:
    """Checks that there is all that a mask looks at.

    Raises:
        MissingGuideError: if there isn't.
    """
    missing = _missing_for(mask.reads_classes, sorted(mask.looks_at), assets)
    if mask.cloud_probability and CLOUD_PROBABILITY not in assets:
        missing = (*missing, _PROBABILITY)
    if missing:
        working = (
            name
            for name, recipe in MASKS.items()
            if not _missing_for(recipe.reads_classes, recipe.guides, assets)
        )
        raise MissingGuideError(mask.name, missing, tuple(working))


def _missing_for(reads_classes: bool, guides: Iterable[str], assets: Collection[str]) -> tuple[str, ...]:  # noqa: FBT001 - as a mask has it
    bands = (f"band {common_name(band)}" for band in guides if band not in assets)
    classes = ["scene classification (SCL)"] if reads_classes and SCL not in assets else []
    return *classes, *bands


def _offset(
    item: RawItem, request: SceneRequest, profile: ProviderProfile, baseline: str, bands: list[RasterAsset]
) -> OffsetDecision:
    if not any(band.has_product_scale for band in bands):
        return OffsetDecision(0, f"{profile.name}: its bands declare a scale and an offset of their own")
    if request.boa_offset is not None:
        return OffsetDecision(request.boa_offset, "given by boa_offset for all scenes")
    flag = item.properties.get(profile.offset_flag) if profile.offset_flag else None
    if flag is not None and not isinstance(flag, bool):
        raise MetadataError(f"its {profile.offset_flag} is {quoted(flag, 40)}, neither true nor false")
    # the metadata of providers that remove the offset contradict their pixels
    asked = profile.offset in {"raw", "declared"}
    offsets = {band.offset for band in bands} if asked else set()
    decision = decide_offset(
        profile.offset,
        baseline,
        applied=flag,
        advertised=frozenset(offset for offset in offsets if offset is not None),
    )
    return OffsetDecision(decision.value, f"{profile.name}: {decision.reason}")
