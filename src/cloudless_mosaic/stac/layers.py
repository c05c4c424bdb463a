"""What items and the collection say of layers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import Scene
from cloudless_mosaic.layers import Layer, parse_layers
from cloudless_mosaic.stac.assets import CLASSIFICATION

_SCENES = "source"
"""The layer whose values are the scenes of an item."""

ROLES = ["metadata"]


def layer_extensions(request: MosaicRequest) -> list[str]:
    """Schemas of the extensions that the layers of a request make use of."""
    layers = parse_layers(request.layers)
    return [CLASSIFICATION] if any(one.classes or one.name == _SCENES for one in layers) else []


def layer_bands(request: MosaicRequest, names: Sequence[str], scenes: Sequence[Scene]) -> dict[str, Any]:
    """The bands of each layer that was asked for, by its name.

    Args:
        request: Of the mosaic.
        names: Bands of the mosaic, by the names that its files have for them.
        scenes: Of the item, in the order that ``source`` numbers them; none for the collection, whose items
            have scenes of their own.
    """
    return {
        layer.name: [
            {"name": band, **_values(layer), **_classes(layer, scenes)}
            for band in layer.bands(request.reduction, names)
        ]
        for layer in parse_layers(request.layers)
    }


def _values(layer: Layer) -> dict[str, Any]:
    if layer.nodata is None:
        return {"data_type": layer.dtype}
    return {"data_type": layer.dtype, "nodata": "nan" if math.isnan(layer.nodata) else layer.nodata}


def _classes(layer: Layer, scenes: Sequence[Scene]) -> dict[str, Any]:
    """The table of the values of a layer, where it has one."""
    known = [{"value": one.value, "name": one.name, "description": one.description} for one in layer.classes]
    if layer.name == _SCENES:
        known = [
            {
                "value": number,
                "name": re.sub(r"[^0-9A-Za-z_-]", "-", scene.id),
                "description": f"{scene.id}, {scene.datetime:%Y-%m-%dT%H:%M:%SZ}",
            }
            for number, scene in enumerate(scenes, 1)
        ]
    return {"classification:classes": known} if known else {}
