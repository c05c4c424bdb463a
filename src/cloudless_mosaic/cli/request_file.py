"""Options of a command in a file: ``--request run.toml``, and ``plan --save run.toml`` writes one.

Keys are the names of the options without the dashes before them. What the command line says, wins.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from cloudless_mosaic.cli.paths import LocalPath
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.redaction import redact

_PRIVATE = frozenset({"headers"})
"""Parameters with secrets, which are never written to a file."""

_NOT_OF_A_REQUEST = frozenset({"help", "request_file", "save", "verbose", "quiet", "as_json", "log_json"})
"""Parameters that say how a command is run, not what is made."""


def _take(context: click.Context, _option: click.Parameter, path: Path | None) -> None:
    """Makes the values of a file the defaults of the command."""
    if path is not None:
        context.default_map = dict(_defaults(path, dict(_options(context.command))))


REQUEST = click.option(
    "--request",
    "request_file",
    type=LocalPath(),
    default=None,
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=_take,
    help="Options in a TOML file, for example resolution = 20; the command line wins.",
)
SAVE = click.option(
    "--save",
    type=LocalPath(),
    default=None,
    metavar="FILE",
    help="Write the options to a file for --request, without headers.",
)


def save_request(path: Path) -> None:
    """Writes the options of the current command that differ from the defaults.

    Args:
        path: File to write.

    Raises:
        UsageError: if an option may hold credentials, or the file can't be written.
    """
    context = click.get_current_context()
    lines = []
    for key, option in _options(context.command):
        name = str(option.name)
        if context.get_parameter_source(name) in {ParameterSource.DEFAULT, None} or name in _PRIVATE:
            continue
        value = context.params[name]
        if redact(str(value)) != str(value):
            raise UsageError(f"`{name}` may hold credentials, which `save` doesn't write; leave them out")
        lines.append(f"{key} = {_toml(value)}\n")
    try:
        path.write_text("".join(lines), "utf-8")
    except OSError as error:
        raise UsageError(f"`save` {path} can't be written ({error.strerror}); give another place") from None


def _options(command: click.Command) -> Iterator[tuple[str, click.Option]]:
    """The options that a file may hold, by their keys."""
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name not in _NOT_OF_A_REQUEST:
            yield max(parameter.opts, key=len).lstrip("-"), parameter


def _defaults(path: Path, options: Mapping[str, click.Option]) -> Iterator[tuple[str, object]]:
    for key, value in _read(path).items():
        option = options.get(key.replace("_", "-"))
        if option is None:
            close = get_close_matches(key.replace("_", "-"), options, 1)
            meant = f", did you mean {close[0]}?" if close else "; see --help"
            raise UsageError(f"`request_file` {path} has {key!r}, which is no option of this command{meant}")
        yield str(option.name), _value(path, key, value, option)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(f"`request_file` {path} can't be read ({reason}); give a TOML file") from None
    except ValueError as error:
        reason = " ".join(str(error).split())[:100]
        raise UsageError(
            f"`request_file` {path} isn't TOML ({reason}); for example resolution = 20"
        ) from None


def _value(path: Path, key: str, value: object, option: click.Option) -> object:
    """A value of TOML as click takes it."""
    if option.is_flag:
        if isinstance(value, bool):
            return value
        raise UsageError(f"`request_file` {path} has {key} = {_toml(value)}, which must be true or false")
    if isinstance(value, bool):
        raise UsageError(f"`request_file` {path} has {key} = {_toml(value)}, which takes a value; give one")
    if not option.multiple:
        # of numbers, as of --aoi
        return ",".join(map(str, value)) if isinstance(value, list) else _text(value)
    if isinstance(value, dict):
        return [f"{name}={_text(one)}" for name, one in value.items()]
    return [_text(one) for one in (value if isinstance(value, list) else [value])]


def _text(value: object) -> str:
    """As one would type it."""
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    # strings of JSON are strings of TOML, but for one character
    return re.sub("\x7f", r"\\u007f", json.dumps(str(value), ensure_ascii=False))
