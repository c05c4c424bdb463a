"""The masks by name. A new one is a module beside this one, a line here and a test."""

from __future__ import annotations

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks.none import NoMask
from cloudless_mosaic.masks.protocol import Mask, MaskOptions
from cloudless_mosaic.masks.scl import SclMask

MASKS: dict[str, type[Mask]] = {
    SclMask.name: SclMask,
    NoMask.name: NoMask,
}


def make_mask(name: str, options: MaskOptions) -> Mask:
    """The mask of a name, with the options of a request.

    Raises:
        UsageError: if there is none of that name.
    """
    if name not in MASKS:
        raise UsageError(f"mask {name!r} is unknown; choose one of {', '.join(MASKS)}")
    return MASKS[name].of(options)
