"""Weather that a scene classification gets wrong, added to the rasters of a product.

Each kind is made of the same noise as the sky, with a seed of its own, so that it is a function of world
position and overpass too. Spectra are those over black ground; typical values, not of one event.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.synthetic.acquisitions import Acquisition, Disturbance, Sky
from cloudless_mosaic.synthetic.ground import Ground
from cloudless_mosaic.synthetic.landcover import SHALLOWS
from cloudless_mosaic.synthetic.native import lib
from cloudless_mosaic.synthetic.products import SCL
from cloudless_mosaic.synthetic.rasters import Pixels
from cloudless_mosaic.synthetic.seeds import derive_seed
from cloudless_mosaic.synthetic.sensor import classify
from cloudless_mosaic.synthetic.surface import Season
from cloudless_mosaic.synthetic.weather import DENSEST, OPAQUE, Weather, make_weather

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Veil:
    """What lies over the land."""

    layer: str
    """Layer of the sky that gives its shape."""
    share: float
    """Share of the plane that it covers."""
    light: Mapping[str, float]
    """Digital numbers that it adds per band at its densest."""
    blocked: float
    """Share of the ground's light that it blocks there."""


_VEILS = {
    "haze": _Veil("haze", 0.5, {"B02": 1000, "B03": 820, "B04": 680, "B08": 420}, 0.35),
    "smoke": _Veil("cirrus", 0.4, {"B02": 1400, "B03": 1000, "B04": 650, "B08": 100}, 0.45),
    "glint": _Veil("haze", 0.7, {"B02": 1200, "B03": 1200, "B04": 1200, "B08": 1200}, 0.0),
    "snow": _Veil("haze", 0.4, {"B02": 8000, "B03": 8000, "B04": 8000, "B08": 7300}, 1.0),
}
"""By kind of disturbance."""

_VISIBLE = 0.05
"""Density from which the land doesn't show."""

_KNOWN_EDGE = 4
"""Thickness of the thinnest cloud that the classification knows where it misses the edges."""

_ROOFS_TAKEN = 205
"""Of 256 patches of bright roofs, those that are classified as cloud."""


@dataclass(frozen=True, slots=True)
class View:
    """What an acquisition sees."""

    seed: int
    """Of the archive."""
    acquisition: Acquisition
    """The acquisition."""
    ground: Ground
    """The land, 10 m."""
    weather: Weather
    """The sky, 20 m."""
    grid: SourceGrid
    """Grid of the sky."""


def density(view: View, disturbance: Disturbance, pool: Executor) -> Floats:
    """How dense a disturbance is, shape (rows, columns) at 20 m; 0 for kinds that only change classes."""
    veil = _VEILS.get(disturbance.kind)
    if veil is None:
        return np.zeros(view.grid.shape, np.float32)
    sky = Sky(**{veil.layer: veil.share})
    seed = derive_seed(view.seed, "disturbance", disturbance.kind)
    found = make_weather(seed, replace(view.acquisition, sky=sky), view.grid, pool)
    dense = getattr(found, veil.layer).astype(np.float32) / DENSEST
    if disturbance.kind == "glint":
        dense *= (view.ground.cover <= SHALLOWS)[::2, ::2]
    if disturbance.kind == "snow":
        dense = (dense > 0.2).astype(np.float32) * (view.weather.cloud == 0)
    return np.asarray(disturbance.strength * dense, np.float32)


def hidden(view: View, disturbance: Disturbance, pool: Executor) -> Bools:
    """Where a disturbance hides the land, shape (rows, columns) at 20 m."""
    return np.asarray(density(view, disturbance, pool) > _VISIBLE)


def disturb(
    rasters: Mapping[str, Pixels], view: View, disturbance: Disturbance, offset: int, pool: Executor
) -> dict[str, Pixels]:
    """The rasters of a product with a disturbance.

    Args:
        rasters: By name: bands of 10 m, and ``SCL``.
        view: What the acquisition sees.
        disturbance: What is added.
        offset: Digital number that pixels carry above ``reflectance / 0.0001``.
        pool: Computes rows.
    """
    dense = density(view, disturbance, pool)
    changed = dict(rasters)
    changed[SCL] = _classes(rasters[SCL], view, disturbance, dense, pool)
    veil = _VEILS.get(disturbance.kind)
    if veil is not None:
        fine = dense.repeat(2, axis=0).repeat(2, axis=1)
        for band in set(rasters) - {SCL}:
            seen = rasters[band].astype(np.float32) - offset
            seen += fine * (veil.light[band] - veil.blocked * seen)
            numbers = np.clip(np.rint(seen) + offset, 1, 65535).astype(np.uint16)
            changed[band] = np.where(rasters[band] > 0, numbers, rasters[band])
    return changed


def _classes(codes: Pixels, view: View, disturbance: Disturbance, dense: Floats, pool: Executor) -> Pixels:
    """The scene classification: it misses cloud or shadow, or takes what is bright for cloud."""
    if disturbance.kind == "snow":
        scattered = _scattered(view, dense.shape)
        return np.where(dense > 0, np.where(scattered < 179, 11, 8), codes).astype(np.uint8)
    if disturbance.kind == "roofs":
        bright = (
            (view.ground.cover == lib.ROOFS).reshape(dense.shape[0], 2, dense.shape[1], 2).any(axis=(1, 3))
        )
        taken = bright & (_scattered(view, dense.shape) < _ROOFS_TAKEN) & (codes != 0)
        return np.where(taken, 8, codes).astype(np.uint8)
    if disturbance.kind == "edges":
        missed = (view.weather.cloud > 0) & (view.weather.cloud < min(_KNOWN_EDGE, OPAQUE))
    elif disturbance.kind == "far-shadows":
        missed = np.asarray(codes == 3)
    else:
        return codes
    land = classify(view.ground, Season.of(view.acquisition.start.date()), _no_weather(view.weather), pool)
    return np.where(missed & (codes != 0), land, codes).astype(np.uint8)


def _no_weather(weather: Weather) -> Weather:
    none = np.zeros_like(weather.cloud)
    return Weather(none, none, none, none, weather.seen)


def _scattered(view: View, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """A number from 0 to 255 for each pixel of 20 m."""
    seed = derive_seed(view.seed, "scattered", view.acquisition.overpass)
    return np.random.Generator(np.random.PCG64(seed)).integers(0, 256, shape, np.uint8)
