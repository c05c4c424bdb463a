"""Spectral indices: their formulas, and the bands they take."""

from cloudless_mosaic.indices.index import SpectralIndex
from cloudless_mosaic.indices.registry import NORMALISED, find_index

__all__ = ["NORMALISED", "SpectralIndex", "find_index"]
