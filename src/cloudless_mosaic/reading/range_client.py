"""The client that both readers get their bytes from: requests on one event loop, with retries and tokens."""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from obstore.exceptions import BaseError, NotSupportedError, PermissionDeniedError, UnauthenticatedError

from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.errors import AccessError, SourceError, TemporaryError
from cloudless_mosaic.reading.faults import explained, wants_plain_web
from cloudless_mosaic.reading.ranges import DoubtfulBytesError, Version, read_range
from cloudless_mosaic.reading.settings import DEFAULT_READ_SETTINGS, ReadSettings
from cloudless_mosaic.reading.stores import Place, Stores

Answer = TypeVar("Answer")

_REQUESTS = 32
"""Concurrent requests, over all hosts."""

_REFUSALS = 2
"""Times that a read gets a new token after a refusal."""


class RangeClient:
    """Runs requests for byte ranges on an event loop of its own. Thread-safe."""

    def __init__(
        self,
        settings: ReadSettings = DEFAULT_READ_SETTINGS,
        stores: Stores | None = None,
        access: tuple[StorageAccess, ...] = (),
    ) -> None:
        """Starts the event loop.

        Args:
            settings: Time-outs and retries.
            stores: Object stores; by default those of the hrefs, with the credentials of this process.
            access: Storage that the profile of the provider describes.
        """
        self._settings = settings
        self._stores = stores or Stores(settings, access=access)
        self._loop = asyncio.new_event_loop()
        self._slots = asyncio.Semaphore(_REQUESTS)
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop.set_default_executor(ThreadPoolExecutor(_REQUESTS, thread_name_prefix="mosaic-plain"))
        threading.Thread(target=_run, args=(self._loop,), name="mosaic-fetch", daemon=True).start()
        weakref.finalize(self, self._loop.call_soon_threadsafe, self._loop.stop).atexit = False

    def start(self, coroutines: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Runs coroutines on the loop with one call, since a call costs as much as a request."""
        self._loop.call_soon_threadsafe(self._create_tasks, coroutines)

    def submit(self, coroutine: Coroutine[Any, Any, Answer]) -> Future[Answer]:
        """Runs a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def read(self, href: str, start: int, end: int) -> tuple[memoryview, Version]:
        """Waits for a range of a file; fewer bytes only at the end of the file.

        Raises:
            SourceError: if it can't be read.
            BaseError: likewise, as the object store raises it.
            OSError: likewise.
        """

        async def get(place: Place) -> tuple[memoryview, Version]:
            data, version = await read_range(place.store, place.path, start, end)
            if len(data) != min(end, version.size) - start:
                raise DoubtfulBytesError(f"{len(data)} bytes came of {end - start} at {start}")
            return data, version

        return self.submit(self.with_retries(href, get, plainly=True)).result()

    async def with_retries(
        self, href: str, get: Callable[[Place], Awaitable[Answer]], *, plainly: bool = False
    ) -> Answer:
        """Calls a function on a place, with retries, new tokens and a limit on the time in requests.

        Args:
            href: Address or path.
            get: Called with the place of the href, as it is read now.
            plainly: See ``Stores.locate``.

        Raises:
            SourceError: if the last attempt fails; an ``AccessError`` at once where no attempt can help.
            BaseError: likewise, as the object store raises it.
            OSError: likewise.
        """
        retry = self._settings.retry
        left = retry.total
        attempt = refusals = 0
        while True:
            place = await self._stores.locate(href, plainly=plainly)
            async with self._slots:
                started = time.monotonic()
                try:
                    async with asyncio.timeout(left):
                        return await get(place)
                except (PermissionDeniedError, UnauthenticatedError):
                    if place.token is None or refusals == _REFUSALS:
                        raise
                    self._stores.refuse(place)
                    refusals += 1
                    continue
                except FileNotFoundError:
                    raise
                except (BaseError, OSError, DoubtfulBytesError, TemporaryError) as error:
                    if wants_plain_web(error) and self._stores.read_plainly(place):
                        continue
                    # the whole file came: the page of a gateway, or all that the server can do
                    plainly = plainly or isinstance(error, NotSupportedError)
                    attempt += 1
                    left -= time.monotonic() - started
                    if place.local or attempt >= retry.attempts or left <= 0:
                        raise _in_time(error, retry.total) from None
                    if isinstance(lasting := explained(href, error), AccessError):
                        raise lasting from None
            await asyncio.sleep(retry.delay_after(attempt))

    def _create_tasks(self, coroutines: Sequence[Coroutine[Any, Any, None]]) -> None:
        for coroutine in coroutines:
            task = self._loop.create_task(coroutine)
            self._tasks.add(task)  # the loop holds only weak references to tasks
            task.add_done_callback(self._tasks.discard)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


def _in_time(error: Exception, seconds: float) -> Exception:
    return SourceError(f"it takes longer than {seconds:g} s") if isinstance(error, TimeoutError) else error
