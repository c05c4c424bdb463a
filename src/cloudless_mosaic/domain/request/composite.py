"""How the observations of a pixel become one value."""

from __future__ import annotations

from dataclasses import dataclass, field

from cloudless_mosaic.domain.fills import NONE, Fill, parse_fills
from cloudless_mosaic.domain.request.fields import decides_pixels
from cloudless_mosaic.domain.request.part import RequestPart
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.indices import SpectralIndex, find_index
from cloudless_mosaic.layers import IndexLayer, IndexOf, Layer, parse_layers
from cloudless_mosaic.layers.single import FLAGS
from cloudless_mosaic.reducers import Reducer, parse_reducer


def _formulas(names: tuple[str, ...]) -> dict[str, str]:
    """With their formulas, which may differ between releases of spyndex."""
    return {name: find_index(name).text for name in names}


@dataclass(frozen=True, kw_only=True)
class CompositeOptions(RequestPart):
    """Compositing.

    Raises:
        UsageError: if there is no such reducer, layer or index, or they don't go together.
    """

    reducer: str = field(default="median", metadata=decides_pixels(omit_default=True))
    """Name of a reducer, with its parameter after a colon: makes one value of the clear observations."""
    layers: tuple[str, ...] = field(default=(), metadata=decides_pixels(written=list, omit_default=True))
    """Names of layers to write beside the mosaic and its count; each is a file of pixels of its own."""
    indices: tuple[str, ...] = field(
        default=(), metadata=decides_pixels(written=_formulas, omit_default=True)
    )
    """Names of spectral indices to write beside the mosaic, each a file of float32 of its own."""
    index_of: IndexOf = field(default="composite", metadata=decides_pixels(omit_default=True))
    """Indices of the composite, or of the dates and then reduced like the bands."""
    fill: str = field(default=NONE, metadata=decides_pixels(omit_default=True))
    """Ways to fill pixels that are nowhere clear in their period, in order, as ``window:15,neighbours:2``."""
    exact: bool = field(default=False, metadata=decides_pixels())
    """Read native pixels even where an overview is fine enough."""

    def __post_init__(self) -> None:
        super().__post_init__()
        # one text for one reducer in provenance and fingerprint, however it was written
        object.__setattr__(self, "reducer", str(self.reduction))
        fills = ",".join(map(str, self.fills))
        object.__setattr__(self, "fill", fills or NONE)
        # filled pixels can be told from others by the flags
        layers = parse_layers((*self.layers, FLAGS.name) if fills else self.layers)
        object.__setattr__(self, "layers", tuple(layer.name for layer in layers))
        for layer in layers:
            layer.check(self.reduction)
        object.__setattr__(self, "indices", tuple(index.name for index in self.spectral_indices))
        if len({name.lower() for name in self.indices}) < len(self.indices):
            raise UsageError(
                f"`indices` {', '.join(self.indices)} are not all different, or only in capitals, as files "
                "may not be; name each once"
            )
        _ = self.all_layers

    @property
    def fills(self) -> tuple[Fill, ...]:
        """The ways to fill pixels, in order."""
        return parse_fills(self.fill)

    @property
    def reduction(self) -> Reducer:
        """Makes one value of the clear observations of a pixel."""
        return parse_reducer(self.reducer)

    @property
    def spectral_indices(self) -> tuple[SpectralIndex, ...]:
        """The indices, in the order in which they are asked for."""
        return tuple(find_index(name) for name in self.indices)

    @property
    def all_layers(self) -> tuple[Layer, ...]:
        """What is written beside a mosaic and its count: the layers, then the indices."""
        indices = (IndexLayer.of(one, self.index_of, self.reduction) for one in self.spectral_indices)
        return *parse_layers(self.layers), *indices
