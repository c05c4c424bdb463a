"""Comparing what two runs wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import rasterio


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
    """Two outputs show the same pixels and say the same, whatever libraries wrote them.

    Other versions of GDAL and zlib compress to other bytes, so sizes and checksums of files are left out.
    """
    names = [name for name in _names(one) if name.name not in apart_from]
    assert names == _names(other)
    assert len(names) > 1
    for name in names:
        if name.suffix == ".json":
            assert _words(one / name) == _words(other / name), name
        else:
            assert np.array_equal(_pixels(one / name), _pixels(other / name)), name
            assert _header(one / name) == _header(other / name), name


def _words(path: Path) -> object:
    document = _content(path)
    for asset in document.get("assets", {}).values():
        for field in ("file:size", "file:checksum"):
            asset.pop(field, None)
    return document


def _header(path: Path) -> object:
    with rasterio.open(path) as file:
        overviews = [file.overviews(band) for band in file.indexes]
        return file.profile, file.tags(), file.descriptions, file.scales, file.offsets, overviews
