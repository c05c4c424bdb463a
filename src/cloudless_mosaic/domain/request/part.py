"""The base of the parts that requests are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RequestPart:
    """Options of one kind. A request inherits the parts it needs, so its fields stay flat.

    Parts have no slots, which classes of several bases can't have. A part checks its values in
    ``__post_init__``, after that of ``super()``, so that errors come in the order of the fields.
    """

    def __post_init__(self) -> None:
        """Checks nothing; the end of the chain."""
