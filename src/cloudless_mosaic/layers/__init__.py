"""Layers beside a mosaic, which say what its pixels stand on, as values in a registry."""

from cloudless_mosaic.layers.index import IndexLayer, IndexOf
from cloudless_mosaic.layers.protocol import Layer, LayerClass, ObservedPixels
from cloudless_mosaic.layers.registry import LAYERS, parse_layers

__all__ = ["LAYERS", "IndexLayer", "IndexOf", "Layer", "LayerClass", "ObservedPixels", "parse_layers"]
