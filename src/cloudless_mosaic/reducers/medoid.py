"""The medoid: the observation that is nearest to all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.kernels.choosing import choose_medoid
from cloudless_mosaic.reducers.choice import TIES, choose
from cloudless_mosaic.reducers.plain import PlainReducer
from cloudless_mosaic.reducers.protocol import Reduced, Stack


@dataclass(frozen=True, slots=True)
class Medoid(PlainReducer):
    """The observation with the least sum of Euclidean distances to the others (N. Flood, 2013).

    Distances are rounded to 2**-20 digital numbers, so that their sums are exact and ties are ties.
    """

    name: ClassVar[str] = "medoid"
    microseconds: ClassVar[float] = 0.1
    chooses: ClassVar[bool] = True

    @property
    def title(self) -> str:
        """``Medoid``."""
        return "Medoid"

    @property
    def rule(self) -> str:
        """What is taken where several are as near."""
        return f"all bands of a pixel are of the observation that is nearest to the others, and {TIES}"

    @property
    def expression(self) -> str:
        """What is minimised, in numpy."""
        return "reflectance[argmin(nansum(norm(x[:, None] - x[None, :], axis=band), axis=time))]"

    def check(self, bands: Sequence[str], /) -> None:
        """Raises ``UsageError`` where there is one band, of which it is a median without a mean."""
        if len(bands) < 2:
            raise UsageError(
                "`reducer` medoid takes two bands or more, since of one band it is the median; "
                "add `bands`, or choose `reducer` median"
            )

    def reduce(self, stack: Stack) -> Reduced:
        """The medoid of the observations that count."""
        return choose(stack.values, partial(choose_medoid, stack.values))
