"""The interface between a pipeline and what carries out its tasks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Protocol, TypeVar, runtime_checkable

from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.domain.results import Usage
from cloudless_mosaic.geo.blocks import Block
from cloudless_mosaic.planning.plan import AnyPlan
from cloudless_mosaic.reading import RasterReader


class Task(Protocol):
    """What an engine needs to know of a task. Small to pickle."""

    @property
    def label(self) -> str:
        """Identifies the task, together with its block."""
        ...

    @property
    def block(self) -> Block:
        """Place of the task in the output grid."""
        ...

    @property
    def hrefs(self) -> Iterator[str]:
        """Every raster that may be read."""
        ...

    @property
    def access(self) -> tuple[StorageAccess, ...]:
        """Storage that the profile of the provider describes."""
        ...


@runtime_checkable
class DivisibleTask(Protocol):
    """A task that can also be done in pieces, each with a result of its own."""

    def pieces(self) -> tuple[Task, ...]:
        """The smallest tasks that together do the same."""
        ...


AnyTask = TypeVar("AnyTask", bound=Task)
Result = TypeVar("Result")
Finished = TypeVar("Finished")
Argument = TypeVar("Argument")
Answer = TypeVar("Answer")


class Engine(Protocol):
    """Works on tasks, here or on a cluster, and finishes the results in this process."""

    def fit(self, plan: AnyPlan) -> AnyPlan:
        """Makes sure that work can begin, and cuts blocks smaller where the workers' memory asks for it.

        Raises:
            UsageError: if the workers can't do this work as they are.
            TemporaryError: if there are no workers for now.
        """
        ...

    def usage(self) -> Usage:
        """What the work took since the engine was made, here and on workers that still answer."""
        ...

    def part_edge(self, plan: AnyPlan, mosaics: int) -> int:
        """Blocks along the edge of a part, which a worker finishes as far as it can; see ``planning/parts``.

        Args:
            plan: As ``fit`` gave it.
            mosaics: How many mosaics it has.

        Returns:
            0 where blocks are worked on in this process, so that parts gain nothing.
        """
        ...

    def call(self, function: Callable[[Argument], Answer], argument: Argument) -> Answer:
        """Runs a function beside the tasks, on a worker where there is one; from any thread.

        Args:
            function: A function of a module.
            argument: Its argument. The function must be safe to run again.
        """
        ...

    def run(
        self,
        tasks: Iterable[AnyTask],
        work: Callable[[AnyTask, RasterReader], Result],
        finish: Callable[[Result], Finished],
    ) -> Generator[Finished, None, None]:
        """Works on tasks, a bounded number at a time, and yields what ``finish`` returns for each result.

        Tasks are drawn in the calling thread, and only when there is room for them. When anything raises, or
        the consumer stops, no task is running any more once the generator is closed.

        Args:
            tasks: What to work on. A ``DivisibleTask`` may come back in pieces.
            work: Called once for every task, wherever the engine works; a function of a module, such as
                ``compose``.
            finish: Called once for each result of ``work``, from several threads of this process.

        Raises:
            TemporaryError: if the workers or their scheduler were lost.
        """
        ...
