"""What every program of the package does around its commands: the screen, messages and exit codes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from cloudless_mosaic.cli.ending import log_error, write_termination
from cloudless_mosaic.cli.field_options import option_names
from cloudless_mosaic.cli.process import (
    Terminated,
    end_process,
    limit_matrix_threads,
    raise_file_limit,
    raise_on_signals,
)
from cloudless_mosaic.cli.streams import StandardOutput
from cloudless_mosaic.errors import CloudlessMosaicError
from cloudless_mosaic.geo.data_folders import ignore_foreign_data

if TYPE_CHECKING:
    from cloudless_mosaic.screen import Screen

_TRACEBACK = "CLOUDLESS_MOSAIC_TRACEBACK"
"""Environment variable for developers; a traceback may hold addresses with credentials."""

_OUTPUT = StandardOutput()

GOES_ON = "the same command goes on from what is done"
"""What the user can do after a run of mosaics was ended."""


def open_screen(
    *, verbose: bool, quiet: bool, as_json: bool, log_of: str = "", is_log: bool = True
) -> Screen:
    """The screen that the options ask for.

    Args:
        verbose: True for every scene that is left out.
        quiet: True for errors only.
        as_json: True for JSON lines, which a machine needs whole.
        log_of: Id of the run whose events go to standard error; empty for no log.
        is_log: False for a command whose result is what it prints.
    """
    set_output_is_log(is_log=is_log and not as_json)
    from cloudless_mosaic.screen import make_screen  # noqa: PLC0415 - keeps --help quick

    return make_screen(verbose=verbose, quiet=quiet, as_json=as_json, log_of=log_of)


def set_output_is_log(*, is_log: bool) -> None:
    """Says whether a standard output that can't be written is a fault: a log of finished work is none."""
    _OUTPUT.is_log = is_log


class RunByDefault(click.Group):
    """A group that runs its command ``run`` when no subcommand is named, as the published programs do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts ``run`` in front of options; any other first word is a command."""
        if not args and not ctx.resilient_parsing:
            raise click.exceptions.NoArgsIsHelpError(ctx)
        if args and args[0].startswith("-") and args[0] not in {"--help", "-h", "--version"}:
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names of commands, and the options of ``run``."""
        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            found += self.commands["run"].shell_complete(ctx, incomplete)
        return list({item.value: item for item in found}.values())

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
    limit_matrix_threads()
    ignore_foreign_data()
    raise_on_signals()
    raise_file_limit()
    _OUTPUT.install()
    try:
        command.main(prog_name=command.name, standalone_mode=False)
    except click.exceptions.Abort:
        _fail(f"interrupted; {after_end}", 130)
    except Terminated as error:
        _fail(f"terminated; {after_end}", 128 + error.signal)
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
        _fail_at_limit(error, command)
        if os.environ.get(_TRACEBACK):
            raise
        _fail(f"a bug, please report it: {type(error).__name__} {error}; {_TRACEBACK}=1 shows where", 1)
    if reason := _OUTPUT.lost:
        _fail(f"standard output can't be written: {reason}; free space, and run the command again", 75)
    end_process()


def _fail_at_limit(error: Exception, command: click.Command) -> None:
    """Exits where an error that nothing has handled is due to a limit of this process."""
    from cloudless_mosaic.net.own_limits import own_limit  # noqa: PLC0415 - keeps --help quick

    if limit := own_limit(error):
        _fail(limit.naming(option_names(command)), limit.exit_code)


def _fail(message: str, exit_code: int) -> None:
    from cloudless_mosaic.net.redaction import redact  # noqa: PLC0415 - keeps --help quick

    line = redact(" ".join(message.split()))
    if not log_error(line, exit_code):
        click.echo(f"error: {line}", err=True)
    write_termination(line, exit_code)
    sys.exit(exit_code)
