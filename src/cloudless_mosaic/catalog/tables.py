"""Items in a table: stac-geoparquet."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloudless_mosaic.catalog.closest_names import closest_names
from cloudless_mosaic.catalog.raw_item import Json, RawItem
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.errors import MetadataError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

_NAMES = (".parquet", ".geoparquet")
_ROWS = 4096
"""Rows that are held at once."""


def is_table(location: str) -> bool:
    """True for the path or address of a table, by its name."""
    return location.partition("?")[0].partition("#")[0].lower().endswith(_NAMES)


def read_table(source: Path | bytes, request: MosaicRequest) -> list[Json]:
    """The items of a table that may lie in the area and days of a request.

    Args:
        source: The file, or its bytes.
        request: The request.

    Raises:
        UsageError: if the library isn't installed.
        MetadataError: if it is not a table of items.
    """
    if not find_spec("stac_geoparquet"):
        raise UsageError(
            "`stac_url` is a table, which needs a package that isn't here; pip install stac-geoparquet"
        )
    from pyarrow import ArrowException, parquet  # noqa: PLC0415 - slow to import
    from stac_geoparquet import arrow  # noqa: PLC0415 - as above

    found: list[Json] = []
    try:
        file = parquet.ParquetFile(io.BytesIO(source) if isinstance(source, bytes) else source)
        for batch in file.iter_batches(_ROWS):
            kept = batch.filter(_mask(batch, request))
            found += map(_without_empty, arrow.stac_table_to_items(kept)) if len(kept) else []
    except OSError as error:
        raise MetadataError(f"it can't be read ({error.strerror or 'damaged'})") from None
    except (ArrowException, KeyError, ValueError, TypeError, AttributeError):
        raise MetadataError("it is not a table of STAC items (stac-geoparquet)") from None
    return found


def _mask(batch: pa.RecordBatch, request: MosaicRequest) -> pa.BooleanArray:
    """Rows that may lie in the area and days; those without such columns or values stay."""
    import pyarrow as pa  # noqa: PLC0415 - as in read_table

    return pa.array([_may_lie_in(row, request) for row in _places(batch)], pa.bool_())


def _places(batch: pa.RecordBatch) -> Iterator[Json]:
    names = [name for name in ("datetime", "bbox") if name in batch.schema.names]
    if not names:
        return iter([{}] * len(batch))
    return iter(batch.select(names).to_pylist())


def _may_lie_in(row: Json, request: MosaicRequest) -> bool:
    taken, bounds = row.get("datetime"), row.get("bbox")
    if isinstance(taken, datetime) and taken.tzinfo is not None:
        day = timedelta(days=1)
        if not request.periods[0].start - day <= taken <= request.periods[-1].end + day:
            return False
    return not isinstance(bounds, Mapping) or _touches(bounds, request)


def _touches(bounds: Mapping[str, Any], request: MosaicRequest) -> bool:
    try:
        west, south, east, north = (float(bounds[name]) for name in ("xmin", "ymin", "xmax", "ymax"))
    except (KeyError, TypeError, ValueError):
        return True
    return boxes_touch((west, south, east, north), request)


def boxes_touch(bounds: tuple[float, float, float, float], request: MosaicRequest) -> bool:
    """True unless a box in degrees is clear of a request's area; one across the antimeridian never is."""
    west, south, east, north = bounds
    crosses = west > east or west < -180 or east > 180
    return any(
        south <= box[3] and box[1] <= north and (crosses or (west <= box[2] and box[0] <= east))
        for box in request.aoi.boxes
    )


def items_of_collection(items: Iterable[RawItem], collection: str, where: str) -> tuple[RawItem, ...]:
    """The items of a collection; items without one belong to any.

    Args:
        items: Items of a file.
        collection: Collection that is wanted.
        where: The file, for messages.

    Raises:
        UsageError: if there are items, but none of the collection.
    """
    items = list(items)
    wanted = tuple(item for item in items if item.collection in (None, collection))
    if items and not wanted:
        known = closest_names(collection, {str(item.collection) for item in items})
        raise UsageError(
            f"no item of collection {collection!r} in {where}; it has {known}: give `collection`"
        )
    return wanted


def _without_empty(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A value without the empty members that a table has for what other items have."""
    if isinstance(value, Mapping):
        return {key: _without_empty(inner) for key, inner in value.items() if inner is not None}
    return [_without_empty(inner) for inner in value] if isinstance(value, list) else value
