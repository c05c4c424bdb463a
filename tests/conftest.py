import json
import pickle
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from cloudless_mosaic.catalog import find_scenes
from cloudless_mosaic.catalog.paging import Call, drain
from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.catalog.search import _ItemFilter, _latest_by_id
from cloudless_mosaic.catalog.settings import ApiSettings
from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.errors import CloudlessMosaicError, TemporaryError
from cloudless_mosaic.net import hosts
from cloudless_mosaic.output import OutputFolder
from cloudless_mosaic.planning.plan import make_plan
from cloudless_mosaic.reading import TileReader
from cloudless_mosaic.synthetic.acquisitions import AUTUMN
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent
from fault_server import FaultyServer, serving
from quick_reader import QUICK, QuickReader
from seaweedfs import running_seaweedfs
from stac_output import check_output

# an example takes as long as the machine's load makes it
settings.register_profile("project", deadline=None)
settings.register_profile("fast", settings.get_profile("project"), max_examples=15)
settings.load_profile("project")


def pytest_configure(config):
    # odc-geo multiplies affines the way that affine 3.1 advises against
    config.addinivalue_line("filterwarnings", "ignore:Use .@. matmul:PendingDeprecationWarning:odc")


@pytest.fixture(scope="session", autouse=True)
def outputs_are_valid():
    """Holds what every run in this process has written against schemas and links."""
    complete = OutputFolder.complete

    def check(output, results):
        catalog = complete(output, results)
        check_output(output.path)
        return catalog

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OutputFolder, "complete", check)
        yield


@pytest.fixture(scope="session")
def shared_cases():
    """Folder of small inputs beside the project, as people gave them to programs of this kind."""
    folder = (Path(__file__).resolve().parents[1] / "../shared/cases").resolve()
    if not folder.is_dir():
        pytest.skip(f"the small inputs are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def shared_data():
    """Folder of real scenes and metadata beside the project."""
    folder = (Path(__file__).resolve().parents[1] / "../shared/data").resolve()
    if not folder.is_dir():
        pytest.skip(f"the real test data is not at {folder}")
    return folder


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory):
    """A real S3 server with a public and a private bucket."""
    if sys.platform != "linux":
        pytest.skip("SeaweedFS is installed for Linux only")
    with running_seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as store:
        yield store


@pytest.fixture(scope="session")
def trial_archive(tmp_path_factory):
    """Five dates of one month over 15 km by 15 km, with pixels that hardly compress."""
    spec = ArchiveSpec(
        (Extent(SEATTLE, offset=(5120, 1024), size=(1536, 1536)),),
        AUTUMN[:5],
        bands=("B02", "B04", "B08"),
        noise=1.0,
    )
    return build_archive(tmp_path_factory.mktemp("trial") / "archive", spec)


@pytest.fixture(scope="session")
def trial_request(trial_archive):
    """All of the archive, native pixels."""
    return MosaicRequest(
        start_date=date(2020, 10, 1),
        end_date=date(2020, 10, 31),
        aoi=Aoi(-122.31, 47.62, -122.12, 47.748),
        bands=("blue", "red", "nir"),
        stac_url=str(trial_archive.catalog),
        resolution=10,
        max_cloud_cover=100,
    )


@pytest.fixture(scope="session")
def trial_tasks(trial_request):
    """The tasks of the request."""
    plan = make_plan(trial_request, find_scenes(trial_request))
    return [task for period in plan.periods for task in plan.tasks(period)]


def changed(task, change):
    """A task with every granule replaced by what ``change`` makes of it; ``None`` leaves it out."""
    observations = []
    for observation in task.observations:
        granules = tuple(filter(None, map(change, observation.granules)))
        observations.append(replace(observation, granules=granules))
    return replace(task, observations=tuple(observations))


@pytest.fixture(scope="session")
def served(trial_archive):
    """A task that reads the archive from another place."""

    def serve(task, root):
        def move(raster):
            return replace(raster, href=f"{root}{raster.href.removeprefix(str(trial_archive.folder))}")

        return changed(
            task, lambda one: replace(one, bands=tuple(map(move, one.bands)), scl=one.scl and move(one.scl))
        )

    return serve


@pytest.fixture(scope="session")
def without_scenes():
    """A task without some of its scenes."""

    def leave_out(task, ids):
        return changed(task, lambda granule: None if granule.scene_id in ids else granule)

    return leave_out


@pytest.fixture
def faulty_server(trial_archive):
    with serving(FaultyServer(trial_archive.folder)) as server:
        yield server


STORAGE = "https://sentinel2l2a01.blob.core.windows.net/closed"
STRIKES = {"404": 1, "zeros": 2, "corrupt": 2}
"""Faults in one file that lose an observation; of all other kinds as many as a read has attempts."""


