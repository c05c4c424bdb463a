"""Datasets in the hands of xarray, rioxarray and odc-geo: CRS, nodata and scale stay what they are."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import rasterio
import xarray as xr
from pyproj import CRS

from cloudless_mosaic import Aoi, MosaicRequest, open_mosaics
from cloudless_mosaic.cf import grid_coordinates
from cloudless_mosaic.synthetic.acquisitions import AUTUMN
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent

MASKED = ("nir", "red")


@pytest.fixture(scope="module")
def request_of_clouds(tmp_path_factory):
    """One cloudy date, so that some pixels have no data."""
    acquisitions = tuple(one for one in AUTUMN if one.start.date().isoformat() == "2020-10-26")
    extent = Extent(SEATTLE, offset=(6144, 2048), size=(360, 300))
    spec = replace(ArchiveSpec.demo(), extents=(extent,), acquisitions=acquisitions, bands=("B04", "B08"))
    archive = build_archive(tmp_path_factory.mktemp("archive") / "small", spec)
    return MosaicRequest(
        start_date=date(2020, 10, 1),
        end_date=date(2020, 10, 31),
        aoi=Aoi(-122.185, 47.65, -122.15, 47.67),
        bands=MASKED,
        mask="scl",
        resolution=20,
        max_cloud_cover=100,
        layers=("age",),
        stac_url=str(archive.catalog),
    )


@pytest.fixture(scope="module")
def dataset(request_of_clouds):
    computed = open_mosaics(request_of_clouds).compute(scheduler="synchronous")
    share = float((computed["count"] == 0).mean())
    assert 0.02 < share < 0.98
    return computed


@pytest.fixture(scope="module")
def reflectance(dataset):
    """What every way of reading should give: reflectance, NaN where the count is 0."""
    clear = dataset["count"].values > 0
    return {band: np.where(clear, dataset[band].values * 0.0001, np.nan) for band in MASKED}


def test_every_variable_names_its_grid_mapping_and_nodata(dataset):
    assert dataset.attrs["Conventions"].startswith("CF-")
    for name, variable in dataset.data_vars.items():
        assert variable.attrs["grid_mapping"] == "spatial_ref", name
    for band in MASKED:
        attrs = dataset[band].attrs
        assert (attrs["_FillValue"], attrs["scale_factor"], attrs["add_offset"]) == (0, 0.0001, 0.0)
        assert attrs["_FillValue"].dtype == dataset[band].dtype
    assert "_FillValue" not in dataset["count"].attrs
    assert dataset["age"].attrs["_FillValue"].dtype == dataset["age"].dtype
    assert CRS.from_cf(dataset["spatial_ref"].attrs) == CRS.from_epsg(32610)


def test_decoding_gives_reflectance_and_nan(dataset, reflectance):
    decoded = xr.decode_cf(dataset)
    for band in MASKED:
        np.testing.assert_allclose(decoded[band].values, reflectance[band], rtol=1e-6)
    np.testing.assert_array_equal(decoded["count"].values, dataset["count"].values)


@pytest.mark.parametrize("store", ["netcdf", "zarr"])
def test_stores_keep_pixels_and_nodata(dataset, reflectance, tmp_path, store):
    if store == "netcdf":
        pytest.importorskip("h5netcdf")
        path = tmp_path / "mosaics.nc"
        dataset.to_netcdf(path, engine="h5netcdf")
        options = {"engine": "h5netcdf"}
    else:
        pytest.importorskip("zarr")
        path = tmp_path / "mosaics.zarr"
        dataset.to_zarr(path, zarr_format=2)
        options = {"engine": "zarr"}
    with xr.open_dataset(path, decode_coords="all", **options) as opened:
        for band in MASKED:
            np.testing.assert_allclose(opened[band].values, reflectance[band], rtol=1e-6)
        assert "spatial_ref" in opened.coords
    with xr.open_dataset(path, mask_and_scale=False, **options) as raw:
        for name in dataset.data_vars:
            np.testing.assert_array_equal(raw[name].values, dataset[name].values)
            assert raw[name].dtype == dataset[name].dtype


def test_decoded_mosaics_are_packed_again(dataset, tmp_path):
    """From pixels to reflectance to a file and back, the pixels are the same."""
    pytest.importorskip("h5netcdf")
    xr.decode_cf(dataset).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "a.nc", engine="h5netcdf", mask_and_scale=False) as raw:
        for band in MASKED:
            np.testing.assert_array_equal(raw[band].values, dataset[band].values)


def test_odc_geo_finds_the_grid(dataset, request_of_clouds):
    import odc.geo.xr  # noqa: F401, PLC0415 - registers the accessor

    grid = dataset.odc.geobox
    assert grid.crs == "EPSG:32610"
    assert tuple(grid.affine[:6]) == tuple(dataset.attrs["transform"])
    assert dataset["nir"].odc.geobox == grid
    degrees = open_mosaics(replace(request_of_clouds, crs="EPSG:4326", resolution=0.001))
    assert degrees.odc.geobox.crs == "EPSG:4326"


@pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")  # of rioxarray itself
def test_rioxarray_writes_clips_and_reprojects(dataset, tmp_path):
    pytest.importorskip("rioxarray")
    nir = dataset["nir"].isel(time=0)
    assert (nir.rio.crs, nir.rio.nodata) == ("EPSG:32610", 0)
    nir.rio.to_raster(tmp_path / "nir.tif")
    with rasterio.open(tmp_path / "nir.tif") as written:
        np.testing.assert_array_equal(written.read(1), nir.values)
        assert (written.crs, written.nodata, written.scales) == ("EPSG:32610", 0, (0.0001,))
    left, bottom, right, top = nir.rio.bounds()
    clipped = nir.rio.clip_box(left, bottom, (left + right) / 2, top)
    assert clipped.shape[1] == -(-nir.shape[1] // 2)
    turned = nir.rio.reproject("EPSG:4326")
    assert turned.rio.crs == "EPSG:4326"
    assert turned.dtype == np.uint16
    assert (turned == 0).any()
    assert turned.where(turned > 0).mean() == pytest.approx(float(nir.where(nir > 0).mean()), rel=0.02)
    whole = dataset[list(MASKED)].rio.reproject("EPSG:3035")
    assert whole.rio.crs == "EPSG:3035"


@pytest.mark.parametrize(
    ("crs", "names"),
    [
        ("EPSG:32610", ("projection_y_coordinate", "projection_x_coordinate")),
        ("EPSG:3035", ("projection_y_coordinate", "projection_x_coordinate")),
        ("EPSG:3857", ("projection_y_coordinate", "projection_x_coordinate")),
        ("EPSG:4326", ("latitude", "longitude")),
    ],
)
def test_axes_have_standard_names(make_geobox, crs, names):
    coordinates = grid_coordinates(make_geobox((4, 6), crs=crs))
    assert tuple(coordinates[axis][2]["standard_name"] for axis in "yx") == names
    assert coordinates["spatial_ref"][2]["GeoTransform"] == "499980.0 10.0 0.0 5300040.0 0.0 -10.0"
