"""The base of the parts that requests are made of."""

from __future__ import annotations

from dataclasses import dataclass, fields

from cloudless_mosaic.domain.request.types import fitted


@dataclass(frozen=True, kw_only=True)
class RequestPart:
    """Options of one kind. A request inherits the parts it needs, so its fields stay flat.

    Parts have no slots, which classes of several bases can't have. A part checks its values in
    ``__post_init__``, after that of ``super()``, so that errors come in the order of the fields.
    """

    def __post_init__(self) -> None:
        """Checks types first; the end of the chain.

        Raises:
            UsageError: if a value is of another type than its field; the message names the field.
        """
        for field in fields(self):
            value = getattr(self, field.name)
            found = fitted(type(self), field.name, value)
            if found is not value:
                object.__setattr__(self, field.name, found)
