"""Windows, polygons that are cut exactly, filled pixels: against numpy and rasterio, by the command."""

from __future__ import annotations

import itertools
import json
from datetime import date, timedelta

import numpy as np
import pytest
import rasterio
from rasterio.features import geometry_mask
from rasterio.warp import transform_geom
from shapely import segmentize
from shapely.affinity import affine_transform
from shapely.geometry import MultiPolygon, box, mapping
from shapely.geometry import shape as shape_of

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.output.merge import merge_shards
from cloudless_mosaic.synthetic.acquisitions import AUTUMN
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent
from cloudless_mosaic.synthetic.rasters import write_cog
from range_server import counting_server, served_items

pytestmark = pytest.mark.xdist_group("small")

BOX = "-122.31,47.70,-122.22,47.745"
CLEAR = (2, 4, 5, 6, 7, 11)
DAYS = 5
PERIODS = [date(2020, 11, 5) + timedelta(days=DAYS * number) for number in range(4)]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Sixteen items over three months, one of them under complete cloud, on a quarter of a tile."""
    spec = ArchiveSpec(
        (Extent(SEATTLE, offset=(5120, 1024), size=(1536, 1024)),), AUTUMN, bands=("B02", "B04", "B08")
    )
    return build_archive(tmp_path_factory.mktemp("small") / "archive", spec)


@pytest.fixture
def run(archive, mosaic_command, tmp_path):
    def made(name, *options, catalog=None):
        outcome = mosaic_command(
            *("--bands", "red", "--stac-url", catalog or str(archive.catalog), "-q", "--output-dir", name),
            *options,
            cwd=tmp_path,
        )
        assert outcome.code == 0, outcome.err
        return tmp_path / name

    return made


def pixels(folder, suffix="", band=1):
    """Pixels of a band of every mosaic of a folder, by the label of its period, and the grid."""
    found = {}
    for item in sorted(folder.glob("*-mosaic-*/*.json")):
        with rasterio.open(item.with_name(f"{item.stem}{suffix}.tif")) as file:
            found[item.stem.partition("-mosaic-")[2]] = file.read(band)
            grid = file.transform, file.shape, file.crs
    return found, grid


def properties(folder):
    items = (json.loads(path.read_text()) for path in sorted(folder.glob("*-mosaic-*/*.json")))
    own = "cloudless_mosaic:"
    return {
        item["id"].partition("-mosaic-")[2]: {
            key.removeprefix(own): value for key, value in item["properties"].items()
        }
        for item in items
    }


# ---- windows


def test_rolling_months_read_each_tile_once(archive, run, tmp_path):
    year = ("--start-date", "2020-06-01", "--end-date", "2021-05-31", f"--aoi={BOX}", "--resolution", "10")
    sent = {}
    with counting_server(archive.folder) as server:
        catalog = served_items(archive, server.root, tmp_path / "items.json")
        for name, options in {
            "once": ("--period", "all"),
            "rolling": ("--window", "3months"),
        }.items():
            server.sent.clear()
            run(name, *year, *options, "--workers", "2", catalog=catalog)
            sent[name] = server.sent.total()
    assert sent["rolling"] <= 1.15 * sent["once"]
    found = properties(tmp_path / "rolling")
    assert list(found) == [f"2020-{month:02}-3months" for month in (9, 10, 11, 12)] + ["2021-01-3months"]
    october = found["2020-10-3months"]
    assert (october["start_datetime"], october["end_datetime"]) == (
        "2020-10-01T00:00:00Z",
        "2020-10-31T23:59:59Z",
    )
    assert october["source_start_datetime"] == "2020-09-01T00:00:00Z"
    assert october["source_end_datetime"] == "2020-11-30T23:59:59Z"


def test_a_window_has_the_pixels_of_its_days(run, same_pixels):
    common = (f"--aoi={BOX}", "--resolution", "20")
    rolling = run("rolling", *common, *dates("2020-11-01", "2020-11-30"), "--window", "3months")
    whole = run("whole", *common, *dates("2020-10-01", "2020-12-31"), "--period", "all")
    for suffix in ("", "-count"):
        same_pixels(rolling, whole, suffix)


def dates(start, end):
    return "--start-date", start, "--end-date", end


@pytest.fixture
def same_pixels():
    def check(one, other, suffix=""):
        (ours,), (theirs,) = pixels(one, suffix)[0].values(), pixels(other, suffix)[0].values()
        np.testing.assert_array_equal(ours, theirs)

    return check


# ---- polygons

ISLAND = {
    "type": "MultiPolygon",
    "coordinates": [
        [
            [[-122.30, 47.70], [-122.22, 47.71], [-122.24, 47.745], [-122.29, 47.74], [-122.30, 47.70]],
            [[-122.28, 47.715], [-122.26, 47.715], [-122.26, 47.73], [-122.28, 47.73], [-122.28, 47.715]],
        ],
        [[[-122.31, 47.74], [-122.305, 47.74], [-122.308, 47.745], [-122.31, 47.74]]],
    ],
}


@pytest.mark.parametrize("resolution", ["10", "60"])
def test_a_polygon_is_cut_as_rasterio_does_it(run, resolution):
    common = (
        f"--aoi={json.dumps(ISLAND)}",
        *dates("2020-10-01", "2020-10-31"),
        *("--resolution", resolution, "--layer", "flags"),
    )
    whole, cut = run("whole", *common), run("cut", *common, "--clip")
    (before,), (transform, shape, crs) = pixels(whole)[0].values(), pixels(whole)[1]
    # a straight line in degrees is a curve on the grid
    geometry = transform_geom("EPSG:4326", crs, mapping(segmentize(shape_of(ISLAND), 0.05)))
    outside = geometry_mask([geometry], shape, transform)
    assert outside.any()
    for suffix, empty in {"": 0, "-count": 0, "-flags": 255}.items():
        (before,), (after,) = pixels(whole, suffix)[0].values(), pixels(cut, suffix)[0].values()
        np.testing.assert_array_equal(after, np.where(outside, empty, before))
    (said,) = properties(cut).values()
    (count,) = pixels(cut, "-count")[0].values()
    assert said["clear_percent"] == pytest.approx(100 * (count[~outside] > 0).mean(), abs=1e-4)
    assert said["mean_observations"] == pytest.approx(count[~outside].mean(), abs=1e-4)


TILES = 8
"""Internal tiles of 512 pixels along an edge of the scene that polygons are cut from."""


def scene_of(archive, folder, root):
    """One item with 64 internal tiles of pixels that don't compress, all of them clear, on a server."""
    item = json.loads(archive.item_path(archive.acquisitions[0]).read_text())
    left, top = (SEATTLE.origin[0], SEATTLE.origin[1])
    edge = 512 * TILES * 10
    noise = np.random.default_rng(7).integers(500, 3000, (512, 512 * TILES), np.uint16)
    bands = {
        "B04": (10.0, np.tile(noise, (TILES, 1))),
        "SCL": (20.0, np.full((256 * TILES,) * 2, 4, np.uint8)),
    }
    for name, (pixel, values) in bands.items():
        transform = (pixel, 0.0, float(left), 0.0, -pixel, float(top))
        write_cog(folder / f"{name}.tif", values, SourceGrid(SEATTLE.crs, transform, values.shape), "nearest")
        item["assets"][name] |= {
            "href": f"{root}/{name}.tif",
            "proj:shape": list(values.shape),
            "proj:transform": list(transform),
            "proj:bbox": [left, top - edge, left + edge, top],
        }
    item["assets"] = {name: item["assets"][name] for name in bands}
    outline = transform_geom(SEATTLE.crs, "EPSG:4326", mapping(box(left, top - edge, left + edge, top)))
    item |= {"geometry": outline, "bbox": list(shape_of(outline).bounds), "links": []}
    catalog = folder / "items.json"
    catalog.write_text(json.dumps({"type": "FeatureCollection", "features": [item]}))
    return str(catalog)


