"""The reducers by name. A new one is a module beside this one, a line here and a test."""

from __future__ import annotations

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.reducers.median import Median
from cloudless_mosaic.reducers.protocol import Reducer

REDUCERS: dict[str, type[Reducer]] = {
    Median.name: Median,
}


def parse_reducer(text: str) -> Reducer:
    """The reducer that a text names, such as ``median``; a parameter follows a colon.

    Raises:
        UsageError: if there is none of that name, or its parameter is wrong.
    """
    name, _, parameter = text.partition(":") if isinstance(text, str) else ("", "", "")
    if name not in REDUCERS:
        raise UsageError(f"reducer {text!r} is unknown; choose one of {', '.join(REDUCERS)}")
    return REDUCERS[name].parse(parameter)
