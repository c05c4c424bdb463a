"""Grids that are given, and several areas in one run, through the command."""

from __future__ import annotations

import json

import numpy as np
import pytest
import rasterio
from rasterio.merge import merge

from cloudless_mosaic.synthetic.acquisitions import CLEAR_AUTUMN
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent
from stac_output import check_output

pytestmark = pytest.mark.xdist_group("corner")

NAME = "monthly-mosaic-2020-10"
BOX = "-121.72,46.87,-121.50,47.0"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The south-eastern corner of a tile, which its neighbours overlap."""
    spec = ArchiveSpec(
        (Extent(SEATTLE, offset=(9216, 9216), size=(1764, 1764)),),
        CLEAR_AUTUMN[:3],
        bands=("B02", "B04", "B08"),
    )
    return build_archive(tmp_path_factory.mktemp("corner") / "archive", spec)


@pytest.fixture
def run(archive, mosaic_command, tmp_path):
    def made(name, *options):
        outcome = mosaic_command(
            *("--bands", "red", "--start-date", "2020-10-01", "--end-date", "2020-10-31", "-q"),
            *("--stac-url", str(archive.catalog), "--output-dir", name),
            *options,
            cwd=tmp_path,
        )
        assert outcome.code == 0, outcome.err
        return tmp_path / name

    return made


def read(folder):
    with rasterio.open(folder / NAME / f"{NAME}.tif") as file:
        return file.read(1), file.profile


def test_a_tile_has_the_pixels_of_its_granules(run):
    pixels, profile = read(run("tile", "--tile", "10TET", "--resolution", "60"))
    assert profile["crs"].to_epsg() == 32610
    assert tuple(profile["transform"])[:6] == (60, 0, 499980, 0, -60, 5300040)
    assert pixels.shape == (1830, 1830)
    box, own = read(run("box", f"--aoi={BOX}", "--resolution", "60"))
    column, row = (round(one) for one in ~profile["transform"] @ (own["transform"].c, own["transform"].f))
    inside = pixels[row : row + box.shape[0], column : column + box.shape[1]]
    np.testing.assert_array_equal(inside, box[: inside.shape[0], : inside.shape[1]])


@pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")
def test_neighbouring_tiles_have_no_seam(run):
    folder = run("tiles", "--tile", "10TET", "--tile", "10TFT", "--resolution", "60")
    assert {path.name for path in folder.iterdir()} >= {"10TET", "10TFT", "catalog.json"}
    left, right = read(folder / "10TET"), read(folder / "10TFT")
    assert right[1]["transform"].c - left[1]["transform"].c == 99960 + 60
    columns = left[0].shape[1] - round((right[1]["transform"].c - left[1]["transform"].c) / 60)
    rows = round((left[1]["transform"].f - right[1]["transform"].f) / 60)
    overlap = left[0][rows:, -columns:] if rows >= 0 else left[0][:rows, -columns:]
    other = right[0][: overlap.shape[0], :columns]
    assert (overlap > 0).any()
    np.testing.assert_array_equal(overlap, other)
    paths = [folder / tile / NAME / f"{NAME}.tif" for tile in ("10TET", "10TFT")]
    one, _ = merge([str(path) for path in paths])
    two, _ = merge([str(path) for path in reversed(paths)])
    np.testing.assert_array_equal(one, two)
    assert (one[0] > 0).sum() == (left[0] > 0).sum() + (right[0] > 0).sum() - (overlap > 0).sum()


def test_all_tiles_of_an_area(run):
    folder = run("all", f"--aoi={BOX}", "--tiles-of-aoi", "--resolution", "100")
    catalog = json.loads((folder / "catalog.json").read_text())
    children = [link["href"] for link in catalog["links"] if link["rel"] == "child"]
    assert all((folder / child).is_file() for child in children)
    assert "./10TET/catalog.json" in children
    assert all(check_output((folder / child).parent) for child in children)


def test_the_grid_of_a_file_and_of_an_item(run):
    first = run("first", f"--aoi={BOX}", "--resolution", "30", "--crs", "EPSG:32610")
    pixels, profile = read(first)
    for suffix in (".tif", ".json"):
        again, same = read(run(f"like{suffix}", "--like", str(first / NAME / f"{NAME}{suffix}")))
        assert same["transform"] == profile["transform"]
        np.testing.assert_array_equal(again, pixels)


def test_features_get_folders_of_their_names(run, tmp_path):
    def feature(name, west):
        ring = [[west, 46.88], [west + 0.03, 46.88], [west + 0.03, 46.9], [west, 46.88]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        return {"type": "Feature", "properties": {"farm": name}, "geometry": geometry}

    features = [feature("north-1", -121.7), feature("south_2", -121.6)]
    path = tmp_path / "farms.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    folder = run("farms", "--aoi", str(path), "--name-from", "farm", "--clip", "--resolution", "20")
    for name in ("north-1", "south_2"):
        pixels, _ = read(folder / name)
        assert 0.3 < (pixels > 0).mean() < 0.7


@pytest.mark.parametrize(
    ("grid", "resolution", "epsg", "offset"),
    [
        ("landsat", 30, 32610, 15),
        ("eea", 100, 3035, 0),
        ("deafrica", 60, 6933, 0),
        ("sentinel-2", 60, 32610, 0),
    ],
)
def test_pixels_lie_where_those_of_another_archive_do(grid, resolution, epsg, offset, run):
    _, profile = read(run("named", f"--aoi={BOX}", "--grid", grid, "--resolution", str(resolution)))
    assert profile["crs"].to_epsg() == epsg
    for edge in (profile["transform"].c, profile["transform"].f):
        assert edge % resolution == pytest.approx(offset, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "no area; give --aoi, --tile or --like"),
        (("--tile", "10IET"), "--tile '10IET' is not a tile of the MGRS"),
        (("--tile", "10TET", "--resolution", "70"), "--resolution 70 does not divide the 109800 m of a tile"),
        (("--tile", "10TET", "--crs", "EPSG:3857"), "--crs EPSG:3857 is not that of --tile, EPSG:32610"),
        (("--tile", "10TET", "--buffer", "100"), "--buffer grows --aoi, and --tile has an extent of its own"),
        (("--tiles-of-aoi",), "no area; give --aoi"),
        ((f"--aoi={BOX}", "--name-from", "id"), "--name-from takes an --aoi that is a GeoJSON"),
        ((f"--aoi={BOX}", "--grid", "eea", "--crs", "EPSG:3035"), "--grid has a CRS of its own"),
    ],
)
def test_what_is_no_grid_is_refused_in_one_line(options, message, mosaic_command, archive, tmp_path):
    outcome = mosaic_command(
        *("--bands", "red", "--start-date", "2020-10-01", "--end-date", "2020-10-31"),
        *("--stac-url", str(archive.catalog)),
        *options,
        cwd=tmp_path,
    )
    assert outcome.code == 2
    assert outcome.err.startswith(f"error: {message}"), outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--resolution", "60"), "--resolution 60 is not that of --like, 30; leave it out"),
        (("--crs", "EPSG:3857"), "--crs EPSG:3857 is not that of --like, EPSG:32610; leave it out"),
        (("--buffer", "9"), "--buffer grows --aoi, and --like has an extent of its own; leave it out"),
    ],
)
def test_what_a_given_grid_leaves_without_effect_is_refused(options, message, mosaic_command, tmp_path):
    item = tmp_path / "item.json"
    grid = {"proj:code": "EPSG:32610", "proj:transform": [30, 0, 15, 0, -30, 15], "proj:shape": [9, 9]}
    item.write_text(json.dumps({"type": "Feature", "properties": grid}))
    outcome = mosaic_command(
        *("plan", "--bands", "red", "--month", "2020-10", "--like", "item.json"), *options, cwd=tmp_path
    )
    assert (outcome.code, outcome.err) == (2, f"error: {message}\n")
