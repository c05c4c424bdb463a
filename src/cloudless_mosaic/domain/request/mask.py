"""The cloud mask."""

from __future__ import annotations

from dataclasses import dataclass, field

from cloudless_mosaic.domain.request.checks import require_between
from cloudless_mosaic.domain.request.fields import decides_pixels
from cloudless_mosaic.domain.request.part import RequestPart
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks import MASKS, Mask, MaskSettings, make_mask
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES, SCL_CLASSES


def _reads_classes(request: MaskOptions) -> bool:
    return MASKS[request.mask].reads_classes


@dataclass(frozen=True, kw_only=True)
class MaskOptions(RequestPart):
    """Source of the mask, and what counts as clear.

    Raises:
        UsageError: if a value is out of its range; the message names the field.
    """

    mask: str = field(default="scl", metadata=decides_pixels())
    """Name of a mask: ``scl`` masks by the scene classification, ``none`` takes every pixel that has data."""
    clear_classes: tuple[int, ...] = field(
        default=DEFAULT_CLEAR_CLASSES,
        metadata=decides_pixels(name="scl_clear", written=list, when=_reads_classes),
    )
    """Codes of the scene classification that count as clear."""
    cloud_dilation: float = field(default=100.0, metadata=decides_pixels(when=_reads_classes))
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
        _ = self.cloud_mask

    @property
    def cloud_mask(self) -> Mask:
        """Determines the clear pixels."""
        return make_mask(self.mask, MaskSettings(self.clear_classes, self.cloud_dilation))
