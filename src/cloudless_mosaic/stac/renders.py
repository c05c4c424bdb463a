"""How tile servers are to draw a mosaic (render extension)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudless_mosaic.cog.picture import GAMMA, SCALE, TRUE_COLOUR, WHITE
from cloudless_mosaic.domain.bands import canonical_band, common_name

_NIR, _RED = "B08", "B04"


def renders(bands: Sequence[str]) -> dict[str, Any]:
    """True colour, with the stretch of the picture, and NDVI, where their bands are there.

    Args:
        bands: Names of the bands of a mosaic, as asked for.
    """
    found: dict[str, Any] = {}
    there = {canonical_band(band) for band in bands}
    if there.issuperset(TRUE_COLOUR):
        found["true-colour"] = {
            "title": "True colour",
            **_of(TRUE_COLOUR),
            "rescale": [[0, round(WHITE[band] / SCALE)] for band in TRUE_COLOUR],
            "color_formula": f"gamma RGB {GAMMA}",
        }
    if there.issuperset((_NIR, _RED)):
        found["ndvi"] = {
            "title": "Vegetation index (NDVI)",
            **_of((_NIR, _RED)),
            "expression": "(b1-b2)/(b1+b2)",
            "rescale": [[-1, 1]],
            "colormap_name": "rdylgn",
        }
    return found


def _of(bands: Sequence[str]) -> dict[str, Any]:
    return {"assets": ["mosaic"], "bands": [[common_name(band) for band in bands]], "nodata": 0}
