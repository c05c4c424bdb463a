"""The layers by name. A new one is a value in a module beside this one, a line here and a test."""

from __future__ import annotations

from collections.abc import Iterable

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.layers.protocol import Layer
from cloudless_mosaic.layers.single import AGE, DATE, FLAGS, MASK, SOURCE
from cloudless_mosaic.layers.spread import SpreadLayer

LAYERS: dict[str, Layer] = {layer.name: layer for layer in (DATE, AGE, SpreadLayer(), SOURCE, FLAGS, MASK)}


def parse_layers(names: Iterable[str]) -> tuple[Layer, ...]:
    """The layers of some names, each once, in the order of the registry.

    Raises:
        UsageError: if there is none of a name.
    """
    asked = set(names)
    unknown = sorted(asked - set(LAYERS))
    if unknown:
        raise UsageError(f"`layers` {unknown[0]!r} is unknown; choose among {', '.join(LAYERS)}")
    return tuple(layer for name, layer in LAYERS.items() if name in asked)
