"""Answers of networks that a process keeps, so that neighbouring blocks don't ask twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """Anything that says how large it is."""

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""
        ...


Value = TypeVar("Value", bound=Sized)


class Kept(Generic[Value]):
    """Values by key, each made once by the first thread that wants it while the others wait.

    Beyond a limit those that were used least recently are dropped, and made again when they are wanted.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._values: OrderedDict[Hashable, Future[Value]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of a key.

        Args:
            key: Names it.
            make: Makes it where it isn't kept; what it raises is raised in every thread that waits for it.
        """
        with self._lock:
            known = self._values.get(key)
            if known is not None:
                self._values.move_to_end(key)
                value = known
            else:
                value = self._values[key] = Future()
        if known is None:
            self._make(key, value, make)
        return value.result()

    def clear(self) -> None:
        """Drops all that is made."""
        with self._lock:
            self._drop(0)

    def _make(self, key: Hashable, value: Future[Value], make: Callable[[], Value]) -> None:
        try:
            made = make()
        except BaseException as error:  # noqa: BLE001 - raised again in every thread that waits
            with self._lock:
                del self._values[key]
            value.set_exception(error)
            return
        with self._lock:
            value.set_result(made)
            self._bytes += made.nbytes
            self._drop(self._limit)

    def _drop(self, limit: int) -> None:
        for key, value in list(self._values.items()):
            if self._bytes <= limit:
                return
            if value.done():
                self._bytes -= value.result().nbytes
                del self._values[key]
