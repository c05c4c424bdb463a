"""Which of the scenes found are used."""

from __future__ import annotations

from dataclasses import dataclass, field

from cloudless_mosaic.domain.request.checks import require_between, require_positive
from cloudless_mosaic.domain.request.fields import decides_pixels
from cloudless_mosaic.domain.request.part import RequestPart


@dataclass(frozen=True, kw_only=True)
class SceneLimits(RequestPart):
    """Number and cloud cover of scenes.

    Raises:
        UsageError: if a value is out of its range; the message names the field.
    """

    max_items: int = field(default=100, metadata=decides_pixels())
    """Most scenes taken from the search; a cut is reported."""
    max_cloud_cover: float = field(default=25.0, metadata=decides_pixels())
    """Scenes with more cloud than this percentage (``eo:cloud_cover``) are left out."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive("max_items", self.max_items)
        require_between("max_cloud_cover", self.max_cloud_cover, 0, 100)
