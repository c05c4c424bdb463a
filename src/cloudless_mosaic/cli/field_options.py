"""The options of a program, by the names that errors have for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click

from cloudless_mosaic.errors import option_of


def option_names(program: click.Command) -> Callable[[str], str]:
    """Names the option of a field, for ``CloudlessMosaicError.naming``.

    Errors name fields of requests, which are the names of the parameters of commands. A message may advise an
    option of another command or program; that goes by the rule of click, dashes for underscores.

    Args:
        program: A command, or a group with all of its commands.
    """
    options = {
        parameter.name: max(parameter.opts, key=len)
        for command in _commands(program)
        for parameter in command.params
        if isinstance(parameter, click.Option)
    }
    arguments = {
        str(parameter.name): str(parameter.metavar).strip("[].")
        for command in _commands(program)
        for parameter in command.params
        if isinstance(parameter, click.Argument) and parameter.metavar
    }
    return lambda field: options.get(field) or arguments.get(field) or option_of(field)


def _commands(program: click.Command) -> Iterator[click.Command]:
    yield program
    if isinstance(program, click.Group):
        for command in program.commands.values():
            yield from _commands(command)
