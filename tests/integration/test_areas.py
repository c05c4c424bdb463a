"""An area in every form in which people have one comes to the same plan."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pyarrow as pa
import pyogrio.raw
import pytest
import shapely
from pyarrow import parquet
from pyproj import Transformer

WEST, SOUTH, EAST, NORTH = -122.20, 47.60, -122.10, 47.65
AREA = shapely.box(WEST, SOUTH, EAST, NORTH)
SEARCH = ("--start-date", "2020-10-01", "--end-date", "2020-10-31", "--bands", "red", "--resolution", "100")


@pytest.fixture
def extent(demo_archive, mosaic_command, tmp_path):
    """Rows of the plan that the grid decides, and all that was said."""

    def plan(aoi):
        options = (*SEARCH, "--stac-url", str(demo_archive.catalog), f"--aoi={aoi}", "--json")
        done = mosaic_command("plan", *options, cwd=tmp_path)
        assert done.code == 0, done.err
        events = [json.loads(line) for line in done.out.splitlines()]
        grid = {key: event[key] for event in events for key in ("crs", "shape", "transform") if key in event}
        return grid, done.out + done.err

    return plan


@pytest.fixture
def boxed(extent):
    return extent(f"{WEST},{SOUTH},{EAST},{NORTH}")[0]


@pytest.mark.parametrize(
    ("name", "note"),
    [
        *((f"aoi-crs-{i}.geojson", "") for i in (1, 2, 3)),
        ("aoi-crs-5.geojson", "ETRS89; taken as WGS 84"),
        ("aoi-null-geometry.geojson", "1 features without geometry"),
        *(("aoi-xyzm.geojson", ""), ("aoi-ogc-bbox.json", "")),
    ],
)
def test_areas_that_people_have(shared_cases, extent, boxed, name, note):
    grid, said = extent(shared_cases / name)
    assert grid == boxed
    assert note in said
    assert note or "AOI" not in said


@pytest.mark.parametrize(
    "text",
    [AREA.wkt, f"SRID=4326;{AREA.wkt}", str([WEST, SOUTH, EAST, NORTH]), f"{WEST} {SOUTH} {EAST} {NORTH}"],
)
def test_areas_as_text(extent, boxed, text):
    grid, said = extent(text)
    assert grid == boxed
    assert "AOI" not in said


def save(path, crs="EPSG:4326", driver=None, **options):
    """The area as a layer of a file, with a feature without geometry beside it."""
    moved = shapely.transform(
        AREA, Transformer.from_crs(4326, crs, always_xy=True).transform, interleaved=False
    )
    empty = [] if path.suffix == ".fgb" else [None]
    geometries = np.array([shapely.to_wkb(moved), *empty], dtype=object)
    names = [np.array(["a", "b"][: len(geometries)], dtype=object)]
    kind = {"geometry_type": "Polygon", "crs": crs, "driver": driver}
    pyogrio.raw.write(path, geometries, names, ["name"], **kind, **options)


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.kml", "a.fgb", "a.gml", "a.geojsonl"])
def test_files_that_gdal_reads(extent, boxed, tmp_path, name):
    save(tmp_path / name, driver="LIBKML" if name == "a.kml" else None)
    assert extent(tmp_path / name)[0] == boxed


def test_a_file_in_another_crs_and_in_an_archive(extent, tmp_path):
    save(tmp_path / "field.shp", "EPSG:32610")
    with zipfile.ZipFile(tmp_path / "field.zip", "w") as archive:
        for path in tmp_path.glob("field.*"):
            if path.suffix != ".zip":
                archive.write(path, path.name)
    for name in ("field.shp", "field.zip"):
        grid, said = extent(tmp_path / name)
        assert grid["crs"] == "EPSG:32610"
        assert "transformed from WGS 84 / UTM zone 10N" in " ".join(said.split())


def test_a_file_without_crs_is_degrees(extent, boxed, tmp_path):
    save(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    grid, said = extent(tmp_path / "a.shp")
    assert grid == boxed
    assert "names no CRS" in said


def test_all_layers_are_used(extent, boxed, tmp_path):
    for layer in ("north", "south"):
        save(tmp_path / "a.gpkg", layer=layer, append=layer == "south")
    grid, said = extent(tmp_path / "a.gpkg")
    assert grid == boxed
    assert "all 2 layers" in said


@pytest.mark.parametrize("crs", [None, "absent", "EPSG:4258"])
def test_geoparquet(extent, boxed, tmp_path, crs):
    column = {"encoding": "WKB", "geometry_types": ["Polygon"]}
    if crs != "absent":
        column["crs"] = crs
    geo = {"version": "1.1.0", "primary_column": "shape", "columns": {"shape": column}}
    table = pa.table({"shape": [shapely.to_wkb(AREA), None]}).replace_schema_metadata(
        {"geo": json.dumps(geo)}
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    assert extent(tmp_path / "a.parquet")[0] == boxed


def test_home_folders_and_file_addresses(extent, boxed, tmp_path, monkeypatch):
    (tmp_path / "my area.geojson").write_text(json.dumps(shapely.geometry.mapping(AREA)))
    monkeypatch.setenv("HOME", str(tmp_path))
    for text in ("~/my area.geojson", f"file://{tmp_path}/my%20area.geojson"):
        assert extent(text)[0] == boxed


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.gpkg", b"no database", "no file that GDAL reads polygons from"),
        ("a.parquet", b"PAR1", "no GeoParquet"),
        ("a.xyz", b"1 2 3", "no file that GDAL reads polygons from"),
        ("a.txt", b"some words", "four numbers"),
    ],
)
def test_a_file_that_is_no_area(mosaic_command, tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    done = mosaic_command("plan", *SEARCH, f"--aoi={tmp_path / name}", cwd=tmp_path)
    assert done.code == 2
    assert said in done.err
    assert str(tmp_path / name) in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(("suffix", "library"), [("gpkg", "pyogrio"), ("parquet", "pyarrow")])
def test_a_missing_library_is_named(mosaic_command, tmp_path, suffix, library):
    (tmp_path / f"a.{suffix}").touch()
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        f"u.find_spec = lambda name, *rest: None if name == {library!r} else find(name, *rest)\n"
    )
    done = mosaic_command(
        "plan", *SEARCH, f"--aoi=a.{suffix}", cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}
    )
    assert done.code == 2
    assert f"{library}, which is missing; pip install 'cloudless-mosaic[vector]'" in done.err