def test_a_polygon_of_a_tenth_reads_a_sixth_of_the_bytes(archive, run, tmp_path):
    left, top = SEATTLE.origin
    width = 5120.0
    # two fields in opposite corners of the scene; their rectangle is all of it
    fields = [(0.05, 0.05, 1.9, 3.45), (TILES - 0.4, TILES - 0.4, TILES - 0.05, TILES - 0.05)]
    parts = [
        box(left + a * width, top - d * width, left + c * width, top - b * width) for a, b, c, d in fields
    ]
    area = json.dumps(transform_geom(SEATTLE.crs, "EPSG:4326", mapping(MultiPolygon(parts))))
    rectangle = box(*MultiPolygon(parts).bounds)
    assert MultiPolygon(parts).area == pytest.approx(0.1 * rectangle.area, rel=0.1)
    sent = {}
    with counting_server(tmp_path) as server:
        catalog = scene_of(archive, tmp_path, server.root)
        for name, options in {"whole": (), "cut": ("--clip",)}.items():
            server.sent.clear()
            common = (*dates("2020-10-01", "2020-10-31"), "--resolution", "10", "--mask", "scl")
            run(name, f"--aoi={area}", *common, *options, catalog=catalog)
            sent[name] = dict(server.sent)
    assert sum(sent["cut"].values()) <= sum(sent["whole"].values()) / 6
    # tiles that have a pixel inside, and no other: 2 x 4, and 1
    assert sent["cut"]["/B04.tif"] / sent["whole"]["/B04.tif"] == pytest.approx(9 / TILES**2, rel=0.05)


