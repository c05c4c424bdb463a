"""The seam between the pipeline and whatever composes its tasks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Protocol, TypeVar

from cloudless_mosaic.plan import BlockTask, MosaicPlan
from cloudless_mosaic.results import Composite

Answer = TypeVar("Answer")


class Engine(Protocol):
    """Composes tasks somewhere, and finishes their composites in this process."""

    def fit(self, plan: MosaicPlan) -> MosaicPlan:
        """Makes sure that work can begin, and cuts blocks smaller where the workers' memory asks for it.

        Raises:
            UsageError: if the workers can't do this work as they are.
            TemporaryError: if there is nobody to do it for now.
        """
        ...

    def run(
        self, tasks: Iterable[BlockTask], finish: Callable[[Composite], Answer]
    ) -> Generator[Answer, None, None]:
        """Composes tasks, a bounded number at a time, and yields what ``finish`` makes of each composite.

        Tasks are drawn in the calling thread, and only when there is room for them. When anything raises, or
        the consumer stops, nothing is under way any more once the generator is closed.

        Args:
            tasks: What to compose.
            finish: Called once for every composite, from several threads of this process.

        Raises:
            TemporaryError: if the workers or their scheduler were lost.
        """
        ...
