"""Suggestions for a name that a catalogue does not have."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from cloudless_mosaic.net.redaction import quoted

_MOST_NAMES = 10


def closest_names(wanted: str, names: Iterable[str]) -> str:
    """Up to ten names for a message, the most similar ones first, and the number of further ones."""

    def distance(name: str) -> tuple[float, str]:
        return -SequenceMatcher(None, wanted.lower(), name.lower()).ratio(), name

    ranked = sorted(names, key=distance)
    more = f" and {len(ranked) - _MOST_NAMES} more" if len(ranked) > _MOST_NAMES else ""
    return ", ".join(quoted(name)[1:-1] for name in ranked[:_MOST_NAMES]) + more
