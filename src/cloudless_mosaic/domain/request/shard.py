"""A part of a plan that a run of its own makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from cloudless_mosaic.errors import UsageError

_MOST_SHARDS = 100_000


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal parts of a plan.

    Raises:
        UsageError: if the number is not that of a part.
    """

    number: int
    """Which one, from 1."""
    count: int
    """Of how many."""

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count <= _MOST_SHARDS:
            raise UsageError(
                f"`shard` must be I/N with I from 1 to N, and N at most {_MOST_SHARDS}, got {self}; "
                "for example 1/4"
            )

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``2/8``.

        Raises:
            UsageError: if the text isn't such a part.
        """
        number, _, count = text.partition("/")
        if not (_is_number(number) and _is_number(count)):
            raise UsageError(f"`shard` needs a part as I/N, got {text!r}; for example 1/4")
        return cls(int(number), int(count))

    def part(self, length: int) -> slice:
        """The places of this part in a sequence; parts differ by one in length at most."""
        return slice((self.number - 1) * length // self.count, self.number * length // self.count)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
