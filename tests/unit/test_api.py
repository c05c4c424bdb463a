import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import dask
import numpy as np
import pytest
import rasterio
import shapely

import cloudless_mosaic
from cloudless_mosaic import Aoi, MosaicRequest, build_mosaics, open_mosaics
from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.errors import NoDataError, ObservationsLostError, TemporaryError
from cloudless_mosaic.output.sink import MosaicSink
from cloudless_mosaic.pipeline import plan_mosaics
from cloudless_mosaic.reading import default_reader
from cloudless_mosaic.synthetic.acquisitions import AUTUMN
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent

DAYS = {"2020-10-08", "2020-10-26", "2020-11-22"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    acquisitions = tuple(one for one in AUTUMN if one.start.date().isoformat() in DAYS)
    extent = Extent(SEATTLE, offset=(6144, 2048), size=(600, 400))
    spec = replace(
        ArchiveSpec.demo(), extents=(extent,), acquisitions=acquisitions, bands=("B02", "B04", "B08")
    )
    return build_archive(tmp_path_factory.mktemp("archive") / "small", spec)


@pytest.fixture(scope="module")
def request_of_archive(archive):
    return MosaicRequest(
        start_date=date(2020, 9, 1),
        end_date=date(2020, 11, 30),
        aoi=Aoi(-122.190, 47.639, -122.105, 47.676),
        bands=("nir", "B04"),
        resolution=10,
        max_cloud_cover=100,
        stac_url=str(archive.catalog),
    )


def composed(request):
    """What the tasks of a request give, put together: arrays of shape (time, band, y, x) and (time, y, x)."""
    plan = plan_mosaics(request)
    active = [period for period in plan.periods if period.scenes]
    data = np.zeros((len(active), len(request.bands), *plan.geobox.shape), np.uint16)
    count = np.zeros((len(active), *plan.geobox.shape), np.uint16)
    for i, period in enumerate(active):
        for task in plan.tasks(period):
            composite = compose(task, default_reader())
            data[i][:, *task.block.window] = composite.data
            count[i][task.block.window] = composite.count
    return plan, data, count


def test_dataset_has_the_pixels_of_the_tasks(request_of_archive):
    plan, data, count = composed(request_of_archive)
    dataset = open_mosaics(request_of_archive)
    assert len(plan.blocks) > 1
    with dask.config.set(scheduler="threads", num_workers=2):
        computed = dataset.compute()
    assert list(computed.data_vars) == ["nir", "B04", "count"]
    for i, band in enumerate(request_of_archive.bands):
        np.testing.assert_array_equal(computed[band], data[:, i])
        assert computed[band].attrs["scale_factor"] == 0.0001
        assert computed[band].attrs["nodata"] == 0
    np.testing.assert_array_equal(computed["count"], count)
    assert count.max() >= 2
    assert {variable.dtype for variable in computed.data_vars.values()} == {np.dtype(np.uint16)}


def test_dataset_tells_where_and_when(request_of_archive):
    plan = plan_mosaics(request_of_archive)
    dataset = open_mosaics(request_of_archive)
    assert dataset["nir"].dims == ("time", "y", "x")
    assert [str(month)[:10] for month in dataset["time"].values] == ["2020-10-01", "2020-11-01"]
    left, bottom, right, top = plan.geobox.boundingbox.bbox
    assert (dataset["x"][0], dataset["x"][-1]) == (left + 5, right - 5)
    assert (dataset["y"][0], dataset["y"][-1]) == (top - 5, bottom + 5)
    assert dataset.attrs["crs"] == "EPSG:32610"
    assert dataset.attrs["transform"] == list(plan.geobox.affine)[:6]


def test_dataset_is_lazy_with_a_chunk_for_every_task(request_of_archive, monkeypatch):
    plan = plan_mosaics(request_of_archive)
    monkeypatch.setattr("cloudless_mosaic.compositing.compose.compose", None)
    chunks = open_mosaics(request_of_archive)["count"].chunks
    assert chunks[0] == (1, 1)
    assert chunks[1] == tuple(np.diff(plan.blocks.row_edges))
    assert chunks[2] == tuple(np.diff(plan.blocks.column_edges))


def test_every_block_is_composed_once_for_all_its_variables(request_of_archive, monkeypatch):
    tasks = []

    def spy(task, reader):
        tasks.append((task.period.label, task.block.index))
        return compose(task, reader)

    monkeypatch.setattr("cloudless_mosaic.compositing.compose.compose", spy)
    open_mosaics(request_of_archive).compute(scheduler="synchronous")
    assert len(tasks) == len(set(tasks)) == 2 * len(plan_mosaics(request_of_archive).blocks)


def test_keys_of_two_datasets_never_meet(request_of_archive):
    """A cluster keeps answers by their keys, and the files behind them may have changed."""
    one, other = (open_mosaics(request_of_archive)["count"].data.dask for _ in range(2))
    assert not [key for key in set(one) & set(other) if "compose" in str(key)]
    assert any("compose" in str(key) for key in one)


def test_geographic_grid_has_the_same_dimensions(request_of_archive):
    dataset = open_mosaics(replace(request_of_archive, crs="EPSG:4326", resolution=0.001))
    assert dataset["count"].dims == ("time", "y", "x")
    assert dataset["x"][0] == pytest.approx(-122.1895)
    assert dataset["y"][0] == pytest.approx(47.6755)
    assert dataset["count"].max() >= 2


def test_lost_observation_is_an_error_of_the_computation(archive, request_of_archive, tmp_path):
    item = json.loads(archive.item_path(archive.acquisitions[-1]).read_text())
    folder = archive.item_path(archive.acquisitions[-1]).parent
    for name, asset in item["assets"].items():
        asset["href"] = str(tmp_path / "gone.tif" if name == "B04" else folder / asset["href"])
    path = tmp_path / "item.json"
    path.write_text(json.dumps(item))
    dataset = open_mosaics(replace(request_of_archive, stac_url=str(path)))
    with pytest.raises(ObservationsLostError, match=r"1 observations? could not be read: .*gone\.tif"):
        dataset.compute(scheduler="synchronous")


def test_one_call_gives_the_same_dataset(archive, request_of_archive):
    area = shapely.box(-122.190, 47.639, -122.105, 47.676)
    given = {"resolution": 10, "max_cloud_cover": 100, "stac_url": archive.catalog}
    dataset = cloudless_mosaic.mosaic(area, "2020-09/2020-11", "nir,B04", **given)
    expected = open_mosaics(replace(request_of_archive, aoi=Aoi.parse(area.wkt)))
    assert list(dataset.data_vars) == list(expected.data_vars)
    for name in ("x", "y", "time"):
        np.testing.assert_array_equal(dataset[name], expected[name])


def test_one_call_gives_files_and_a_table_for_notebooks(archive, tmp_path):
    given = {"resolution": 60, "max_cloud_cover": 100, "stac_url": archive.catalog, "output_dir": tmp_path}
    result = cloudless_mosaic.build((-122.190, 47.639, -122.105, 47.676), "2020-10", "red", **given)
    assert result.catalog.is_file()
    shown = result._repr_html_()
    assert "2020-10" in shown
    assert shown.count("data:image/png;base64,iVBOR") == 1
    (tmp_path / "monthly-mosaic-2020-10" / "monthly-mosaic-2020-10-thumbnail.png").unlink()
    assert "<img" not in result._repr_html_()


def test_a_plan_is_a_table_for_notebooks(request_of_archive):
    shown = cloudless_mosaic.plan_mosaics(request_of_archive)._repr_html_()
    assert shown.count("<tr>") == 4
    assert "pixels of 10 m in EPSG:32610" in shown


def test_no_scene_is_an_error_at_once(request_of_archive):
    with pytest.raises(NoDataError):
        open_mosaics(replace(request_of_archive, start_date=date(2021, 1, 1), end_date=date(2021, 1, 31)))


@pytest.mark.slow
def test_files_have_the_same_pixels(request_of_archive, tmp_path):
    request = replace(request_of_archive, output_dir=tmp_path, bands=("B04",), workers=2)
    _, data, count = composed(request)
    result = build_mosaics(request)
    assert result.catalog == tmp_path / "catalog.json"
    assert [period.empty for period in result.periods] == [True, False, False]
    for i, period in enumerate(result.periods[1:]):
        folder = tmp_path / f"monthly-mosaic-{period.period.label}"
        with rasterio.open(folder / f"{folder.name}.tif") as dataset:
            np.testing.assert_array_equal(dataset.read(), data[i])
        with rasterio.open(folder / f"{folder.name}-count.tif") as dataset:
            np.testing.assert_array_equal(dataset.read(1), count[i])
        assert all(Path(file).is_file() for file in period.files)


@pytest.mark.slow
def test_a_mosaic_whose_blocks_are_all_kept_is_finished(request_of_archive, tmp_path, monkeypatch):
    request = replace(request_of_archive, output_dir=tmp_path, bands=("B04",), workers=2)

    def full(*_):
        raise TemporaryError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(MosaicSink, "_publish", full)
        with pytest.raises(TemporaryError, match="the disk is full"):
            build_mosaics(request)
    result = build_mosaics(request)
    assert result.catalog.is_file()
    assert [period.empty for period in result.periods] == [True, False, False]


def test_names_of_the_package_are_found_when_they_are_used():
    assert cloudless_mosaic.MosaicResult.__name__ == "MosaicResult"
    assert set(cloudless_mosaic.__all__) >= {"open_mosaics", "build_mosaics", "MosaicRequest", "Aoi"}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = cloudless_mosaic.nothing


def test_a_catalog_that_can_not_be_followed_is_the_reason_for_no_scene(request_of_archive, tmp_path):
    links = [{"rel": "child", "href": "./gone/collection.json"}]
    catalog = {"type": "Catalog", "stac_version": "1.0.0", "id": "a", "description": "a", "links": links}
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    with pytest.raises(NoDataError, match=r"no scene found .*: the catalog's link to .*gone.*fails"):
        plan_mosaics(replace(request_of_archive, stac_url=str(tmp_path / "catalog.json")))
