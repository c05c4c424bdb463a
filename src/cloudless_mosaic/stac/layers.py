"""What items and the collection say of layers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cloudless_mosaic.compositing.layer_statistics import NOTHING, BandsOfLayers
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import Scene
from cloudless_mosaic.layers import Layer
from cloudless_mosaic.stac.assets import CLASSIFICATION

_NONE: BandsOfLayers = MappingProxyType({})

_SCENES = "source"
"""The layer whose values are the scenes of an item."""


def layer_extensions(request: MosaicRequest) -> list[str]:
    """Schemas of the extensions that the layers of a request make use of."""
    return [CLASSIFICATION] if any(layer.classified for layer in request.all_layers) else []


def layer_bands(
    request: MosaicRequest,
    names: Sequence[str],
    scenes: Sequence[Scene],
    statistics: BandsOfLayers = _NONE,
) -> dict[str, Any]:
    """The bands of each layer that was asked for, by its name.

    Args:
        request: Of the mosaic.
        names: Bands of the mosaic, by the names that its files have for them.
        scenes: Of the item, in the order that ``source`` numbers them; none for the collection, whose items
            have scenes of their own.
        statistics: Of the item; none for the collection.
    """
    return {
        layer.name: [
            {"name": band, **_values(layer), **_classes(layer, scenes)}
            | _statistics(statistics, layer, number)
            for number, band in enumerate(layer.bands(request.reduction, names))
        ]
        for layer in request.all_layers
    }


def layer_renders(
    request: MosaicRequest, names: Sequence[str], statistics: BandsOfLayers = _NONE
) -> dict[str, Any]:
    """How tile servers are to draw the first band of each layer that was asked for.

    Args:
        request: Of the mosaic.
        names: Bands of the mosaic, by the names that its files have for them.
        statistics: Of the item; layers that are drawn over their range are left out where it isn't known.
    """
    found = {}
    for layer in request.all_layers:
        drawn = _drawn(layer, statistics)
        if drawn:
            band = layer.bands(request.reduction, names)[0]
            values = {key: value for key, value in _values(layer).items() if key == "nodata"}
            found[layer.ending] = {
                "title": layer.title,
                "assets": [layer.name],
                "bands": [[band]],
                **values,
                **drawn,
            }
    return found


def _drawn(layer: Layer, statistics: BandsOfLayers) -> Mapping[str, Any]:
    """Colours of a layer; none where it isn't drawn, or has no value in this item."""
    look = layer.look
    if look is None:
        return {}
    if layer.classes:
        return {"colormap": {str(one.value): [*bytes.fromhex(one.color), 255] for one in layer.classes}}
    limits = look.limits
    if limits is None:
        known = statistics.get(layer.name, (NOTHING,))[0]
        limits = (known.minimum, known.maximum)
    if not limits[0] < limits[1] < math.inf:
        return {}
    return {"rescale": [[round(limit, 6) for limit in limits]], "colormap_name": look.colormap}


def _statistics(statistics: BandsOfLayers, layer: Layer, band: int) -> dict[str, Any]:
    """Statistics of a band of a layer, where there is a pixel to take them of."""
    known = statistics.get(layer.name)
    fields = known[band].fields if known else {}
    return {"statistics": fields} if fields else {}


def _values(layer: Layer) -> dict[str, Any]:
    if layer.nodata is None:
        return {"data_type": layer.dtype}
    return {"data_type": layer.dtype, "nodata": "nan" if math.isnan(layer.nodata) else layer.nodata}


def _classes(layer: Layer, scenes: Sequence[Scene]) -> dict[str, Any]:
    """The table of the values of a layer, where it has one."""
    known = [
        {"value": one.value, "name": one.name, "description": one.description, "color_hint": one.color}
        for one in layer.classes
    ]
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
