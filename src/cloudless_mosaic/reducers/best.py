"""The best available pixel, by scores for the day, the distance to clouds, haze, and the view.

After FORCE (D. Frantz, 2019), which follows P. Griffiths et al. (2013): the score of the day lies on a bell
curve that is a hundredth at the far end of the period, and counts 1; that of the distance to the next cloud
or shadow is a half at 1500 m, and counts 0.4; that of haze counts 0.3. That of the angle of the view is a
half at 3.75 degrees; it counts 0.2, which is our choice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import ClassVar, Self

import numpy as np

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.kernels.choosing import choose_best
from cloudless_mosaic.reducers.choice import TIES, choose
from cloudless_mosaic.reducers.parameters import day_or_middle, named_day, with_parameter
from cloudless_mosaic.reducers.plain import AnyReducer
from cloudless_mosaic.reducers.protocol import Reduced, Stack, UInt16s, Views
from cloudless_mosaic.reducers.scoring import Int32s, day_scores, distance_scores, haze_scores, view_scores

_DAY_WEIGHT, _CLOUD_WEIGHT, _HAZE_WEIGHT, _VIEW_WEIGHT = 1.0, 0.4, 0.3, 0.2
_AT_THE_END = 0.01
"""Score of the day at the end of the period that is farther from the best day."""

_HAZE_BANDS = {"B02": "blue", "B04": "red"}


@dataclass(frozen=True, slots=True)
class Best(AnyReducer):
    """The observation with the highest sum of scores."""

    day: date | None = None
    """The best day; ``None`` is the one that the middle of the period lies in."""

    name: ClassVar[str] = "best"
    microseconds: ClassVar[float] = 0.048
    parameter: ClassVar[str] = "[:DAY]"
    chooses: ClassVar[bool] = True
    cloud_reach: ClassVar[float] = 3000.0
    scores_view: ClassVar[bool] = True

    @classmethod
    def parse(cls, parameter: str) -> Self:
        """The best with a day as ``YYYY-MM-DD``, or the middle of the period, as the best day.

        Raises:
            UsageError: if the parameter isn't a day.
        """
        return cls(day_or_middle(cls.name, parameter))

    def __str__(self) -> str:
        return with_parameter(self.name, self.day)

    @property
    def title(self) -> str:
        """``Best available pixel``."""
        return "Best available pixel"

    @property
    def rule(self) -> str:
        """The scores, and what is taken where several are as good."""
        return (
            f"scores are by the days to {named_day(self.day)} (weight {_DAY_WEIGHT:g}), by the distance in "
            f"metres to clouds and shadows of the scene (weight {_CLOUD_WEIGHT:g}), by haze (weight "
            f"{_HAZE_WEIGHT:g}) and by the angle of the view (weight {_VIEW_WEIGHT:g}; half of it where the "
            f"scene has none), and {TIES}"
        )

    @property
    def expression(self) -> str:
        """The choice in numpy."""
        return (
            f"reflectance[nanargmax(where(clear, {_DAY_WEIGHT:g} * exp(-0.5 * (days / sigma)**2) + "
            f"{_CLOUD_WEIGHT:g} / (1 + exp(-10 / 3000 * (minimum(metres_to_cloud, 3000) - 1500))) + "
            f"{_HAZE_WEIGHT:g} / (1 + exp(0.05 * (10000 * (blue - 0.5 * red) - 650))) + "
            f"{_VIEW_WEIGHT:g} / (1 + exp(10 / 7.5 * (view - 3.75))), nan), axis=time)]"
        )

    def check(self, bands: Sequence[str], /) -> None:
        """Raises ``UsageError`` where blue or red isn't there, which haze is seen by."""
        missing = [name for band, name in _HAZE_BANDS.items() if band not in bands]
        if missing:
            raise UsageError(
                f"`reducer` best weighs haze by blue and red, and `bands` lack {' and '.join(missing)}; add "
                f"`bands` {' and '.join(missing)}, or choose `reducer` nearest"
            )

    def reduce(self, stack: Stack) -> Reduced:
        """The observation that counts and has the highest sum of scores."""
        values, reach = stack.values, self.cloud_reach
        sigma = stack.reach(self.day) / math.sqrt(-2 * math.log(_AT_THE_END))
        by_day = day_scores(stack.days_from(self.day).tolist(), sigma, _DAY_WEIGHT)
        blue, red = (stack.bands.index(band) for band in _HAZE_BANDS)
        by_haze = ((blue, red), *haze_scores(_HAZE_WEIGHT))
        by_distance = (
            None
            if stack.distances is None
            else (stack.distances, distance_scores(reach / 255, reach, _CLOUD_WEIGHT))
        )
        by_view, by_owner = (0, None) if stack.views is None else _score_views(stack.views)
        by_time = by_day + by_view
        return choose(values, partial(choose_best, values, by_time, by_distance, by_haze, by_owner))


def _score_views(views: Views) -> tuple[Int32s, tuple[list[UInt16s | None], Int32s]]:
    """Scores of the observations that one granule fills, 0 of the others; and by granule of the others."""
    places = range(len(views.alone))
    owners = [views.owners.get(place) for place in places]
    one_granule = np.array([owner is None for owner in owners], np.int32)
    return (
        one_granule * view_scores(views.alone, _VIEW_WEIGHT),
        (owners, view_scores(views.granules, _VIEW_WEIGHT)),
    )
