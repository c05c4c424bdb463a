"""A mask: the steps by which observations are found to be clear."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cloudless_mosaic.masks.class_step import ClassStep
from cloudless_mosaic.masks.dates import DateTest
from cloudless_mosaic.masks.levels import Bools, UInt8s
from cloudless_mosaic.masks.network import Network


@dataclass(frozen=True, slots=True)
class Mask:
    """Steps that say which observations are clear; what no step takes out is. Small to pickle."""

    name: str
    """Name in ``--mask`` and in the provenance."""
    title: str
    """What the mask does, in a few words."""
    classes: ClassStep | None = None
    """What the scene classification says of each scene; ``None`` where it isn't read."""
    dates: DateTest | None = None
    """How the observations of a pixel are compared; ``None`` where they aren't."""
    network: Network | None = None
    """What finds more clouds and shadows than the scene classification; ``None`` where nothing does."""
    cloud_probability: float = 0.0
    """Percent of cloud probability from which on a pixel is cloud, too; 0 where it isn't read."""

    @property
    def reads_classes(self) -> bool:
        """True where the mask reads the scene classification."""
        return self.classes is not None

    @property
    def has_clouds(self) -> bool:
        """True where the mask knows clouds, which pixels may be far from or near to."""
        return self.classes is not None and bool(self.classes.spreading)

    @property
    def resolution(self) -> float:
        """Metres of the pixels that the mask of a scene is made of; infinite where it reads nothing."""
        return math.inf if self.classes is None else 20.0

    @property
    def guides(self) -> tuple[str, ...]:
        """Sentinel-2 names of the bands that are read for every pixel, whatever bands are asked for."""
        return () if self.dates is None else self.dates.guides

    @property
    def network_bands(self) -> tuple[str, ...]:
        """Sentinel-2 names of the bands that the network looks at."""
        return () if self.network is None else self.network.bands

    @property
    def looks_at(self) -> frozenset[str]:
        """Sentinel-2 names of all bands that the mask looks at."""
        return frozenset(self.guides) | frozenset(self.network_bands)

    @property
    def description(self) -> str:
        """Which observations are clear, step by step, in full sentences for the provenance."""
        order = (self.classes, self.network, self.dates)
        steps = [step.description for step in order if step is not None]
        if self.cloud_probability:
            probable = f"at least {self.cloud_probability:g} % count as class 9."
            steps.insert(1, f"Pixels whose cloud probability (MSK_CLDPRB) is {probable}")
        return " ".join(steps) or "No cloud mask: every pixel that has data counts as clear."

    def margin(self, resolution: float) -> int:
        """Pixels that have to be read around a window for its mask to be right.

        Args:
            resolution: Edge of a pixel of the scene classification, metres.
        """
        return 0 if self.classes is None else self.classes.margin(resolution)

    def clear(self, codes: UInt8s, resolution: float) -> Bools:
        """True where a pixel of one scene is clear or doubtful.

        Args:
            codes: Class codes, shape (rows, columns); the result is right `margin` away from its edges.
            resolution: Edge of a pixel, metres.
        """
        if self.classes is None:
            return np.ones(codes.shape, np.bool_)
        return self.classes.clear_pixels(codes, resolution)

    def cloud_distances(self, codes: UInt8s, resolution: float, reach: float) -> UInt8s | None:
        """Distances to clouds and shadows of one scene, from 0 to 255; ``None`` where the mask knows none.

        Args:
            codes: See `clear`.
            resolution: See `clear`.
            reach: Metres that are 255, as all that is farther; right so far away from the edges.
        """
        return None if self.classes is None else self.classes.cloud_distances(codes, resolution, reach)

    def levels(self, codes: UInt8s, resolution: float) -> UInt8s | None:
        """Levels of the pixels of one scene, for the test over the dates; ``None`` where there is none.

        Args:
            codes: See `clear`.
            resolution: See `clear`.
        """
        if self.classes is None or self.dates is None:
            return None
        return self.classes.levels(codes, resolution)
