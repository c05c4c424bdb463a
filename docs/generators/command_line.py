"""The reference of the command line, from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cloudless_mosaic.cli import burned, mosaics

_HEAD = """# Command line

Written from the programs; `--help` after a command shows the same. Without a command, mosaics are made, or
two scenes are compared. What `--json` writes is in [JSON lines](json-lines.md), how a run can end in
[Exit codes](exit-codes.md).

"""


def command_line_page() -> str:
    """The page, in Markdown."""
    return _HEAD + "\n".join(line for program in (mosaics.cli, burned.cli) for line in _program(program))


def _program(program: click.Group) -> Iterator[str]:
    """What a program does without a command, then its commands."""
    run, path = program.commands["run"], program.name or ""
    yield from _section(run, path)
    for name in sorted(set(program.commands) - {"run"}):
        yield from _sections(program.commands[name], f"{path} {name}", known=run)


def _sections(command: click.Command, path: str, known: click.Command) -> Iterator[str]:
    """A command, or the commands of a group."""
    if isinstance(command, click.Group):
        yield f"## {path}\n\n{_help(command)}\n"
        for name in sorted(command.commands):
            yield from _sections(command.commands[name], f"{path} {name}", known)
    else:
        yield from _section(command, path, known)


def _section(command: click.Command, path: str, known: click.Command | None = None) -> Iterator[str]:
    """A heading, what the command does, and its options; those of ``known`` are not repeated in full."""
    level = "###" if path.count(" ") > 1 else "##"
    yield f"{level} {path}\n\n{_help(command)}\n"
    context = click.Context(command, info_name=path)
    yield f"```text\n{path} {' '.join(command.collect_usage_pieces(context))}\n```\n"
    records = _records(command)
    shared = [record for record in _records(known) if record in records] if known else []
    if known and 2 * len(shared) > len(_records(known)):
        but = [f"`{option}`" for option, _ in _records(known) if option not in dict(shared)]
        records = [record for record in records if record not in shared]
        program = path.partition(" ")[0]
        which = f"the options of `{program}` but {', '.join(but)}" if but else f"all options of `{program}`"
        yield f"Takes {which}" + (", and these:\n" if records else ".\n")
    if records:
        yield "| option | meaning |\n|---|---|"
        yield from (f"| `{option}` | {_cell(text)} |" for option, text in records)
        yield ""


def _records(command: click.Command) -> list[tuple[str, str]]:
    """Options with their texts, as ``--help`` shows them; arguments have none."""
    context = click.Context(command)
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    return [record for record in records if record and record[1] and "--help" not in record[0]]


def _help(command: click.Command) -> str:
    return " ".join((command.help or "").split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("  [", "<br>[")
