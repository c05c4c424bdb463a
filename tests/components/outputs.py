"""Comparing what two runs wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import rasterio
from imagecodecs import png_decode


def assert_same_files(one: Path, other: Path) -> None:
    """Two outputs hold the same files, byte for byte; the way to local scenes depends on the folder."""
    names = _names(one)
    assert names == _names(other)
    assert len(names) > 1
    for name in names:
        if name.suffix == ".tif":
            assert np.argwhere(_pixels(one / name) != _pixels(other / name)).tolist() == [], name
        assert _content(one / name) == _content(other / name), name


def _names(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*.*") if path.is_file())


def _content(path: Path) -> object:
    if path.suffix != ".json":
        return path.read_bytes()
    document = json.loads(path.read_text())
    return {**document, "links": [one for one in document["links"] if one["rel"] != "derived_from"]}


def _pixels(path: Path) -> np.ndarray:
    with rasterio.open(path) as file:
        return file.read()


def assert_same_content(one: Path, other: Path, apart_from: tuple[str, ...] = ()) -> None:
    """Two outputs show the same and say the same, whatever Python and libraries wrote them.

    Rasters are equal byte for byte. Other libraries compress a thumbnail to other bytes.
    """
    names = [name for name in _names(one) if name.name not in apart_from]
    assert names == _names(other)
    assert len(names) > 1
    for name in names:
        if name.suffix == ".png":
            pictures = [png_decode((folder / name).read_bytes()) for folder in (one, other)]
            assert np.array_equal(*pictures), name
        else:
            assert _lasting(_content(one / name)) == _lasting(_content(other / name)), name


def _lasting(content: object) -> object:
    """A document without the size and the checksum of a thumbnail."""
    if isinstance(content, dict):
        thumbnail = content.get("assets", {}).get("thumbnail", {})
        for field in ("file:size", "file:checksum"):
            thumbnail.pop(field, None)
    return content
