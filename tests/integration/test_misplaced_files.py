"""Files that lie elsewhere than their items, or nowhere: exit code 3 with the reason, and no empty mosaic."""

import json

import numpy as np
import pytest
import rasterio
from affine import Affine

GRID = Affine(10, 0, 499980, 0, -10, 5300040)
ELSEWHERE = "lies elsewhere than its item"


@pytest.fixture
def catalog(tmp_path):
    """Writes a catalogue of one scene at 15 degrees east whose files have another CRS, or none."""

    def write(crs):
        for name, pixels in {"B04": np.full((64, 64), 900, "u2"), "SCL": np.full((64, 64), 4, "u1")}.items():
            profile = {"width": 64, "height": 64, "count": 1, "dtype": pixels.dtype, "crs": crs}
            place = {"transform": GRID} if crs else {}
            with rasterio.open(tmp_path / f"{name}.tif", "w", driver="GTiff", **profile, **place) as dataset:
                dataset.write(pixels, 1)
        item = {
            "type": "Feature",
            "stac_version": "1.0.0",
            "id": "S2A_33TWL_20230815_0_L2A",
            "collection": "sentinel-2-l2a",
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[15, 47.84], [15.01, 47.84], [15.01, 47.86], [15, 47.86], [15, 47.84]]],
            },
            "bbox": [15, 47.84, 15.01, 47.86],
            "properties": {
                "datetime": "2023-08-15T10:00:00Z",
                "platform": "sentinel-2a",
                "eo:cloud_cover": 1,
                "s2:processing_baseline": "03.00",
            },
            "assets": {name: {"href": f"./{name}.tif", "type": "image/tiff"} for name in ("B04", "SCL")},
            "links": [],
        }
        path = tmp_path / "item.json"
        path.write_text(json.dumps(item), "utf-8")
        return path

    return write


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize(
    ("crs", "reason"), [("EPSG:32632", ELSEWHERE), (None, "is not a single north-up band with a CRS")]
)
def test_a_misplaced_file_ends_the_run_with_its_reason(catalog, mosaic_command, tmp_path, crs, reason):
    where = ("--stac-url", str(catalog(crs)), "--aoi", "15.001,47.85,15.007,47.854", "--mask", "scl")
    done = mosaic_command(
        *where, "--start-date", "2023-08-01", "--end-date", "2023-08-31", "--bands", "red", cwd=tmp_path
    )
    assert done.code == 3, done.err
    assert reason in done.err
    assert "NotGeoreferencedWarning" not in done.err
    assert not list(tmp_path.rglob("*mosaic*.tif"))
