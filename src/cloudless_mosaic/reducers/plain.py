"""What reducers have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from cloudless_mosaic.errors import UsageError


@dataclass(frozen=True, slots=True)
class AnyReducer:
    """A reducer of any bands, to which it doesn't matter how far clouds are and where it was seen from."""

    parameter: ClassVar[str] = ""
    cloud_reach: ClassVar[float] = 0.0
    scores_view: ClassVar[bool] = False
    microseconds: ClassVar[float] = 0.02

    def check(self, _bands: Sequence[str], /) -> None:
        """Any bands can be reduced."""


@dataclass(frozen=True, slots=True)
class PlainReducer(AnyReducer):
    """A reducer without a parameter."""

    name: ClassVar[str]

    @classmethod
    def parse(cls, parameter: str) -> Self:
        """The reducer.

        Raises:
            UsageError: if there is a parameter.
        """
        if parameter:
            raise UsageError(f"`reducer` {cls.name} takes no parameter, got {parameter!r}; leave it out")
        return cls()

    def __str__(self) -> str:
        return self.name
