"""Reductions of a stack of observations over time, as values in a registry."""

from cloudless_mosaic.reducers.protocol import Reduced, Reducer, SeriesReducer, SpreadReducer, Stack, Views
from cloudless_mosaic.reducers.registry import REDUCERS, USAGE, parse_reducer

__all__ = [
    "REDUCERS",
    "USAGE",
    "Reduced",
    "Reducer",
    "SeriesReducer",
    "SpreadReducer",
    "Stack",
    "Views",
    "parse_reducer",
]
