"""Masks of bits as scene classifications: which class a bit stands for.

HLS has ``Fmask`` and Landsat ``qa_pixel`` in place of a scene classification. Read as classes, they go
through the same masks.
"""

from __future__ import annotations

from collections.abc import Mapping

from cloudless_mosaic.errors import UsageError

CLASSES_OF_BITS = {
    "no_data": 0,
    "saturated": 1,
    "cloud": 9,
    "cirrus": 10,
    "shadow": 3,
    "snow": 11,
    "near_cloud": 7,
    "water": 6,
    "dark": 2,
    "vegetation": 4,
}
"""Code of the scene classification by the name of a bit in a profile; of several bits the first here counts.

What lies near a cloud is unclassified (7), which ``multidate`` doubts.
"""

NO_BIT = 5
"""Code of a pixel of which no bit is set: not vegetated, which is clear and says least about the pixel."""

Bits = tuple[tuple[int, int], ...]
"""Bits, 0 is the least significant, with the codes of their classes; the first that is set counts."""

_MOST = 15
"""Highest bit of masks that are read."""


def parse_bits(table: object) -> Bits:
    """Bits of a profile.

    Args:
        table: Bit, or list of bits, by the name of its class.

    Raises:
        UsageError: if a name is unknown, or a bit isn't one.
    """
    if not isinstance(table, Mapping):
        raise UsageError("bits must be a table of classes with their bits, such as cloud = 3")
    unknown = sorted(str(name) for name in set(table) - set(CLASSES_OF_BITS))
    if unknown:
        raise UsageError(f"bits.{unknown[0]} is unknown; a bit is one of {', '.join(CLASSES_OF_BITS)}")
    found: list[tuple[int, int]] = []
    for name, code in CLASSES_OF_BITS.items():
        bits = table.get(name, [])
        for bit in bits if isinstance(bits, list) else [bits]:
            if isinstance(bit, bool) or not isinstance(bit, int) or not 0 <= bit <= _MOST:
                raise UsageError(
                    f"bits.{name} must be a bit from 0 to {_MOST}, or a list of them, got {str(bit)[:40]!r}"
                )
            if bit in dict(found):
                raise UsageError(f"bits.{name} is bit {bit}, which has a class already")
            found.append((bit, code))
    return tuple(found)


def written_bits(bits: Bits) -> dict[str, list[int]]:
    """Bits as in a profile."""
    names = {code: name for name, code in CLASSES_OF_BITS.items()}
    table: dict[str, list[int]] = {}
    for bit, code in bits:
        table.setdefault(names[code], []).append(bit)
    return table
