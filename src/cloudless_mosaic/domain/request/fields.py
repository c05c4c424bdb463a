"""What a field of a request decides, and how it is written into provenance and fingerprint.

Each field of a request carries its declaration in the metadata of the dataclass field. The record of a run is
made from these declarations, so a field can't be forgotten in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, ClassVar, Literal, Protocol

Decides = Literal["pixels", "place", "neither"]
"""``pixels``: values of pixels, or which pixels there are. ``place``: only the file and the bytes that hold
them. ``neither``: how the work is done, where its output goes, or when it fails."""

_KEY = "decides"


class Request(Protocol):
    """Any request: a dataclass whose fields carry declarations."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


def _unchanged(value: object) -> object:
    return value


def _always(_request: object) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What one field decides, and how it is written."""

    decides: Decides
    """What changes in the output when the field changes."""
    name: str | None = None
    """Name in the record; ``None`` is the name of the field."""
    written: Callable[[Any], object] = _unchanged
    """Makes a JSON value of the field's value; a field whose JSON value is ``None`` is not written."""
    when: Callable[[Any], bool] = _always
    """Whether the field has an effect in a given request; without effect it is not written."""
    completed: Callable[[Any], object] | None = None
    """Makes the JSON value of a request, in place of ``written``: where a field leaves something to the
    others."""
    omit_default: bool = False
    """Write the field only where it differs from its default. For fields added later, so that the records of
    earlier versions stay valid."""


def decides_pixels(
    *,
    name: str | None = None,
    written: Callable[[Any], object] = _unchanged,
    when: Callable[[Any], bool] = _always,
    completed: Callable[[Any], object] | None = None,
    omit_default: bool = False,
) -> Mapping[str, Declaration]:
    """Metadata of a field that decides pixels.

    Args:
        name: See ``Declaration``.
        written: See ``Declaration``.
        when: See ``Declaration``.
        completed: See ``Declaration``.
        omit_default: See ``Declaration``.
    """
    declared = Declaration(
        decides="pixels",
        name=name,
        written=written,
        when=when,
        completed=completed,
        omit_default=omit_default,
    )
    return {_KEY: declared}


def decides_place(
    *, written: Callable[[Any], object] = _unchanged, omit_default: bool = False
) -> Mapping[str, Declaration]:
    """Metadata of a field that decides only the file and the bytes that hold a pixel.

    Args:
        written: See ``Declaration``.
        omit_default: See ``Declaration``.
    """
    return {_KEY: Declaration(decides="place", written=written, omit_default=omit_default)}


def decides_neither() -> Mapping[str, Declaration]:
    """Metadata of a field that decides neither pixels nor their place; it is never written."""
    return {_KEY: Declaration(decides="neither")}


def declaration_of(request: Request | type[Request], name: str) -> Declaration:
    """The declaration of a field of a request.

    Raises:
        TypeError: if the field has none.
    """
    declared = request.__dataclass_fields__[name].metadata.get(_KEY)
    if not isinstance(declared, Declaration):
        raise TypeError(
            f"the field {name} does not declare whether it decides pixels, their place or neither"
        )
    return declared


def declared_like(request: type[Request], name: str) -> Mapping[str, Declaration]:
    """Metadata for a field that overrides the default of an inherited one."""
    return {_KEY: declaration_of(request, name)}


def written_fields(request: Request) -> dict[str, Any]:
    """The fields that decide pixels or their place, as JSON values by name, in the order of the fields.

    The same for provenance and fingerprint. Credentials and paths of this computer are not in it.

    Raises:
        TypeError: if a field has no declaration.
    """
    record = {}
    for field in fields(request):
        declared, value = declaration_of(request, field.name), getattr(request, field.name)
        if declared.decides == "neither" or not declared.when(request):
            continue
        if declared.omit_default and value == _default(field):
            continue
        completed = declared.completed
        written = completed(request) if completed else declared.written(value)
        if written is not None:
            record[declared.name or field.name] = written
    return record


def omitted_defaults(request: Request | type[Request]) -> dict[str, Any]:
    """JSON values of the defaults that ``written_fields`` leaves out, by name."""
    omitted = {}
    for field in fields(request):
        declared = declaration_of(request, field.name)
        if declared.omit_default:
            omitted[declared.name or field.name] = declared.written(_default(field))
    return omitted


def _default(field: Field[Any]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()
