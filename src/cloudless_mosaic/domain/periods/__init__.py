"""Periods of time: kinds of them as values in a registry, and the names of their mosaics."""

from cloudless_mosaic.domain.periods.naming import (
    COLLECTION_IDS,
    collection_id,
    default_name,
    label_order,
    mosaic_label,
    mosaic_name,
    parse_mosaic_name,
)
from cloudless_mosaic.domain.periods.period import Period
from cloudless_mosaic.domain.periods.protocol import PeriodKind
from cloudless_mosaic.domain.periods.registry import DEFAULT_PERIOD, PERIODS, parse_period
from cloudless_mosaic.domain.periods.selection import only_days
from cloudless_mosaic.domain.periods.window import Window
from cloudless_mosaic.domain.periods.yearly import YearlyDays

__all__ = [
    "COLLECTION_IDS",
    "DEFAULT_PERIOD",
    "PERIODS",
    "Period",
    "PeriodKind",
    "Window",
    "YearlyDays",
    "collection_id",
    "default_name",
    "label_order",
    "mosaic_label",
    "mosaic_name",
    "only_days",
    "parse_mosaic_name",
    "parse_period",
]
