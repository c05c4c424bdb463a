import hashlib
import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from rio_cogeo import cog_validate

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.synthetic import archive as archive_module
from cloudless_mosaic.synthetic.acquisitions import AUTUMN, CLEAR_AUTUMN, Swath
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.granules import Extent
from cloudless_mosaic.synthetic.ground import make_ground
from cloudless_mosaic.synthetic.landcover import SHALLOWS
from cloudless_mosaic.synthetic.surface import BANDS, Season, clear_reflectance

pytestmark = pytest.mark.slow

README_UTM = (554340, 5266190, 578160, 5288570)
"""The README's area of interest in EPSG:32610: left, bottom, right, top."""


def item_of(archive, acquisition):
    return json.loads(archive.item_path(acquisition).read_text())


def raster_path(archive, acquisition, name):
    item = item_of(archive, acquisition)
    return archive.item_path(acquisition).parent / item["assets"][name]["href"]


def pixels(archive, acquisition, name, **options):
    with rasterio.open(raster_path(archive, acquisition, name), **options) as dataset:
        return dataset.read(1)


def on_day(archive, day):
    return [a for a in archive.acquisitions if a.start.date().isoformat() == day]


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_spec_gives_the_same_bytes_with_any_number_of_workers(small_archive, tmp_path):
    again = build_archive(tmp_path / "again", small_archive.spec, workers=1)
    assert digest(again.folder) == digest(small_archive.folder)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SCL", "f488071a4095ecba941168fbaf0763993ae2aabaffa395c9b27e436a7ed0ca0c"),
        ("B02", "17518e8f70f5dfd97f2e9a46f5116e4d6b2554b8107ee9b6327a656da0043789"),
        ("B03", "508cf0ffceb00197f87c7b60af9cb1e40aced599d8965c17ec3f70bbc70fabec"),
        ("B04", "258eafaa1488f0ca86e720222c42128b0842c913a5573c2a24b060bbeba9f3cb"),
        ("B08", "dd8d7d9a3757c4d2d8803fd1b5e5e136663f0aaacf19ee3863880bfd584a67af"),
    ],
)
def test_pixels_are_those_of_every_version_before(small_archive, name, expected):
    digest = hashlib.sha256()
    for acquisition in small_archive.acquisitions:
        digest.update(pixels(small_archive, acquisition, name).tobytes())
    assert digest.hexdigest() == expected


def test_another_seed_gives_another_land(small_archive, tmp_path):
    spec = replace(small_archive.spec, seed=1, acquisitions=small_archive.acquisitions[:1])
    other = build_archive(tmp_path / "other", spec)
    assert (other.truth("B08", "2020-10") != small_archive.truth("B08", "2020-10")).mean() > 0.5


def test_complete_archive_is_reused(small_archive):
    before = small_archive.catalog.stat().st_mtime_ns
    assert build_archive(small_archive.folder, small_archive.spec) == small_archive
    assert small_archive.catalog.stat().st_mtime_ns == before


