"""STAC items and pages with unexpected content; the same seed gives the same."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

_TEXTS = (
    *("", "x", "\x00", "\x1b[31m", "../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "EPSG:None"),
    *("/vsicurl/http://127.0.0.1/x", "vrt://x", "<VRTDataset/>", "https://127.0.0.1/B04.tif", "https://["),
    *("http://169.254.169.254/", "https://u:p@x/", "s3://", "NaN", "2020-10-08", "2020-13-45T99:99:99Z"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "05.09", "S2A", "T10TET", "\ud800", "é" * 99),
    *("a" * 5000, "https://x.example/" + "a" * 5000, "https://x.example:99999/", "-" * 300),
)
_NUMBERS = (
    0,
    1,
    -1,
    2**31,
    2**63,
    10**400,
    0.5,
    1e308,
    -1e308,
    float("nan"),
    float("inf"),
    -0.0,
    True,
    False,
)
_DEEP = 300


def mutated(document: Any, seed: int, most: int = 3) -> Any:
    """A copy of a JSON document with one to ``most`` places replaced, removed, repeated or swapped."""
    rng = random.Random(seed)
    changed = copy.deepcopy(document)
    for _ in range(rng.randint(1, most)):
        places = list(_places(changed))
        if not places:
            return junk(rng)
        holder, key = rng.choice(places)
        _change(holder, key, rng)
    return changed


def junk(rng: random.Random, depth: int = 0) -> Any:
    """Any JSON value, odd ones first."""
    kind = rng.randrange(6 if depth < 3 else 3)
    if kind == 0:
        return rng.choice(_TEXTS)
    if kind == 1:
        return rng.choice(_NUMBERS)
    if kind == 2:
        return None
    if kind == 3:
        return [junk(rng, depth + 1) for _ in range(rng.randrange(6))]
    if kind == 4:
        return {str(rng.choice(_TEXTS)): junk(rng, depth + 1) for _ in range(rng.randrange(4))}
    return _nested(rng.randrange(_DEEP))


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def _change(holder: Any, key: Any, rng: random.Random) -> None:
    action = rng.randrange(5)
    if action == 0:
        del holder[key]
    elif action == 1 and isinstance(holder, list):
        holder += holder[:3]
    elif action == 2 and isinstance(holder, dict):
        other = rng.choice(list(holder))
        holder[key], holder[other] = holder[other], holder[key]
    elif action == 3 and isinstance(holder[key], str):
        text = holder[key]
        cut = rng.randrange(len(text) + 1)
        holder[key] = text[:cut] + rng.choice(_TEXTS) + text[cut + rng.randrange(3) :]
    else:
        holder[key] = junk(rng)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a document: what holds it, and under which key."""
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        keys = holder if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for key in keys:
            yield holder, key
            waiting.append(holder[key])
