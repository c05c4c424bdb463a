"""Types of the fields of a request: values of related types are converted, others are refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.redaction import redact

_WORDS: Mapping[object, str] = {
    str: "text",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    Path: "a path",
    date: "a date",
    NoneType: "None",
}
_MANY: Mapping[object, str] = {str: "texts", int: "whole numbers"}


class _Misfit:
    """No value: what was given is of another type."""


_MISFIT = _Misfit()
_KNOWN: dict[type[Any], dict[str, Any]] = {}
"""Types of the fields of classes that were asked for."""


def fitted(kind: type[Any], name: str, value: object) -> object:
    """The value of a field in the type that it is declared with.

    Lists become tuples, mappings tuples of pairs, numbers of NumPy those of Python, and texts paths where
    the field is one.

    Args:
        kind: Class of the request.
        name: Its field.
        value: What was given.

    Raises:
        UsageError: if it is of another type; the message names the field.
    """
    hint = _hints(kind)[name]
    found = _fit(value, hint)
    if isinstance(found, _Misfit):
        secret = not kind.__dataclass_fields__[name].repr
        shown = "a value" if secret else " ".join(redact(repr(value)).split())[:60]
        of_type = "" if isinstance(value, str) and _is_choice(hint) else f" of type {type(value).__name__}"
        raise UsageError(f"`{name}` must be {_words(hint)}, got {shown}{of_type}")
    return found


def _is_choice(hint: Any) -> bool:  # noqa: ANN401 - as typing has them
    """True for a field that takes certain texts only."""
    hints = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    return any(get_origin(one) is Literal for one in hints)


def _hints(kind: type[Any]) -> dict[str, Any]:
    if kind not in _KNOWN:
        _KNOWN[kind] = get_type_hints(kind)
    return _KNOWN[kind]


def _fit(value: object, hint: Any) -> object:  # noqa: ANN401 - as typing has them
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        fits = (_fit(value, argument) for argument in arguments)
        return next((fit for fit in fits if not isinstance(fit, _Misfit)), _MISFIT)
    if origin is Literal:
        return value if isinstance(value, str) and value in arguments else _MISFIT
    if origin is tuple:
        return _fit_all(value, arguments)
    return _fit_plain(value, hint) if isinstance(hint, type) else value


def _fit_all(value: object, hints: tuple[Any, ...]) -> object:
    if isinstance(value, Mapping) and get_origin(hints[0]) is tuple:
        value = tuple(value.items())
    if not isinstance(value, list | tuple):
        return _MISFIT
    if hints[-1] is Ellipsis:
        hints = (hints[0],) * len(value)
    if len(hints) != len(value):
        return _MISFIT
    fits = tuple(_fit(one, hint) for one, hint in zip(value, hints, strict=True))
    return _MISFIT if any(isinstance(fit, _Misfit) for fit in fits) else fits


def _fit_plain(value: object, kind: type[Any]) -> object:
    if kind is Path:
        return Path(value) if isinstance(value, str | PathLike) else _MISFIT
    if kind is bool and type(value).__name__ in {"bool", "bool_"}:
        return bool(value)
    if kind in {int, float} and not isinstance(value, bool):
        # an int stays one where a number is wanted, so that records of requests don't change
        if isinstance(value, Integral):
            return int(value)
        fits = kind is float and isinstance(value, Real)
        return float(value) if fits and isinstance(value, Real) else _MISFIT
    wrong = isinstance(value, bool) and kind is not bool
    wrong |= kind is date and isinstance(value, datetime)
    return value if isinstance(value, kind) and not wrong else _MISFIT


def _words(hint: Any) -> str:  # noqa: ANN401 - as typing has them
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return " or ".join(dict.fromkeys(map(_words, arguments)))
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin is tuple:
        return f"a list of {_MANY[arguments[0]]}" if arguments[0] in _MANY else "a mapping of texts"
    return _WORDS.get(hint, f"of type {hint.__name__}" if isinstance(hint, type) else str(hint))
