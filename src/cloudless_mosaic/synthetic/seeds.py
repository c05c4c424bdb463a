"""Seeds of the noise over the plane (``native/noise.c``).

Noise is a pure function of a seed and of a position in world units (`cloudless_mosaic.synthetic.world`). The
width of its cells is a power of two, so a whole number of them fits around the globe and the noise is
continuous at the antimeridian.
"""

from __future__ import annotations

import hashlib


def derive_seed(seed: int, *names: str) -> int:
    """A separate seed for each name, below 2**56; the same on every machine."""
    text = "/".join((str(seed), *names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "little")
