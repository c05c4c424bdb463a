from importlib.util import find_spec
from pathlib import Path

import pytest
from affine import Affine

from cloudless_mosaic.cog import georeferencing
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo import data_folders
from cloudless_mosaic.geo.data_folders import foreign_data_variables, ignore_foreign_data
from cloudless_mosaic.geo.geobox import GeoBox

OWN = Path(find_spec("rasterio").origin).parent
NAMES = ("PROJ_DATA", "PROJ_LIB", "GDAL_DATA")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    if not (OWN / "proj_data").is_dir():
        pytest.skip("rasterio is not installed from a wheel")
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", NAMES)
def test_another_installation_is_ignored(monkeypatch, tmp_path, name):
    monkeypatch.setenv(name, str(tmp_path))
    assert foreign_data_variables() == (name,)
    ignore_foreign_data()
    assert name not in data_folders.os.environ


def test_our_own_data_stay(monkeypatch):
    monkeypatch.setenv("PROJ_LIB", str(OWN / "proj_data"))
    monkeypatch.setenv("GDAL_DATA", f"{OWN}/../rasterio/gdal_data/")
    assert foreign_data_variables() == ()


def test_without_a_wheel_the_variables_may_be_right(monkeypatch, tmp_path):
    monkeypatch.setenv("PROJ_DATA", str(tmp_path))
    monkeypatch.setattr(data_folders, "_FOLDERS", {"PROJ_DATA": "data-of-the-system"})
    assert foreign_data_variables() == ()


def test_python_is_told_which_variable_breaks_a_crs(monkeypatch):
    monkeypatch.setattr(georeferencing, "foreign_data_variables", lambda: ("PROJ_DATA", "GDAL_DATA"))

    class Crs:
        @staticmethod
        def from_user_input(_):
            raise georeferencing.CRSError("Cannot find proj.db")

    monkeypatch.setattr(georeferencing.rasterio, "CRS", Crs)
    with pytest.raises(UsageError, match="PROJ_DATA and GDAL_DATA name data of another installation"):
        georeferencing.geo_tags(GeoBox((8, 8), Affine(10, 0, 0, 0, -10, 0), "EPSG:3857"))
