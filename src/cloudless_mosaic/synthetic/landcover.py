"""The kinds of land cover.

Fields and towns keep to the low ground, forest takes the rest up to the tree line, bare rock
lies above (``native/land.c``).
"""

from __future__ import annotations

from cloudless_mosaic.synthetic.native import lib

SHALLOWS: int = lib.SHALLOWS
CONIFERS: int = lib.CONIFERS
BROADLEAVES: int = lib.BROADLEAVES
CLEARING: int = lib.CLEARING
GRASS: int = lib.GRASS
CROP: int = lib.CROP
SOIL: int = lib.SOIL
GARDENS: int = lib.GARDENS
