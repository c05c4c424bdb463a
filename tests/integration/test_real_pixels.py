"""Real scenes of August 2023 at 120 m, against a reference that shares no code with the package."""

import json
import warnings
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio

from cloudless_mosaic.catalog import find_scenes
from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.compositing.pixel_mapping import Window
from cloudless_mosaic.compositing.plausibility import (
    Classified,
    band_statistics,
    reason_for_rejection,
    sampled_rows,
    scene_notes,
)
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.planning.plan import make_plan
from cloudless_mosaic.reading import TileReader
from cloudless_mosaic.reading.gdal import GdalReader

CLEAR = 2, 4, 5, 6, 7, 11
NAMES = {"blue": "B02", "green": "B03", "red": "B04", "nir": "B08"}
AOI = Aoi(14.9, 45.0, 16.5, 46.1)
"""Holds the whole granule."""


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "real-33TWL"


@pytest.fixture(scope="module")
def rasters(folder):
    """Pixels of a raster on all dates, shape (date, y, x)."""
    scenes = sorted(path for path in folder.iterdir() if path.is_dir())
    assert len(scenes) == 5

    def read(name):
        layers = []
        for scene in scenes:
            with rasterio.open(scene / f"{name}.tif") as dataset:
                layers.append(dataset.read(1))
        return np.array(layers)

    return read


def reference(rasters, bands, *, masked=True):
    """Median and count by numpy; a pixel of a date needs every band, and a clear class."""
    raw = np.array([rasters(NAMES[band]) for band in bands])
    valid = (raw > 0).all(axis=0)
    if masked:
        valid &= np.isin(rasters("SCL"), CLEAR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        middle = np.nanmedian(np.where(valid, raw, np.nan), axis=1)
    return np.nan_to_num(np.rint(middle)).astype(np.uint16), valid.sum(axis=0)


def mosaic(folder, bands, reader, **options):
    """Data and count on the granule's own grid, and what lies outside of it."""
    request = MosaicRequest(
        start_date=date(2023, 8, 1),
        end_date=date(2023, 8, 31),
        aoi=AOI,
        bands=bands,
        resolution=120,
        max_cloud_cover=100,
        stac_url=str(folder / "catalog.json"),
        **{"mask": "scl", "cloud_dilation": 0.0} | options,
    )
    plan = make_plan(request, find_scenes(request))
    assert len(plan.scene_set.scenes) == 5
    data = np.zeros((len(bands), *plan.geobox.shape), np.uint16)
    count = np.zeros(plan.geobox.shape, np.uint16)
    for task in plan.tasks(plan.periods[0]):
        composite = compose(task, reader)
        assert not composite.lost
        data[:, *task.block.window] = composite.data
        count[task.block.window] = composite.count
    with rasterio.open(next(folder.glob("*/B04.tif"))) as dataset:
        column = (dataset.transform.c - plan.geobox.affine.c) / 120
        row = (plan.geobox.affine.f - dataset.transform.f) / 120
        rows, columns = dataset.shape
    assert (row, column) == (int(row), int(column))
    granule = slice(int(row), int(row) + rows), slice(int(column), int(column) + columns)
    outside = np.ones(plan.geobox.shape, bool)
    outside[granule] = False
    assert not count[outside].any()
    assert not data[:, outside].any()
    return data[:, *granule], count[granule]


@pytest.mark.parametrize("make_reader", [GdalReader, TileReader])
@pytest.mark.parametrize("bands", [("red",), ("red", "green", "blue", "nir")])
def test_mosaic_is_the_reference_pixel_for_pixel(folder, rasters, bands, make_reader):
    data, count = mosaic(folder, bands, make_reader())
    expected, clear = reference(rasters, bands)
    np.testing.assert_array_equal(data, expected)
    np.testing.assert_array_equal(count, clear)
    red = data[0][data[0] > 0]
    assert 1450 <= np.percentile(red, 99) <= 1650


def test_red_has_the_known_numbers(folder):
    data, count = mosaic(folder, ("red",), TileReader())
    assert np.percentile(data[data > 0], 99) == 1548
    assert np.count_nonzero(count == 0) == 412


def test_without_a_mask_clouds_stay(folder, rasters):
    data, count = mosaic(folder, ("red",), TileReader(), mask="none")
    expected, valid = reference(rasters, ("red",), masked=False)
    np.testing.assert_array_equal(data, expected)
    np.testing.assert_array_equal(count, valid)
    assert np.percentile(data[data > 0], 99) == 3106


def test_dilation_takes_pixels_away_and_adds_none(folder):
    _, plain = mosaic(folder, ("red",), TileReader())
    _, dilated = mosaic(folder, ("red",), TileReader(), cloud_dilation=240.0)
    assert (dilated <= plain).all()
    assert dilated.mean() < plain.mean() - 0.1


def test_items_say_what_the_test_relies_on(folder):
    """The provider took the offset out of the pixels already, whatever the bands advertise."""
    items = [json.loads(Path(path).read_text()) for path in folder.glob("*/*.json")]
    assert all(item["properties"]["earthsearch:boa_offset_applied"] for item in items)


@pytest.mark.parametrize(
    ("shift", "decided", "said"), [(0, 0, ""), (0, -1000, "-1000"), (1000, 0, "0 "), (1000, -1000, "")]
)
def test_an_offset_against_real_pixels_is_found_and_nothing_else(rasters, shift, decided, said):
    """Of every one of the five scenes, hazy, cloudy and clear, in the bands one by one."""
    grid = SourceGrid("EPSG:32633", (120.0, 0.0, 0.0, 0.0, -120.0, 0.0), (915, 915))
    whole, rows = Window(0, 0, grid.shape), sampled_rows(grid.shape)
    for band in ("B03", "B04", "B08"):
        for samples, scl in zip(rasters(band), rasters("SCL"), strict=True):
            shifted = np.where(samples > 0, samples + np.uint16(shift), 0).astype(np.uint16)
            statistics = band_statistics(
                shifted[rows],
                np.isin(scl, CLEAR)[rows],
                band=band,
                offset=decided,
                part=(grid, whole),
                classified=Classified(scl, grid, whole),
            )
            found = [text for text, _ in scene_notes(statistics)]
            if not said:
                assert found == []
            elif band != "B08":
                assert [f"the offset of {said}" in text for text in found] == [True]
            assert reason_for_rejection(statistics) is None
