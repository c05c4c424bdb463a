"""What the programs change in their own process, and what each change saves.

Nothing else in the package touches the garbage collector, the allocator, signals or the end of the process.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType

_ARENA_MAX = -8
"""``M_ARENA_MAX`` of ``mallopt(3)``."""

_ARENAS = 2

_SECONDS_UNTIL_REPEATED = 0.05
"""Time in which the code that ignored a signal ends; where it doesn't, the signal is repeated again."""


class Terminated(BaseException):
    """A signal to end was received. Not an ``Exception``, so that no handler of errors takes it for one."""

    def __init__(self, number: int) -> None:
        self.signal = number
        """Number of the signal."""
        super().__init__(number)


def raise_on_signals() -> None:
    """Makes SIGTERM and SIGHUP unwind the stack as Ctrl-C does: nothing of a run must outlive it.

    SIGHUP comes when a terminal closes; ``nohup`` has it ignored, and it stays so.
    """
    for number in _signals():
        signal.signal(number, _raise_terminated)
    _repeat_ignored_signals()


def interrupt_on_signals() -> None:
    """Makes SIGTERM and SIGHUP the same as Ctrl-C, for commands that run until they are interrupted."""
    for number in _signals():
        signal.signal(number, signal.default_int_handler)
    _repeat_ignored_signals()


def raise_file_limit() -> None:
    """Lets this process open as many files as the system allows: the default limit is often only 1024.

    Connections and the files of tiles in progress count.
    """
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        # macOS names a hard limit that it doesn't grant
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def limit_matrix_threads() -> None:
    """Keeps numpy's matrix library from starting threads; call it before numpy is loaded.

    Nothing here multiplies matrices, and threads that wait for such work do so at full speed.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def share_arenas() -> None:
    """Lets all threads of this process share two arenas of the C library; call it before there are threads.

    By default glibc gives each thread an arena of its own, in which freed arrays wait for that thread alone.
    A mosaic of a whole granule took 432 MB with them, and 383 MB with two shared ones, in the same time.
    """
    import ctypes  # noqa: PLC0415 - keeps --help quick; numpy loads it anyway

    # other C libraries than glibc have no arenas
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(_ARENA_MAX, _ARENAS)


@contextmanager
def loading() -> Iterator[None]:
    """For importing the modules of a command: without garbage collection.

    Imports make some hundred thousand objects that stay and next to no garbage. Not collecting meanwhile, and
    exempting these objects from later collections, saves 9 % of the processor time of the README example at
    100 m (median of paired runs).
    """
    share_arenas()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def end_process() -> None:
    """Ends the process with code 0, after the functions registered with ``atexit`` and a flush.

    The interpreter would free its objects one by one; the system frees all memory at once. That saves 5 % of
    the processor time of the README example at 100 m (median of paired runs).
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - no public function runs them without ending the process
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return  # the reader closed the pipe; the interpreter reports it
    os._exit(0)


def _signals() -> list[int]:
    """Signals that end a run, but for one that whoever started it has ignored."""
    numbers = [signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return [int(number) for number in numbers]


def _raise_terminated(number: int, _frame: FrameType | None) -> None:
    raise Terminated(number)


def _repeat_ignored_signals() -> None:
    """Sends a signal again whose exception the interpreter ignored.

    A handler runs between any two instructions of the main thread. Where those belong to a ``__del__`` or to
    a callback of the garbage collector, the interpreter prints the exception and goes on, and the run would
    end as if there had been no signal.
    """
    report = sys.unraisablehook

    def repeat(ignored: sys.UnraisableHookArgs) -> None:
        error = ignored.exc_value
        if isinstance(error, Terminated):
            _send_later(error.signal)
        elif isinstance(error, KeyboardInterrupt):
            _send_later(signal.SIGINT)
        else:
            report(ignored)

    sys.unraisablehook = repeat


def _send_later(number: int) -> None:
    """Sends a signal to the main thread from another one: from this one it would arrive within the hook."""
    main = threading.main_thread().ident
    send = (
        partial(signal.pthread_kill, main, number)
        if hasattr(signal, "pthread_kill") and main is not None
        else partial(signal.raise_signal, number)
    )
    timer = threading.Timer(_SECONDS_UNTIL_REPEATED, send)
    timer.daemon = True
    timer.start()
