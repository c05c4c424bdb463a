"""What the stages of a run need to know of a request, whichever program it is of."""

from __future__ import annotations

from typing import Protocol

from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.domain.request.fields import Request
from cloudless_mosaic.layers import Layer
from cloudless_mosaic.masks import Mask
from cloudless_mosaic.net.headers import Header
from cloudless_mosaic.reducers import Reducer


class SceneRequest(Protocol):
    """What reading a STAC item takes."""

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands that a scene needs to have."""
        ...

    @property
    def cloud_mask(self) -> Mask:
        """Whether a scene needs to have a scene classification."""
        ...

    @property
    def profile(self) -> ProviderProfile | None:
        """See ``ReadingOptions``."""
        ...

    @property
    def headers(self) -> tuple[Header, ...]:
        """See ``ReadingOptions``."""
        ...

    @property
    def boa_offset(self) -> int | None:
        """See ``ReadingOptions``."""
        ...


class CompositeRequest(Request, Protocol):
    """What planning and making composites takes."""

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands in the order of the composite."""
        ...

    @property
    def profile(self) -> ProviderProfile | None:
        """See ``ReadingOptions``."""
        ...

    @property
    def resolution(self) -> float:
        """Edge of an output pixel, in units of the output CRS."""
        ...

    @property
    def cloud_mask(self) -> Mask:
        """See ``MaskOptions``."""
        ...

    @property
    def reduction(self) -> Reducer:
        """See ``CompositeOptions``."""
        ...

    @property
    def all_layers(self) -> tuple[Layer, ...]:
        """See ``CompositeOptions``."""
        ...

    @property
    def exact(self) -> bool:
        """See ``CompositeOptions``."""
        ...
