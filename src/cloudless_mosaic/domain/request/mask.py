"""The cloud mask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cloudless_mosaic.domain.classes import DEFAULT_CLEAR_CLASSES, SCL_CLASSES
from cloudless_mosaic.domain.request.checks import require_between
from cloudless_mosaic.domain.request.fields import decides_pixels
from cloudless_mosaic.domain.request.part import RequestPart
from cloudless_mosaic.errors import UsageError

MaskSource = Literal["scl", "none"]


def _uses_scl(request: MaskOptions) -> bool:
    return request.mask == "scl"


@dataclass(frozen=True, kw_only=True)
class MaskOptions(RequestPart):
    """Source of the mask, and what counts as clear.

    Raises:
        UsageError: if a value is out of its range; the message names the field.
    """

    mask: MaskSource = field(default="scl", metadata=decides_pixels())
    """``scl`` masks by the scene classification, ``none`` takes every pixel that has data."""
    clear_classes: tuple[int, ...] = field(
        default=DEFAULT_CLEAR_CLASSES, metadata=decides_pixels(name="scl_clear", written=list, when=_uses_scl)
    )
    """Codes of the scene classification that count as clear."""
    cloud_dilation: float = field(default=100.0, metadata=decides_pixels(when=_uses_scl))
    """Metres by which cloud and shadow grow before they are masked; 0 is off."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_between("cloud_dilation", self.cloud_dilation, 0, 5000)
        unknown = sorted(set(self.clear_classes) - set(SCL_CLASSES))
        if unknown or not self.clear_classes:
            raise UsageError(
                f"`clear_classes` takes codes 0-11 of the scene classification, got "
                f"{','.join(map(str, self.clear_classes)) or 'none'}; for example `clear_classes` 4,5,6"
            )
