from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from cloudless_mosaic.synthetic.acquisitions import AUTUMN
from cloudless_mosaic.synthetic.archive import ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent

DAYS = {"2020-10-08", "2020-10-26", "2020-11-07", "2020-11-22"}
"""The day with a twin, one that the swath cuts, the one under cloud, the one with the offset."""


@pytest.fixture(scope="session")
def pool():
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture(scope="session")
def small_spec():
    acquisitions = tuple(a for a in AUTUMN if a.start.date().isoformat() in DAYS)
    extent = Extent(SEATTLE, offset=(6144, 2048), size=(1400, 700))
    return replace(ArchiveSpec.demo(), extents=(extent,), acquisitions=acquisitions, noise=1.0)


@pytest.fixture(scope="session")
def small_archive(small_spec, tmp_path_factory):
    return build_archive(tmp_path_factory.mktemp("archives") / "small", small_spec)
