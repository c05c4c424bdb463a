"""Periods of time: kinds of them as values in a registry, and the names of their mosaics."""

from cloudless_mosaic.domain.periods.naming import (
    COLLECTION_IDS,
    collection_id,
    mosaic_label,
    mosaic_name,
    parse_mosaic_name,
)
from cloudless_mosaic.domain.periods.period import Period
from cloudless_mosaic.domain.periods.protocol import PeriodKind
from cloudless_mosaic.domain.periods.registry import PERIODS, parse_period

__all__ = [
    "COLLECTION_IDS",
    "PERIODS",
    "Period",
    "PeriodKind",
    "collection_id",
    "mosaic_label",
    "mosaic_name",
    "parse_mosaic_name",
    "parse_period",
]