def test_archive_of_another_spec_is_replaced_whole(small_archive, tmp_path):
    spec = replace(small_archive.spec, acquisitions=small_archive.acquisitions[:1], bands=("B04",))
    folder = tmp_path / "archive"
    build_archive(folder, spec)
    build_archive(folder, replace(spec, bands=("B08",)))
    assert len(list(folder.rglob("*B08_10m.tif"))) == 1
    assert not list(folder.rglob("*B04_10m.tif"))
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_interrupted_archive_leaves_nothing(small_archive, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("cloudless_mosaic.synthetic.archive.write_catalog", interrupt)
    spec = replace(small_archive.spec, acquisitions=small_archive.acquisitions[:1])
    with pytest.raises(KeyboardInterrupt):
        build_archive(tmp_path / "archive", spec)
    assert list(tmp_path.iterdir()) == []


def test_empty_folder_is_filled_and_a_foreign_one_is_refused(small_archive, tmp_path):
    spec = replace(small_archive.spec, acquisitions=small_archive.acquisitions[:1], bands=("B04",))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert build_archive(empty, spec).catalog.is_file()
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    file = tmp_path / "file"
    file.write_text("more work")
    for place in (foreign, file):
        with pytest.raises(UsageError, match="choose another folder"):
            build_archive(place, spec)
    assert (foreign / "thesis.txt").read_text() == "years of work"


def test_archive_that_no_overpass_sees_is_refused(small_archive, tmp_path):
    far_west = Swath((-130.0, 47.0), 194.0)
    blind = replace(small_archive.acquisitions[0], swath=far_west)
    with pytest.raises(UsageError, match="swaths"):
        build_archive(tmp_path / "archive", replace(small_archive.spec, acquisitions=(blind,)))


def test_fingerprint_tells_specs_apart():
    demo = ArchiveSpec.demo()
    others = [replace(demo, noise=0.1), replace(demo, seed=1), ArchiveSpec.full_tile()]
    assert len({spec.fingerprint for spec in (demo, *others)}) == 4
    assert demo.fingerprint == ArchiveSpec.demo().fingerprint


def test_fingerprint_changes_with_every_file_that_builds(tmp_path, monkeypatch):
    package = tmp_path / "package"
    shutil.copytree(
        Path(archive_module.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(archive_module, "__file__", str(package / "archive.py"))
    seen = {ArchiveSpec.demo().fingerprint}
    for name in ("ground.py", "native/land.c", "native/native.h"):
        with (package / name).open("a") as file:
            file.write(" ")
        seen.add(ArchiveSpec.demo().fingerprint)
    assert len(seen) == 4
    (package / "native/_native.abi3.so").write_bytes(b"of another processor")
    assert ArchiveSpec.demo().fingerprint in seen


def test_demo_covers_the_readme_example_with_a_margin():
    (extent,) = ArchiveSpec.demo().extents
    left, bottom, right, top = extent.grid(10).bounds
    assert left < README_UTM[0] - 200
    assert bottom < README_UTM[1] - 200
    assert right > README_UTM[2] + 200
    assert top > README_UTM[3] + 200


def test_demo_has_every_kind_of_acquisition():
    assert len({a.overpass for a in AUTUMN}) >= 12
    assert {a.platform for a in AUTUMN} == {"S2A", "S2B"}
    assert {a.start.month for a in AUTUMN} == {10, 11, 12}
    assert [a.baseline for a in AUTUMN if a.baseline >= "04.00"] == ["05.00"]
    assert [a.sky.clouds for a in AUTUMN].count(1.0) == 1
    assert sum(a.swath is not None for a in AUTUMN) == 3
    twins = [a for a in AUTUMN if a.overpass == CLEAR_AUTUMN[1].overpass]
    assert [a.baseline for a in twins] == ["02.12", "02.14"]
    assert twins[0].generated < twins[1].generated


def test_orbits_return_after_five_and_ten_days():
    for track in (113, 13):
        passes = [a for a in AUTUMN if a.relative_orbit == track]
        assert {(a.start - passes[0].start).days % 5 for a in passes} == {0}
        for platform in ("S2A", "S2B"):
            own = [a for a in passes if a.platform == platform]
            days = [(a.start - own[0].start).days for a in own]
            assert [(a.absolute_orbit - own[0].absolute_orbit) * 10 for a in own] == [143 * d for d in days]


@pytest.mark.parametrize("name", [*BANDS, "SCL"])
def test_rasters_are_cloud_optimized_and_lie_where_their_item_says(small_archive, name):
    for acquisition in small_archive.acquisitions:
        path = raster_path(small_archive, acquisition, name)
        valid, errors, warnings = cog_validate(path, strict=True, quiet=True)
        assert (valid, errors, warnings) == (True, [], [])
        asset = item_of(small_archive, acquisition)["assets"][name]
        with rasterio.open(path) as dataset:
            assert list(dataset.shape) == asset["proj:shape"]
            assert list(dataset.transform)[:6] == asset["proj:transform"]
            assert list(dataset.bounds) == asset["proj:bbox"]
            assert dataset.crs.to_epsg() == 32610
            assert dataset.nodata == 0
            assert dataset.dtypes == ("uint8" if name == "SCL" else "uint16",)
            assert dataset.block_shapes == [(512, 512)]
            assert dataset.compression.name == "deflate"
            predictor = dataset.tags(ns="IMAGE_STRUCTURE").get("PREDICTOR")
            assert predictor == (None if name == "SCL" else "2")
            assert dataset.overviews(1) == ([2] if name == "SCL" else [2, 4])


def test_tiles_of_file_and_granule_coincide(small_archive):
    (extent,) = small_archive.spec.extents
    for resolution in (10, 20):
        grid, whole = extent.grid(resolution), Extent(extent.granule).grid(resolution)
        for i in (0, 1):
            assert (grid.origin[i] - whole.origin[i]) % (512 * resolution) == 0


def test_band_overviews_average_valid_pixels_only(small_archive):
    (acquisition,) = on_day(small_archive, "2020-10-26")
    native = pixels(small_archive, acquisition, "B04").astype(float)
    overview = pixels(small_archive, acquisition, "B04", overview_level=0)
    four = np.stack([native[i::2, j::2] for i in (0, 1) for j in (0, 1)])
    count = (four > 0).sum(axis=0)
    mean = np.floor(four.sum(axis=0) / np.maximum(count, 1) + 0.5)
    assert 0 < (count == 0).mean() < 1
    np.testing.assert_array_equal(overview, np.where(count, mean, 0))


def test_scl_overviews_hold_only_classes_of_the_native_pixels(small_archive):
    for acquisition in small_archive.acquisitions:
        native = pixels(small_archive, acquisition, "SCL")
        overview = pixels(small_archive, acquisition, "SCL", overview_level=0)
        np.testing.assert_array_equal(overview, native[::2, ::2])


def test_swath_edge_is_nodata_in_every_raster(small_archive):
    (acquisition,) = on_day(small_archive, "2020-10-26")
    unseen = pixels(small_archive, acquisition, "SCL") == 0
    assert 0.1 < unseen.mean() < 0.9
    assert unseen[:, -1].mean() > unseen[:, 0].mean()
    for band in BANDS:
        missing = pixels(small_archive, acquisition, band) == 0
        np.testing.assert_array_equal(missing, unseen.repeat(2, 0).repeat(2, 1))


def test_day_under_cloud_shows_nothing(small_archive):
    (acquisition,) = on_day(small_archive, "2020-11-07")
    assert item_of(small_archive, acquisition)["properties"]["eo:cloud_cover"] > 99
    assert not small_archive.clear_truth(acquisition).any()


def test_twin_differs_in_pixels_and_not_in_the_sky(small_archive):
    first, second = on_day(small_archive, "2020-10-08")
    items = [item_of(small_archive, a) for a in (first, second)]
    assert items[0]["id"] != items[1]["id"]
    assert items[0]["properties"]["datetime"] == items[1]["properties"]["datetime"]
    strips = [item["properties"]["s2:datastrip_id"].split("_S")[-1][:15] for item in items]
    assert strips[0] == strips[1]
    np.testing.assert_array_equal(*(pixels(small_archive, a, "SCL") for a in (first, second)))
    ours, theirs = (pixels(small_archive, a, "B08").astype(int) for a in (first, second))
    assert (ours != theirs).mean() > 0.5
    assert np.abs(ours - theirs).max() < 400


def test_clear_pixels_are_the_truth_of_their_day_within_the_errors_of_the_sensor(small_archive, pool):
    (extent,) = small_archive.spec.extents
    ground = make_ground(small_archive.spec.seed, extent.grid(10), pool)
    for acquisition in small_archive.acquisitions:
        clear = small_archive.clear_truth(acquisition)
        offset = 1000 if acquisition.baseline == "05.00" else 0
        for band in BANDS:
            truth = clear_reflectance(ground, Season.of(acquisition.start.date()), band)[clear].astype(int)
            seen = pixels(small_archive, acquisition, band)[clear].astype(int) - offset
            # gain 1.5 percent, bias 12, stripes 3, noise 1 (at most 2.5), rounding of both 1
            assert (np.abs(seen - truth) <= 0.015 * truth + 18.5).all()


def test_clouds_brighten_and_shadows_darken_what_they_cover(small_archive, pool):
    (extent,) = small_archive.spec.extents
    first, _ = on_day(small_archive, "2020-10-08")
    ground = make_ground(small_archive.spec.seed, extent.grid(10), pool)
    truth = clear_reflectance(ground, Season.of(first.start.date()), "B02").astype(int)
    seen = pixels(small_archive, first, "B02").astype(int)
    scl = pixels(small_archive, first, "SCL").repeat(2, 0).repeat(2, 1)
    assert (seen - truth)[scl == 9].min() > 2000
    land = (scl == 3) & (ground.cover > SHALLOWS)
    assert land.any()
    assert np.median((seen / truth)[land]) < 0.9


def test_truth_follows_the_season(small_archive, pool):
    (extent,) = small_archive.spec.extents
    ground = make_ground(small_archive.spec.seed, extent.grid(10), pool)
    expected = clear_reflectance(ground, Season.of(date(2020, 12, 15)), "B08")
    december = small_archive.truth("B08", "2020-12")
    np.testing.assert_array_equal(december, expected)
    assert december.dtype == np.uint16
    assert december.min() >= 1
    assert np.median(small_archive.truth("B08", "2020-10", extent)) > np.median(december)


def test_catalog_and_items_are_valid_stac(small_archive):
    catalog = pystac.Catalog.from_file(str(small_archive.catalog))
    (collection,) = catalog.get_children()
    items = list(catalog.get_items(recursive=True))
    assert len(items) == len(small_archive.acquisitions)
    for item in items:
        assert item.get_collection().id == collection.id == "sentinel-2-l2a"
        assert all(Path(asset.get_absolute_href()).is_file() for asset in item.assets.values())
    validator = JsonSchemaSTACValidator()
    for thing in (catalog, collection, *items):  # core schemas only: those of extensions are not bundled
        document = thing.to_dict()
        assert validator.validate_core(document, thing.STAC_OBJECT_TYPE, document["stac_version"])


def test_catalog_names_no_place_of_the_machine(small_archive):
    for path in small_archive.folder.rglob("*.json"):
        links = json.loads(path.read_text()).get("links", [])
        assert links
        assert all(link["href"].startswith(("./", "../")) for link in links)
        assert str(small_archive.folder) not in path.read_text()


def test_neighbouring_granules_agree_where_they_overlap(small_archive, tmp_path):
    granule = small_archive.spec.extents[0].granule
    neighbour = replace(granule, name="10TFT", origin=(600000, granule.origin[1]))
    west, east = Extent(granule, (10240, 0), (740, 256)), Extent(neighbour, (0, 0), (1024, 256))
    acquisitions = tuple(replace(a, swath=None) for a in CLEAR_AUTUMN[1:3])
    spec = replace(small_archive.spec, extents=(west, east), acquisitions=acquisitions)
    archive = build_archive(tmp_path / "two", spec)
    shared = (west.grid(10).origin[0] - east.grid(10).origin[0]) / 10
    window = np.s_[:, int(shared) : int(shared) + 740]
    truths = [archive.truth("B08", "2020-10", extent) for extent in (west, east)]
    np.testing.assert_array_equal(truths[0], truths[1][window])
    for acquisition in acquisitions:
        clear = [archive.clear_truth(acquisition, extent) for extent in (west, east)]
        np.testing.assert_array_equal(clear[0], clear[1][window])
        seen = []
        for extent in (west, east):
            (path,) = archive.item_path(acquisition, extent).parent.glob("*_B02_10m.tif")
            with rasterio.open(path) as dataset:
                seen.append(dataset.read(1))
        np.testing.assert_array_equal(seen[0], seen[1][window])


def test_swath_that_misses_an_extent_makes_no_item(small_archive, tmp_path):
    near, far = small_archive.acquisitions[0], replace(CLEAR_AUTUMN[2], swath=Swath((-130.0, 47.0), 194.0))
    spec = replace(small_archive.spec, acquisitions=(near, far), bands=("B04",))
    archive = build_archive(tmp_path / "archive", spec)
    assert archive.item_path(near).is_file()
    assert not archive.item_path(far).exists()
