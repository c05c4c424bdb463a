"""Areas in files, as people have them."""

import json

import numpy as np
import pytest
import shapely

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.errors import UsageError

raw = pytest.importorskip("pyogrio.raw")

BOX = shapely.box(14, 45, 16, 46)
METRES = shapely.box(500_000, 5_000_000, 510_000, 5_010_000)


@pytest.fixture
def save(tmp_path):
    def write(name, *geometries, crs="EPSG:4326"):
        encoded = np.array(
            [shape if shape is None else shapely.to_wkb(shape) for shape in geometries], object
        )
        raw.write(tmp_path / name, encoded, [], [], crs=crs, geometry_type="Polygon")
        return tmp_path / name

    return write


def test_features_without_a_geometry_are_noted(save):
    aoi = Aoi.from_file(save("a.gpkg", BOX, None))
    assert aoi == Aoi.from_geojson(shapely.geometry.mapping(BOX))
    assert aoi.notes == ("AOI holds 1 features without geometry; left out",)


def test_a_shapefile_without_its_index_is_named(save):
    path = save("a.shp", BOX)
    path.with_suffix(".shx").unlink()
    with pytest.raises(UsageError, match=r"a shapefile is several files, and a\.shx is missing"):
        Aoi.from_file(path)


def test_metres_of_a_file_without_crs_are_told_apart(save):
    path = save("a.shp", METRES, crs="EPSG:32633")
    path.with_suffix(".prj").unlink()
    with pytest.raises(UsageError, match=r"outside of the world.*names no CRS"):
        Aoi.from_file(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_with_a_byte_order_mark(tmp_path, encoding):
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(shapely.geometry.mapping(BOX)), encoding)
    assert Aoi.from_file(path) == Aoi.from_geojson(shapely.geometry.mapping(BOX))


def test_text_in_an_old_encoding_is_named(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"name": "Zürich"}, ensure_ascii=False), "latin-1")
    with pytest.raises(UsageError, match="no text in UTF-8"):
        Aoi.from_file(path)