def on_the_scene(*parts):
    """Rectangles of the scene, in tiles from its corner, as GeoJSON in degrees."""
    place = (5120.0, 0, 0, -5120.0, *SEATTLE.origin)
    whole = affine_transform(MultiPolygon([box(*part) for part in parts]), place)
    return transform_geom(SEATTLE.crs, "EPSG:4326", mapping(whole))


def test_fields_that_touch_read_each_tile_once(archive, run, tmp_path):
    edges = [0.3, 0.7, 1.1, 1.5]
    parts = [(west, 0.2, east, 0.8) for west, east in itertools.pairwise(edges)]
    fields = [
        {"type": "Feature", "properties": {"name": f"field-{place}"}, "geometry": on_the_scene(part)}
        for place, part in enumerate(parts)
    ]
    collection = json.dumps({"type": "FeatureCollection", "features": fields})
    areas = {
        "together": (f"--aoi={json.dumps(on_the_scene((0.3, 0.2, 1.5, 0.8)))}",),
        "apart": (f"--aoi={collection}", "--name-from", "name"),
    }
    sent = {}
    with counting_server(tmp_path) as server:
        catalog = scene_of(archive, tmp_path, server.root)
        for name, area in areas.items():
            server.sent.clear()
            common = (*dates("2020-10-01", "2020-10-31"), "--resolution", "10", "--mask", "scl")
            run(name, *area, *common, "--workers", "1", catalog=catalog)
            sent[name] = server.sent["/B04.tif"]
    assert sent["apart"] <= 1.02 * sent["together"]


def test_polygons_without_a_pixel_are_refused(mosaic_command, archive, tmp_path):
    sliver = "POLYGON((-122.3 47.71, -122.29 47.71, -122.29 47.7100001, -122.3 47.71))"
    outcome = mosaic_command(
        *("--bands", "red", "--stac-url", str(archive.catalog), f"--aoi={sliver}", "--clip"),
        *dates("2020-10-01", "2020-10-31"),
        cwd=tmp_path,
    )
    assert outcome.code == 2
    assert outcome.err.startswith("error: no centre of a pixel lies in the polygons of --clip; "), outcome.err


def test_a_margin_grows_the_mosaic(run):
    common = (f"--aoi={BOX}", *dates("2020-10-01", "2020-10-31"), "--resolution", "20")
    _, (inner, shape, _) = pixels(run("plain", *common))
    _, (outer, grown, _) = pixels(run("grown", *common, "--buffer", "400"))
    assert abs(inner.c - outer.c - 400) <= 40
    assert abs(outer.f - inner.f - 400) <= 40
    assert abs(grown[0] - shape[0] - 40) <= 3
    assert abs(grown[1] - shape[1] - 40) <= 3


