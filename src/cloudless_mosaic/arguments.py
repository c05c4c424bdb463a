"""Requests from the values that users of Python have at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from cloudless_mosaic.domain.areas.argument import aoi_of
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.request.checks import expanded
from cloudless_mosaic.domain.request.days import days_of
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks import read_mask_table

_NAMES = ("bands", "layers", "indices")


def make_request(aoi: object, dates: object, bands: object, options: Mapping[str, Any]) -> MosaicRequest:
    """The request that values mean.

    Args:
        aoi: See ``aoi_of``.
        dates: See ``days_of``.
        bands: One name, names with commas, or several names.
        options: Other fields of the request. A single name does for ``layers`` and ``indices``, a path for
            ``stac_url`` and ``mask``, and a code or an object for ``crs``.

    Raises:
        UsageError: if one is of another type, or out of its range; the message names the argument.
    """
    first, last = days_of(dates)
    given = {"bands": bands, **options}
    for name in _NAMES:
        if name in given:
            given[name] = _names(name, given[name])
    if isinstance(given.get("stac_url"), PathLike):
        given["stac_url"] = str(expanded(Path(given["stac_url"])))
    if "crs" in given:
        given["crs"] = _crs(given["crs"])
    if "mask" in given:
        given["mask"] = _mask(given["mask"])
    return MosaicRequest(start_date=first, end_date=last, aoi=aoi_of(aoi), **given)


def _crs(value: object) -> object:
    """The text of a CRS: of an EPSG code, or of an object of pyproj, rasterio or odc-geo."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"EPSG:{value}"
    if not hasattr(value, "to_wkt"):
        return value
    from pyproj import CRS  # noqa: PLC0415 - slow to import

    crs = CRS.from_wkt(value.to_wkt())
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.to_wkt()


def _mask(value: object) -> object:
    """A recipe by its name, or of a file of TOML."""
    if isinstance(value, PathLike) or (isinstance(value, str) and value.lower().endswith(".toml")):
        return read_mask_table(expanded(Path(value)))
    return value


def _names(argument: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split())
    names = tuple(value) if isinstance(value, Iterable) else ()
    wrong = next((name for name in names if not isinstance(name, str)), None)
    if not isinstance(value, Iterable) or isinstance(value, Mapping | bytes) or wrong is not None:
        found = value if wrong is None else wrong
        raise UsageError(
            f"`{argument}` takes names, got {str(found)[:40]} of type {type(found).__name__}; for example "
            '["red", "nir"]'
        )
    return tuple(str(name) for name in names)
