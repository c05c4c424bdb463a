"""The reducers by name. A new one is a module beside this one, a line here and a test."""

from __future__ import annotations

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.reducers.best import Best
from cloudless_mosaic.reducers.geomedian import Geomedian
from cloudless_mosaic.reducers.highest import Highest
from cloudless_mosaic.reducers.in_order import First, Last, Nearest
from cloudless_mosaic.reducers.mean import Mean
from cloudless_mosaic.reducers.median import Median
from cloudless_mosaic.reducers.medoid import Medoid
from cloudless_mosaic.reducers.percentile import Percentile
from cloudless_mosaic.reducers.protocol import Reducer

REDUCERS: dict[str, type[Reducer]] = {
    reducer.name: reducer
    for reducer in (Median, Percentile, Mean, Geomedian, Medoid, Best, Highest, Nearest, First, Last)
}

USAGE = ", ".join(name + reducer.parameter for name, reducer in REDUCERS.items())
"""The names with the parameters that may follow them."""

_ALIASES = {"max-ndvi": "max:NDVI"}
"""Texts that stand for others."""


def parse_reducer(text: str) -> Reducer:
    """The reducer that a text names, such as ``median``; a parameter follows a colon.

    Raises:
        UsageError: if there is none of that name, or its parameter is wrong.
    """
    name, _, parameter = _ALIASES.get(text, text).partition(":") if isinstance(text, str) else ("", "", "")
    if name not in REDUCERS:
        raise UsageError(f"`reducer` {text!r} is unknown; choose one of {USAGE}")
    return REDUCERS[name].parse(parameter)
