import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cloudless_mosaic.domain.scenes import SourceRaster
from cloudless_mosaic.errors import AccessError, ContentError, SourceError, UsageError
from cloudless_mosaic.execution import worker
from cloudless_mosaic.execution.preflight import check_reports, require_access, sample_rasters
from cloudless_mosaic.execution.worker import WorkerReport, package_digest, report

ROOT = Path(__file__).parents[3]
OURS = WorkerReport({"python": "3.11", "numpy": "2.4.6"}, (), {"https://a/x.tif": "", "/b.tif": "gone"})


def test_equal_workers_pass_and_one_that_differs_is_found_among_them():
    workers = {"tcp://one": OURS, "tcp://other": replace(OURS)}
    check_reports(OURS, workers)
    with pytest.raises(UsageError, match="tcp://third"):
        check_reports(OURS, workers | {"tcp://third": replace(OURS, versions={})})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"versions": {"python": "3.12", "numpy": "2.4.6"}},
            r"tcp://two .*python 3\.12 there, 3\.11 here.*image",
        ),
        ({"versions": {"python": "3.11"}}, r"numpy not installed there, 2\.4\.6 here"),
        ({"environment": ("GDAL_NUM_THREADS=8",)}, "GDAL_NUM_THREADS=8 in its environment"),
        (
            {"readable": {"https://a/x.tif": "x.tif can't be read: 403"}},
            "can't read what this computer can: .*403",
        ),
    ],
)
def test_worker_that_differs_is_named_with_what_to_change(changes, words):
    reports = {"tcp://one": OURS, "tcp://two": replace(OURS, **changes)}
    with pytest.raises(UsageError, match=words):
        check_reports(OURS, reports)


def test_what_no_process_has_access_to_ends_the_run_with_the_reason():
    shut = replace(OURS, readable={"https://a/x.tif": "a refuses access (403)"}, refused={"https://a/x.tif"})
    with pytest.raises(UsageError, match=r"can read a scene, for example a refuses access \(403\)"):
        check_reports(shut, {"tcp://one": shut})
    # where a failure may pass, or a worker reads it, there is hope
    check_reports(replace(shut, refused=frozenset()), {"tcp://one": shut})
    check_reports(shut, {"tcp://one": replace(shut, readable={"https://a/x.tif": ""}, refused=frozenset())})


class Door:
    """A reader whose headers fail as they are told to."""

    def __init__(self, *outcomes):
        self.outcomes = dict(enumerate(outcomes))
        self.asked = []

    def prepare(self, hrefs):
        pass

    def header(self, href):
        self.asked.append(href)
        outcome = self.outcomes[int(href.rpartition("/")[2])]
        if outcome:
            raise outcome


def hrefs_of(count):
    return [f"https://a.example/{number}" for number in range(count)]


def rasters_of(count, *alternates):
    return [SourceRaster(href, None, alternates=alternates) for href in hrefs_of(count)]


def test_a_fault_of_every_raster_is_named_before_the_work():
    door = Door(*[AccessError("the certificate is not trusted")] * 20)
    with pytest.raises(UsageError, match="none of the 20 scenes can be read, for example the certificate"):
        require_access(door, rasters_of(20))


@pytest.mark.parametrize("last", [None, SourceError("stalls"), ContentError("format")], ids=str)
def test_one_raster_that_may_be_read_is_enough(last):
    door = Door(AccessError("refused"), AccessError("refused"), last, None)
    require_access(door, rasters_of(4))
    assert door.asked == hrefs_of(3)


def test_the_first_raster_is_enough_and_local_ones_are_not_tried():
    door = Door(None, None)
    require_access(door, rasters_of(2))
    assert door.asked == hrefs_of(1)
    require_access(door, [SourceRaster("/data/a.tif", None)])
    require_access(door, [])
    assert door.asked == hrefs_of(1)


def test_a_file_counts_against_a_worker_only_where_this_computer_can_read_it():
    reading, failing = replace(OURS, readable={"/b.tif": ""}), replace(OURS, readable={"/b.tif": "gone"})
    refused = []
    for ours in (reading, failing):
        for theirs in (reading, failing):
            try:
                check_reports(ours, {"tcp://one": theirs})
            except UsageError:
                refused.append((ours, theirs))
    assert refused == [(reading, failing)]


def test_report_tells_versions_environment_and_what_can_be_read(monkeypatch, tmp_path):
    monkeypatch.setenv("GDAL_NUM_THREADS", "1")
    monkeypatch.setenv("CPL_CURL_VERBOSE", "yes")
    missing = str(tmp_path / "missing.tif")
    found = report([SourceRaster(missing, None)])
    assert found.versions["numpy"][0].isdigit()
    assert found.versions["cloudless-mosaic (source)"] == package_digest()
    assert found.environment == ("CPL_CURL_VERBOSE=yes",)
    assert "missing.tif" in found.readable[missing]


def test_versions_that_are_compared_are_of_packages_that_are_needed():
    """Positions of pixels come from pyproj, their values from numpy and the codecs."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in needed}
    compared = set(report(()).versions) - {"python", "cloudless-mosaic (source)"}
    assert compared <= names
    assert compared >= {"numpy", "pyproj", "imagecodecs", "rasterio"}


def test_missing_distribution_is_a_version_like_any_other(monkeypatch):
    monkeypatch.setattr("cloudless_mosaic.execution.worker._PACKAGES", ("no-such-distribution",))
    assert report(()).versions["no-such-distribution"] == "not installed"


def test_a_few_rasters_of_every_place_are_tried(world, make_geobox):
    for day in range(1, 9):
        world.add(np.zeros((64, 64), np.uint16), np.zeros((32, 32)), day=day)
    plan = world.plan(make_geobox((64, 64)))
    assert len(sample_rasters(plan)) == 3
    assert {raster.href for raster in sample_rasters(plan)} <= set(world.rasters)


def test_every_line_that_decides_pixels_is_in_the_digest(tmp_path, monkeypatch):
    package = tmp_path / "cloudless_mosaic"
    shutil.copytree(Path(worker.__file__).parents[1], package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(worker, "__file__", str(package / "execution/worker.py"))
    seen = {package_digest.__wrapped__()}
    assert seen == {package_digest()}
    for name in ("reducers.py", "kernels/reducing.c", "kernels/kernels.h"):
        with (package / name).open("a") as file:
            file.write(" ")
        seen.add(package_digest.__wrapped__())
    assert len(seen) == 4
    (package / "kernels/_native.abi3.so").write_bytes(b"of another processor")
    assert package_digest.__wrapped__() in seen
