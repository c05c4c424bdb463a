"""How the observations of a pixel become one value."""

from __future__ import annotations

from dataclasses import dataclass, field

from cloudless_mosaic.domain.request.fields import decides_pixels
from cloudless_mosaic.domain.request.part import RequestPart


@dataclass(frozen=True, kw_only=True)
class CompositeOptions(RequestPart):
    """Compositing."""

    exact: bool = field(default=False, metadata=decides_pixels())
    """Read native pixels even where an overview is fine enough."""
