"""What a mask is: a value that says what it reads and which pixels of a scene are clear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class MaskOptions:
    """What a request says about its mask."""

    clear_classes: tuple[int, ...]
    """Codes of the scene classification that count as clear."""
    dilation: float
    """Metres by which cloud and shadow grow before they are masked; 0 is off."""


class Mask(Protocol):
    """Says which pixels of a scene are clear.

    Implementations are small frozen dataclasses, so that a task can carry one to a worker.
    """

    name: ClassVar[str]
    """Name in ``--mask`` and in the provenance."""
    resolution: ClassVar[float]
    """Metres of the pixels that the mask is made of; infinite where it reads nothing."""
    reads_classes: ClassVar[bool]
    """True where the mask reads the scene classification."""

    @classmethod
    def of(cls, options: MaskOptions) -> Self:
        """The mask as a request asks for it."""
        ...

    @property
    def title(self) -> str:
        """What the mask does, in a few words."""
        ...

    @property
    def description(self) -> str:
        """Which pixels count as clear, in full sentences for the provenance."""
        ...

    def margin(self, resolution: float) -> int:
        """Pixels that have to be read around a window for its mask to be right.

        Args:
            resolution: Edge of a pixel of the scene classification, metres.
        """
        ...

    def clear(self, codes: npt.NDArray[np.uint8], resolution: float) -> npt.NDArray[np.bool_]:
        """True where a pixel is clear.

        Args:
            codes: Class codes, shape (rows, columns); the result is right `margin` away from its edges.
            resolution: Edge of a pixel, metres.
        """
        ...
