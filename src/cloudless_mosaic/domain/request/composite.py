"""How the observations of a pixel become one value."""

from __future__ import annotations

from dataclasses import dataclass, field

from cloudless_mosaic.domain.request.fields import decides_pixels
from cloudless_mosaic.domain.request.part import RequestPart
from cloudless_mosaic.reducers import Reducer, parse_reducer


@dataclass(frozen=True, kw_only=True)
class CompositeOptions(RequestPart):
    """Compositing.

    Raises:
        UsageError: if there is no such reducer.
    """

    reducer: str = field(default="median", metadata=decides_pixels(omit_default=True))
    """Name of a reducer, with its parameter after a colon: makes one value of the clear observations."""
    exact: bool = field(default=False, metadata=decides_pixels())
    """Read native pixels even where an overview is fine enough."""

    def __post_init__(self) -> None:
        super().__post_init__()
        # one text for one reducer in provenance and fingerprint, however it was written
        object.__setattr__(self, "reducer", str(self.reduction))

    @property
    def reduction(self) -> Reducer:
        """Makes one value of the clear observations of a pixel."""
        return parse_reducer(self.reducer)
