"""What a kind of period is: a value that cuts a span of days into periods and names them."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Protocol

from cloudless_mosaic.domain.periods.period import Period


class PeriodKind(Protocol):
    """Cuts the days of a request into periods. Implementations are small frozen dataclasses."""

    prefix: ClassVar[str]
    """First word of the names of folders and ids: ``monthly``."""
    label: ClassVar[str]
    """Regular expression of the labels, which no other kind's labels match."""

    @property
    def name(self) -> str:
        """Name in ``--period`` and in the provenance."""
        ...

    @property
    def noun(self) -> str:
        """In texts: ``month``; its plural ends in s."""
        ...

    @property
    def adjective(self) -> str:
        """In titles and keywords: ``monthly``."""
        ...

    def cut(self, start: date, end: date) -> tuple[Period, ...]:
        """The periods from ``start`` to ``end``, both inclusive, in order, without gap or overlap.

        The first and the last are cut short where the dates say so.
        """
        ...

    def first_day(self, label: str) -> date:
        """The first day of the whole period that has a label.

        Raises:
            ValueError: if there is no such day.
        """
        ...
