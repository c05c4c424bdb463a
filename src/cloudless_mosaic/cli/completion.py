"""``completion``: makes a shell complete commands, options and their values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS), metavar="SHELL")
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Prints what bash, zsh or fish need to complete this command.

    For bash: cloudless-mosaic completion bash >> ~/.bashrc
    """
    program = ctx.find_root().command
    name = program.name or ""
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for {shell}")
    variable = f"_{name.replace('-', '_').upper()}_COMPLETE"
    click.echo(found(program, {}, name, variable).source())