# ---- gaps

GAPS = (
    f"--aoi={BOX}",
    *dates("2020-11-05", "2020-11-24"),
    *("--period", f"{DAYS}days", "--resolution", "20", "--mask", "scl", "--cloud-dilation", "0"),
    *("--max-cloud-cover", "100", "--exact"),
)


@pytest.fixture
def clear_days(archive):
    """Where each scene is clear by its classification, on the grid of the mosaics, by day."""

    def read(transform, shape):
        found = {}
        for acquisition in archive.acquisitions:
            (path,) = archive.item_path(acquisition).parent.glob("*SCL*.tif")
            with rasterio.open(path) as file:
                column, row = (round(value) for value in ~file.transform @ (transform.c, transform.f))
                window = rasterio.windows.Window(column, row, shape[1], shape[0])
                clear = np.isin(file.read(1, window=window), CLEAR)
            day = acquisition.start.date()
            found[day] = found.get(day, False) | clear
        return found

    return read


def ever(found, first, last):
    nowhere = np.zeros_like(next(iter(found.values())))
    return np.logical_or.reduce([nowhere, *(one for day, one in found.items() if first <= day <= last)])


def test_window_and_neighbours_leave_no_pixel_that_any_scene_shows(run, clear_days):
    filled = run("filled", *GAPS, "--fill", "window:31,neighbours:1")
    plain = run("plain", *GAPS)
    values, (transform, shape, _) = pixels(filled)
    flags, unfilled = pixels(filled, "-flags")[0], pixels(plain)[0]
    found = clear_days(transform, shape)
    said = properties(filled)
    assert len(values) == len(PERIODS)
    for label, first in zip(values, PERIODS, strict=True):
        last = first + timedelta(days=DAYS - 1)
        own = ever(found, first, last)
        wide = ever(found, first - timedelta(days=31), last + timedelta(days=31))
        np.testing.assert_array_equal(flags[label] == 0, own)
        np.testing.assert_array_equal(flags[label] == 4, wide & ~own)
        assert (values[label][own | wide] > 0).all()
        # the mosaic before it was filled can be had from the flags
        before = unfilled.get(label, np.zeros(shape, np.uint16))
        np.testing.assert_array_equal(np.where(flags[label] >= 4, 0, values[label]), before)
        counts = {
            way: 100 * (flags[label] == flag).mean() for way, flag in {"window": 4, "neighbours": 5}.items()
        }
        assert said[label]["filled_percent"] == pytest.approx(counts, abs=1e-4)
        assert said[label]["clear_percent"] == pytest.approx(100 * own.mean(), abs=1e-4)
        holes = said[label]["holes_percent"]
        assert sum(holes.values()) == pytest.approx(100 * (~own).mean(), abs=1e-3)


def test_neighbours_and_interpolation_are_those_of_numpy(run):
    plain, counts = pixels(run("plain", *GAPS))[0], pixels(run("again", *GAPS), "-count")[0]
    more = ("--bands", "nir", "--index", "NDVI", "--layer", "date")
    filled = run("filled", *GAPS, "--fill", "interpolate", "--fill", "neighbours:2", *more)
    values, (_, shape, _) = pixels(filled)
    flags, indices = pixels(filled, "-flags")[0], pixels(filled, "-index-NDVI")[0]
    infrared = pixels(filled, band=2)[0]
    labels = list(values)
    empty = np.zeros(shape, np.uint16)
    own = [plain.get(label, empty).astype(int) for label in labels]
    clear = [counts.get(label, empty) > 0 for label in labels]
    for place, label in enumerate(labels):
        expected, marks = own[place].copy(), np.where(clear[place], 0, -1)
        if 0 < place < len(labels) - 1:
            both = (marks == -1) & clear[place - 1] & clear[place + 1]
            middle = np.rint((own[place - 1] + own[place + 1]) / 2).astype(int)
            expected[both], marks[both] = middle[both], 7
        for other in (place - 1, place + 1, place - 2, place + 2):
            if 0 <= other < len(labels):
                taken = (marks == -1) & clear[other]
                expected[taken], marks[taken] = own[other][taken], 5
        np.testing.assert_array_equal(values[label], expected)
        np.testing.assert_array_equal(flags[label][marks >= 0], marks[marks >= 0])
        red, nir = (one[marks >= 0].astype(float) for one in (values[label], infrared[label]))
        np.testing.assert_allclose(
            indices[label][marks >= 0], (nir - red) / (nir + red), rtol=1e-5, atol=1e-7
        )
    assert any((one == 7).any() for one in flags.values())


