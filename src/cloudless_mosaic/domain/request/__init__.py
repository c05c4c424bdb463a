"""What is asked for: the request of mosaics, and the parts with their defaults that requests are made of.

Each field declares whether it decides pixels, only their place, or neither, and how it is written into
provenance and fingerprint; ``written_fields`` makes the record of a request from that.
"""

from cloudless_mosaic.domain.request.checks import require_between, require_positive
from cloudless_mosaic.domain.request.composite import CompositeOptions
from cloudless_mosaic.domain.request.execution import ExecutionOptions
from cloudless_mosaic.domain.request.fields import (
    Declaration,
    decides_neither,
    decides_pixels,
    decides_place,
    declaration_of,
    declared_like,
    omitted_defaults,
    written_fields,
)
from cloudless_mosaic.domain.request.grid import GridOptions
from cloudless_mosaic.domain.request.limits import SceneLimits
from cloudless_mosaic.domain.request.mask import MaskOptions
from cloudless_mosaic.domain.request.mosaic import MosaicRequest
from cloudless_mosaic.domain.request.output import Compression, OutputOptions
from cloudless_mosaic.domain.request.part import RequestPart
from cloudless_mosaic.domain.request.protocols import CompositeRequest, SceneRequest
from cloudless_mosaic.domain.request.reading import ReadingOptions
from cloudless_mosaic.domain.request.search import (
    PLANETARY_COMPUTER,
    SearchOptions,
    parse_date,
    web_address,
)
from cloudless_mosaic.domain.request.shard import Shard
from cloudless_mosaic.domain.request.tiling import TilingOptions

__all__ = [
    "PLANETARY_COMPUTER",
    "CompositeOptions",
    "CompositeRequest",
    "Compression",
    "Declaration",
    "ExecutionOptions",
    "GridOptions",
    "MaskOptions",
    "MosaicRequest",
    "OutputOptions",
    "ReadingOptions",
    "RequestPart",
    "SceneLimits",
    "SceneRequest",
    "SearchOptions",
    "Shard",
    "TilingOptions",
    "decides_neither",
    "decides_pixels",
    "decides_place",
    "declaration_of",
    "declared_like",
    "omitted_defaults",
    "parse_date",
    "require_between",
    "require_positive",
    "web_address",
    "written_fields",
]
