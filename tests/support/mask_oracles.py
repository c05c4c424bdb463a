"""What the masks have to give, in numpy and scipy, on wide integers and without blocks."""

import numpy as np
from scipy import ndimage

HARD, CLEAR, DOUBTFUL, SNOW = 0, 1, 2, 3
"""Levels of an observation."""

NOWHERE = 1 << 20
"""More than any digital number."""


def disk(radius):
    """Pixels whose centres are within a radius of that of the middle one, shape (2 n + 1, 2 n + 1)."""
    reach = int(radius)
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return rows * rows + columns * columns <= radius * radius + 1e-9


def dilated(mask, radius):
    """A mask grown by a disk, radius in pixels; what lies outside of it is not masked."""
    return ndimage.binary_dilation(mask, disk(radius))


def eroded(mask, radius):
    """A mask shrunk by a disk; what lies outside of it counts as masked."""
    return ndimage.binary_erosion(mask, disk(radius), border_value=1)


def multidate_levels(scl, resolution, near, far):
    """Levels of a scene classification, shape (rows, columns), distances in metres."""
    cloud = np.isin(scl, (3, 8, 9, 10))
    levels = np.full(scl.shape, CLEAR, np.uint8)
    levels[scl == 11] = SNOW
    levels[(scl == 7) | dilated(cloud, far / resolution)] = DOUBTFUL
    levels[~np.isin(scl, (2, 4, 5, 6, 7, 11)) | dilated(cloud, near / resolution)] = HARD
    return levels


def _deafrica(scl):
    cloud = np.isin(scl, (3, 8, 9, 10))
    opened = dilated(eroded(cloud, 40 / 20), 40 / 20)
    return ~dilated(opened, 100 / 20) & (scl <= 11) & (scl != 0)


def _worldcereal(scl):
    masked = np.isin(scl, (0, 1, 3, 8, 9, 10, 11))
    return ~dilated(eroded(masked, 60 / 20), 260 / 20) & (scl <= 11) & (scl != 0)


def _scl(scl):
    return np.isin(scl, (2, 4, 5, 6, 7, 11)) & ~dilated(np.isin(scl, (3, 8, 9, 10)), 100 / 20)


def _multidate(scl):
    return multidate_levels(scl, 20.0, 120, 300) != HARD


CLEAR_PIXELS = {
    "multidate": _multidate,
    "ukis": _multidate,
    "omnicloudmask": _multidate,
    "scl": _scl,
    "deafrica": _deafrica,
    "cdse": lambda scl: np.isin(scl, (2, 4, 5, 6, 11)),
    "worldcereal": _worldcereal,
    "none": lambda scl: np.ones(scl.shape, np.bool_),
}
"""Clear and doubtful pixels of a classification of 20 m, by the name of the recipe; for networks, of one that
has what they found. What they find is held against their own packages."""


def kept_by_dates(bands, guides, levels, limits):
    """Observations that the test over the dates keeps, and those it finds in shadow; shape (time, y, x) each.

    Args:
        bands: Shape (band, time, y, x), 0 is no data.
        guides: Places of blue, red and near infrared.
        levels: Shape (time, y, x).
        limits: haze, doubt, hot, lit and gap, in digital numbers.
    """
    haze, doubt, hot, lit_range, gap = limits
    usable = (bands > 0).all(axis=0) & (levels != HARD)
    blue, red, nir = (bands[place].astype(np.int64) for place in guides)

    # the sunlit observation has the most near infrared of those whose blue is not far above the lowest
    lowest = np.where(usable, blue, NOWHERE).min(axis=0)
    candidates = usable & (blue - lowest <= np.maximum(lowest, lit_range))
    lit = np.where(candidates, nir, -1).argmax(axis=0)[None]
    lit_blue, lit_red, lit_nir = (np.take_along_axis(band, lit, 0) for band in (blue, red, nir))

    # shadow takes near infrared above all: more than 9/32 of it
    shadow = usable & (32 * nir < 23 * lit_nir) & (lit_nir - nir > gap)
    shadow &= (red < lit_red) & (blue <= lit_blue)

    # the reference has the least blue of what is in no shadow
    reference = np.where(usable & ~shadow, blue, NOWHERE).argmin(axis=0)[None]
    more_blue = blue - np.take_along_axis(blue, reference, 0)
    more_red = red - np.take_along_axis(red, reference, 0)
    changed = more_red > 2 * more_blue
    alone = usable.sum(axis=0) == 1
    kept = np.select(
        [levels == SNOW, levels == CLEAR, levels == DOUBTFUL],
        [
            True,
            (more_blue <= haze) | changed,
            (more_blue <= doubt) & ~(alone & (2 * blue - red > 2 * hot)),
        ],
        default=False,
    )
    return kept & usable & ~shadow, shadow
