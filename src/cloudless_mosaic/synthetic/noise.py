"""Seeds of the noise over the plane (``native/noise.c``).

Noise is a pure function of a seed and of a position in world units (`cloudless_mosaic.synthetic.world`). Its
cells are powers of two wide, so a whole number of them goes round the globe and the noise closes on itself
at the antimeridian.
"""

from __future__ import annotations

import hashlib


def derive_seed(seed: int, *names: str) -> int:
    """A seed of its own for everything that has a name, below 2**56; the same on every machine."""
    text = "/".join((str(seed), *names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "little")
