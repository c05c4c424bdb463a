"""Mosaics over two UTM zones, and over the antimeridian, of synthetic granules that overlap there."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import product

import numpy as np
import pytest
import rasterio
from pyproj import Transformer

from cloudless_mosaic.api import build_mosaics
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.synthetic.acquisitions import Acquisition, Sky
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.granules import Extent, Granule
from cloudless_mosaic.synthetic.sun import Sun

WEST, EAST = Granule("32TQT", 32632, (699960, 5300040)), Granule("33TTN", 32633, (199980, 5300040))
ALPS = Aoi(11.95, 47.46, 12.05, 47.51)
FIJI_WEST, FIJI_EAST = Granule("60KZG", 32760, (799980, 8200020)), Granule("01KAB", 32701, (99960, 8200020))
FIJI = Aoi(179.96, -16.96, -179.95, -16.91)


def acquire(day: int, clock: str, place: tuple[float, float], clouds: float = 0.0) -> Acquisition:
    start = datetime.fromisoformat(f"2023-08-{day:02}T{clock}+00:00").astimezone(UTC)
    sun = Sun.over(*place, start + timedelta(minutes=2))
    return Acquisition("S2A", start, 22, 40000 + day, sun, Sky(clouds=clouds), baseline="05.09")


def around(granule: Granule, aoi: Aoi, columns: tuple[float, float]) -> Extent:
    """The part of a granule over an AOI, between two longitudes, on the alignment of the tiles."""
    to_zone = Transformer.from_crs("EPSG:4326", granule.crs, always_xy=True)
    x, y = to_zone.transform(*zip(*product(columns, (aoi.south - 0.02, aoi.north + 0.02)), strict=True))
    left = max(0, int((min(x) - granule.origin[0]) // 10240) * 1024)
    top = int((granule.origin[1] - max(y)) // 10240) * 1024
    size = (max(x) - granule.origin[0]) / 10 - left, (granule.origin[1] - min(y)) / 10 - top
    return Extent(granule, (left, top), tuple(2 * round(length / 2 + 5) for length in size))


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    def building(name, extents, acquisitions):
        spec = ArchiveSpec(tuple(extents), tuple(acquisitions), bands=("B04",))
        return build_archive(tmp_path_factory.mktemp(name) / "archive", spec)

    return building


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """Runs a request and gives the pixels, the counts and the STAC item of its month."""

    def making(archive, aoi, **options):
        folder = tmp_path_factory.mktemp("out")
        request = MosaicRequest(
            start_date=date(2023, 8, 1),
            end_date=date(2023, 8, 31),
            aoi=aoi,
            bands=("red",),
            stac_url=str(archive.catalog),
            output_dir=folder,
            **{"resolution": 10.0, "max_cloud_cover": 100.0, "mask": "scl", "cloud_dilation": 0.0} | options,
        )
        result = build_mosaics(request)
        rasters = []
        for suffix in ("", "-count"):
            with rasterio.open(folder / f"monthly-mosaic-2023-08/monthly-mosaic-2023-08{suffix}.tif") as file:
                rasters.append(file.read(1))
                crs = file.crs.to_epsg()
        item = json.loads((folder / "monthly-mosaic-2023-08/monthly-mosaic-2023-08.json").read_text())
        assert not result.periods[0].lost
        return *rasters, crs, item

    return making


@pytest.fixture(scope="module")
def alps(build):
    days = [acquire(day, "10:06:01", (12, 47.5)) for day in (3, 13, 23)]
    west, east = around(WEST, ALPS, (11.94, 12.01)), around(EAST, ALPS, (11.99, 12.06))
    return build("alps", (west, east), days), build("whole", (around(WEST, ALPS, (11.94, 12.06)),), days)


@pytest.mark.parametrize("crs", [None, "EPSG:32633"])
def test_two_zones_have_no_gap_and_no_vote_too_many(alps, make, crs):
    _, count, found, item = make(alps[0], ALPS, crs=crs)
    assert found == (32633 if crs else 32632)
    assert np.unique(count).tolist() == [3]
    assert item["properties"]["cloudless_mosaic:scenes_used"] == 6
    assert not item["properties"]["cloudless_mosaic:notes"]


@pytest.mark.parametrize("resolution", [10.0, 20.0, 60.0])
def test_two_zones_have_no_seam_and_no_shift(alps, make, resolution):
    """Beside a mosaic of one granule that covers all, in the zone of the output."""
    mosaic, _, _, _ = make(alps[0], ALPS, resolution=resolution)
    truth, _, _, _ = make(alps[1], ALPS, resolution=resolution)
    difference = mosaic.astype(int) - truth
    native = (difference == 0).all(axis=0)
    # what the western granule sees is copied; the rest is warped from the next zone
    assert 0.4 < native.mean() < 0.8
    warped = difference[:, ~native]
    assert abs(warped.mean()) < 4
    assert np.median(np.abs(warped)) < 40
    down, right = shift_of(mosaic[:, ~native].astype(float), truth[:, ~native].astype(float))
    # slopes of the land are lit along the axes of each zone, which moves the picture by a tenth of a pixel
    assert max(abs(down), abs(right)) < 0.2
    half = (truth + np.roll(truth, 1, 1)) / 2
    assert shift_of(half, truth.astype(float))[1] == pytest.approx(0.5, abs=0.15)


def shift_of(image, truth):
    """Rows and columns by which an image is moved against the truth: least squares over its slopes."""
    slopes = np.gradient((image + truth) / 2)
    inner = np.s_[2:-2, 2:-2]
    matrix = np.column_stack([slope[inner].ravel() for slope in slopes])
    return -np.linalg.lstsq(matrix, (image - truth)[inner].ravel(), rcond=None)[0]


@pytest.fixture(scope="module")
def fiji(build):
    """The last overpass begins before midnight and ends after it."""
    days = [
        acquire(4, "22:25:31", (180, -16.9)),
        acquire(14, "22:25:31", (180, -16.9), 0.08),
        acquire(24, "23:59:58", (180, -16.9)),
    ]
    extents = around(FIJI_WEST, FIJI, (179.95, 180.04)), around(FIJI_EAST, FIJI, (180.02, 180.06))
    return build("fiji", extents, days)


def collection(*boxes):
    rings = [[(w, s), (e, s), (e, n), (w, n), (w, s)] for w, s, e, n in boxes]
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
            for ring in rings
        ],
    }


@pytest.mark.parametrize("crs", [None, "EPSG:32760"])
def test_antimeridian_has_no_gap_and_no_vote_too_many(fiji, make, crs):
    mosaic, count, found, item = make(fiji, FIJI, crs=crs)
    assert found == (32760 if crs else 32701)
    assert count.max() == 3
    assert count.min() == 2
    assert mosaic.min() > 0
    assert item["bbox"][0] > item["bbox"][2]
    assert item["geometry"]["type"] == "MultiPolygon"
    assert item["properties"]["cloudless_mosaic:scenes_used"] == 6


@pytest.mark.parametrize(
    "document",
    [
        collection((179.96, -16.96, 180, -16.91), (-180, -16.96, -179.95, -16.91)),
        collection((179.96, -16.96, 180.05, -16.91)),
        collection((179.96, -16.96, -179.95, -16.91)),
    ],
    ids=["cut", "beyond 180", "jumping"],
)
def test_antimeridian_as_geojson_is_the_same_mosaic(fiji, make, document):
    boxed, polygons = make(fiji, FIJI), make(fiji, Aoi.from_geojson(document))
    np.testing.assert_array_equal(polygons[0], boxed[0])
    np.testing.assert_array_equal(polygons[1], boxed[1])


def test_sensing_times_on_both_sides_of_midnight_are_one_vote(fiji, make):
    """Some providers give the time of the granule; an overpass that begins before midnight ends after it."""
    paths = sorted((fiji.folder / "sentinel-2-l2a").glob("*20230824T235958*T01KAB*/*.json"))
    for path in paths:
        item = json.loads(path.read_text())
        item["properties"]["datetime"] = "2023-08-25T00:00:09.024000Z"
        path.write_text(json.dumps(item))
    assert len(paths) == 1
    _, count, _, item = make(fiji, FIJI)
    assert count.max() == 3
    assert {scene["datetime"][:10] for scene in item["properties"]["cloudless_mosaic:scenes"]} >= {
        "2023-08-24",
        "2023-08-25",
    }


@pytest.mark.parametrize("shape", ["triangle", "islands"])
def test_a_polygon_gives_the_rectangle_around_it_in_full(alps, make, shape):
    ring = [[11.95, 47.46], [12.05, 47.46], [11.95, 47.51], [11.95, 47.46]]
    document = {"type": "Polygon", "coordinates": [ring]}
    if shape == "islands":
        document = collection((11.95, 47.46, 11.96, 47.47), (12.04, 47.5, 12.05, 47.51))
    mosaic, count, _, item = make(alps[0], Aoi.from_geojson(document))
    assert np.unique(count).tolist() == [3]
    assert mosaic.min() > 0
    assert "around" in item["properties"]["cloudless_mosaic:parameters"]["aoi"]
