"""Reductions of a stack of observations over time, as values in a registry."""

from cloudless_mosaic.reducers.protocol import Reduced, Reducer, SpreadReducer, Stack
from cloudless_mosaic.reducers.registry import REDUCERS, parse_reducer

__all__ = ["REDUCERS", "Reduced", "Reducer", "SpreadReducer", "Stack", "parse_reducer"]
