"""The mask that masks nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.masks.protocol import MaskOptions


@dataclass(frozen=True, slots=True)
class NoMask:
    """Every pixel that has data counts as clear."""

    name: ClassVar[str] = "none"
    resolution: ClassVar[float] = math.inf
    reads_classes: ClassVar[bool] = False

    @classmethod
    def of(cls, options: MaskOptions) -> Self:  # noqa: ARG003 - the signature of the protocol
        """The mask; it has no options."""
        return cls()

    @property
    def title(self) -> str:
        """What the mask does, in a few words."""
        return "not at all"

    @property
    def description(self) -> str:
        """That there is none."""
        return "No cloud mask: every pixel that has data counts as clear."

    def margin(self, resolution: float) -> int:  # noqa: ARG002 - the signature of the protocol
        """0."""
        return 0

    def clear(self, codes: npt.NDArray[np.uint8], resolution: float) -> npt.NDArray[np.bool_]:  # noqa: ARG002
        """True everywhere."""
        return np.ones(codes.shape, np.bool_)
