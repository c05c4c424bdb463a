"""What a kind of period is: a value that cuts a span of days into periods and names them."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Protocol

from cloudless_mosaic.domain.periods.period import Period


class PeriodKind(Protocol):
    """Cuts the days of a request into periods. Implementations are small frozen dataclasses."""

    name: ClassVar[str]
    """Name in ``--period`` and in the provenance; also the noun in texts: ``month``."""
    adjective: ClassVar[str]
    """In titles, names of folders and ids: ``monthly``."""
    label: ClassVar[str]
    """Regular expression of the labels, which no other kind's labels match."""

    def cut(self, start: date, end: date) -> tuple[Period, ...]:
        """The periods from ``start`` to ``end``, both inclusive, in order, without gap or overlap.

        The first and the last are cut short where the dates say so.
        """
        ...
