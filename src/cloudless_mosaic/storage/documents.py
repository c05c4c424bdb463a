"""JSON documents in files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """The bytes of a STAC document."""
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_document(path: Path) -> dict[str, Any]:
    """A JSON object; an empty one if the file holds any other value."""
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