ALL_WAYS = (
    *("--fill", "window:15,relax,neighbours:1,interpolate", "--bands", "nir", "--reducer", "geomedian"),
    *(word for layer in ("date", "age", "spread", "source", "mask") for word in ("--layer", layer)),
    *("--index", "NDVI"),
)


@pytest.mark.slow
def test_filled_files_are_the_same_by_threads_on_a_cluster_in_shards_and_resumed(run, same_files, tmp_path):
    whole = run("whole", *GAPS, *ALL_WAYS, "--workers", "1")
    same_files(whole, run("cluster", *GAPS, *ALL_WAYS, "--cluster", "local", "--workers", "2"))
    parts = [run(f"part{number}", *GAPS, *ALL_WAYS, "--shard", f"{number}/3") for number in (1, 2, 3)]
    merge_shards(parts, tmp_path / "merged")
    for path in sorted(whole.glob("*-mosaic-*/*.tif")):
        assert (tmp_path / "merged" / path.parent.name / path.name).read_bytes() == path.read_bytes()
    # a mosaic that is gone is made again, with the neighbours that fill it
    again = run("again", *GAPS, *ALL_WAYS)
    name = f"days-mosaic-{PERIODS[1]}--P{DAYS}D"
    (again / name / f"{name}.tif").unlink()
    run("again", *GAPS, *ALL_WAYS)
    same_files(whole, again)


def test_a_period_that_nothing_fills_says_why_it_is_empty(mosaic_command, archive, tmp_path):
    outcome = mosaic_command(
        *("--bands", "red", "--stac-url", str(archive.catalog), "--json"),
        *GAPS,
        cwd=tmp_path,
    )
    assert outcome.code == 0, outcome.err
    events = {}
    for line in outcome.out.splitlines():
        event = json.loads(line)
        events.setdefault(event["event"], event)
    cloudy = next(one for one in events["result"]["periods"] if one["start"] == "2020-11-05")
    assert cloudy["holes"] == {"never_observed": 0.0, "always_masked": 1.0, "lost": 0.0}
    planned = events["plan"]["periods"]
    assert [one["overpasses"] for one in planned] == [{"10TET": n} for n in (1, 1, 0, 1)]
    assert {one["expected_overpasses"] for one in planned} == {1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--fill", "magic"), "--fill 'magic' is unknown; choose among window:DAYS"),
        (("--fill", "window"), "--fill window takes a number from 1 to 366, got ''"),
        (("--fill", "relax,relax"), "--fill relax is given more than once"),
        (("--fill", "none", "--fill", "relax"), "--fill none goes with no other way, got 'none,relax'"),
        (("--window", "3years"), "--window needs a number of days or months"),
        (("--window", "3days"), "--window 3days is shorter than the period 2020-11-05--P5D"),
        (("--buffer", "-1"), "--buffer must be between 0 and 500000, got -1"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(options, message, mosaic_command, archive, tmp_path):
    outcome = mosaic_command(
        *("--bands", "red", "--stac-url", str(archive.catalog)), *GAPS, *options, cwd=tmp_path
    )
    assert outcome.code == 2
    assert outcome.err.startswith(f"error: {message}"), outcome.err
    assert outcome.err.count("\n") == 1