def strikes_of(kind):
    return STRIKES.get(kind, QUICK.retry.attempts)


@pytest.fixture(scope="session")
def strikes():
    """Tells how many faults of a kind in one file may lose an observation."""
    return strikes_of


@pytest.fixture
def token_server(faulty_server, monkeypatch):
    """Stands for the storage and the token service of the Planetary Computer."""
    monkeypatch.setenv("PC_SDK_SAS_URL", f"{faulty_server.address}/token")
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", faulty_server.address)
    return faulty_server


@pytest.fixture(scope="session")
def signed_tasks(trial_tasks, served):
    """The same tasks, in storage that wants tokens."""
    return [served(task, STORAGE) for task in trial_tasks]


@pytest.fixture(scope="session")
def quiet(trial_tasks):
    """What an undisturbed run gives."""
    return [compose(task, TileReader()) for task in trial_tasks]


@pytest.fixture
def trial(token_server, trial_tasks, signed_tasks, quiet, without_scenes):
    """Runs the tasks under faults; what it returns is how many observations were lost, after all checks."""

    def same(composite, expected):
        return np.array_equal(composite.data, expected.data) and np.array_equal(
            composite.count, expected.count
        )

    def run(faults, executor, name):
        token_server.faults = faults
        began = time.monotonic()
        found = list(executor.map(partial(compose, reader=QuickReader(trial=name)), signed_tasks))
        assert time.monotonic() - began < len(signed_tasks) * 3 * QUICK.retry.total
        struck = Counter(path for path, _ in faults.hits)
        needed = strikes_of(faults.kind)
        for composite, expected, task in zip(found, quiet, trial_tasks, strict=True):
            assert composite.observations == expected.observations
            gone = {observation.scene_id for observation in composite.lost}
            assert len(gone) == len(composite.lost)
            for scene in gone:
                assert max(number for path, number in struck.items() if scene in path) >= needed
            # whatever was lost, the rest is right to the bit
            assert same(composite, compose(without_scenes(task, gone), TileReader()) if gone else expected)
        return sum(len(composite.lost) for composite in found)

    return run


@pytest.fixture
def judge(monkeypatch):
    """Takes items of a public API as a search does; what comes back are scenes, or drops in words."""
    monkeypatch.setattr(hosts, "_resolves_to_private", lambda _: False)
    request = MosaicRequest(
        start_date=date(2020, 10, 1),
        end_date=date(2020, 12, 31),
        aoi=Aoi(-122.275, 47.546, -121.961, 47.746),
        bands=("red",),
        stac_url="https://stac.example.com",
    )

    def take(items):
        found = [RawItem.of(item, host="stac.example.com") for item in items]
        kept = _ItemFilter(request)
        for one in _latest_by_id(found):
            assert isinstance(one.href, str)
            kept.add(one)
        for scene in kept.scenes:
            assert scene.id.isascii()
            for raster in (*scene.rasters.values(), scene.scl):
                assert raster is None or raster.href.startswith(
                    ("https://", "s3://", "http://stac.example.com")
                )
        for dropped in kept.dropped:
            assert dropped.reason
            assert (dropped.id + dropped.reason).isprintable()
            assert len(dropped.id) + len(dropped.reason) < 1000
        pickle.dumps((kept.scenes, kept.dropped))
        return kept

    return take


@pytest.fixture
def drain_pages():
    """Follows pages, the last of them again and again; items, or an error in words."""

    def follow(pages):
        rest = iter([*pages, *([pages[-1]] * 3 if pages else [])])

        def fetch(call):
            pickle.dumps(call)
            page = next(rest, {"features": []})
            if not isinstance(page, Mapping):
                raise TemporaryError("something other than JSON")
            return page

        call = Call("POST", "https://stac.example.com/search", {"limit": 10})
        try:
            return drain(fetch, call, ApiSettings(most_pages=20), "https://stac.example.com").items
        except CloudlessMosaicError:
            return ()

    return follow


@pytest.fixture(scope="session")
def seed_items(trial_archive):
    """Good items, with absolute hrefs."""
    items = []
    for acquisition in trial_archive.acquisitions[:3]:
        path = trial_archive.item_path(acquisition)
        item = json.loads(path.read_text("utf-8"))
        for asset in item["assets"].values():
            asset["href"] = f"https://files.example.com/{Path(asset['href']).name}?token=1"
        items.append(item)
    return items


@pytest.fixture(scope="session")
def seed_page(seed_items):
    """A page of a search, with a next page."""
    search = "https://stac.example.com/search"
    link = {"rel": "next", "href": f"{search}?token=2", "method": "POST", "body": {"token": 2}}
    return {
        "type": "FeatureCollection",
        "features": seed_items[:2],
        "links": [{"rel": "self", "href": search}, link],
        "numberMatched": 3,
        "context": {"matched": 3},
    }
