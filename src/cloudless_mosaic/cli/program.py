"""What all programs of the package share: loading, signals and exit codes."""

from __future__ import annotations

import atexit
import gc
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

from cloudless_mosaic.cli.field_options import option_names
from cloudless_mosaic.errors import CloudlessMosaicError

if TYPE_CHECKING:
    from cloudless_mosaic.screen import Screen

_TRACEBACK = "CLOUDLESS_MOSAIC_TRACEBACK"
"""Environment variable for developers; a traceback may hold addresses with credentials."""

_ARENA_MAX = -8
"""``M_ARENA_MAX`` of ``mallopt(3)``."""

_POOLS = 2

GOES_ON = "the same command goes on from what is done"
"""What the user can do after a run of mosaics was ended."""


def open_screen(*, verbose: bool, quiet: bool, as_json: bool) -> Screen:
    """The screen that the options ask for."""
    from cloudless_mosaic.screen import make_screen  # noqa: PLC0415 - keeps --help quick

    return make_screen(verbose=verbose, quiet=quiet, as_json=as_json)


def share_pools() -> None:
    """Lets the threads of this process share pools of memory; before there are any.

    By default the C library gives each thread a pool of its own, whose freed arrays other threads can't use:
    a fifth of the memory of a run.
    """
    import ctypes  # noqa: PLC0415 - keeps --help quick; numpy loads it anyway

    # other C libraries than glibc have no such pools
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(_ARENA_MAX, _POOLS)


@contextmanager
def loading() -> Iterator[None]:
    """Loads modules without garbage collection.

    They are hundreds of thousands of objects that stay. Neither collecting meanwhile nor scanning them later
    saves a tenth of a short run.
    """
    share_pools()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class _Terminated(BaseException):
    """SIGTERM was received. Not an ``Exception``, so that no handler on the way takes it for its own."""


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """Unwinds, so that files and clusters of this run do not outlive it."""
    raise _Terminated


class RunByDefault(click.Group):
    """A group that runs its command ``run`` when no subcommand is named, as the published programs do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts ``run`` in front of options; any other first word is a command."""
        if not args or (args[0].startswith("-") and args[0] not in {"--help", "-h", "--version"}):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Shows the options of ``run`` as those of the command itself."""
        self.commands["run"].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


def run_program(command: click.Command, after_end: str = GOES_ON) -> None:
    """Runs a command line and exits with the code of whatever went wrong.

    Args:
        command: The command line.
        after_end: What the user can do after the run was interrupted or terminated.
    """
    # nothing here multiplies matrices, and the threads that would wait for it do so at full speed
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, _terminate)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a table that is cut ends in an ellipsis, which not every terminal or log can take
        sys.stdout.reconfigure(errors="replace")
    try:
        command.main(prog_name=command.name, standalone_mode=False)
    except click.exceptions.Abort:
        _fail(f"interrupted; {after_end}", 130)
    except _Terminated:
        _fail(f"terminated; {after_end}", 143)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        asked = context.command_path.removesuffix(" run") if context else command.name
        _fail(f"{error.format_message().rstrip('.')}; see {asked} --help", error.exit_code)
    except CloudlessMosaicError as error:
        _fail(error.naming(option_names(command)), error.exit_code)
    except MemoryError:
        _fail("out of memory; use fewer --workers or a smaller AOI", 75)
    except Exception as error:
        if os.environ.get(_TRACEBACK):
            raise
        _fail(f"a bug, please report it: {type(error).__name__} {error}; {_TRACEBACK}=1 shows where", 1)
    _leave()


def _leave() -> None:
    """Ends the process here, once output is written and exit handlers have run.

    The interpreter would go on to give its memory back piece by piece, for a tenth of the time of a short
    run; the system takes it all in one.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no other way to it that also ends here
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return  # the reader has closed its end; the interpreter reports it
    os._exit(0)


def _fail(message: str, exit_code: int) -> None:
    from cloudless_mosaic.net.redaction import redact  # noqa: PLC0415 - keeps --help quick

    click.echo(f"error: {redact(' '.join(message.split()))}", err=True)
    sys.exit(exit_code)
