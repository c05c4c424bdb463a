"""The same bytes of every reducer by threads and on workers."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.xdist_group("demo")

REDUCERS = {
    "percentile:25": ("--index", "NDVI", "--index-of", "dates"),
    "geomedian": ("--layer", "spread", "--layer", "flags"),
    "medoid": ("--layer", "source", "--layer", "age"),
    "best": ("--layer", "date", "--layer", "mask"),
    "max:NDVI": ("--index", "SAVI"),
    "nearest": (),
    "mean": ("--layer", "date"),
    "last": (),
}
"""What is written beside the mosaic, by reducer."""


@pytest.mark.parametrize("reducer", REDUCERS)
def test_a_reducer_gives_the_same_bytes_by_threads_and_on_workers(
    demo_archive, reducer, two_workers, mosaic_command, same_files, tmp_path
):
    options = (
        *("--start-date", "2020-10-01", "--end-date", "2020-10-31", "--aoi=-122.20,47.60,-122.12,47.66"),
        *("--bands", "red", "--bands", "nir", "--bands", "blue", "--resolution", "10", "-q"),
        *("--stac-url", str(demo_archive.catalog), "--reducer", reducer, *REDUCERS[reducer]),
    )
    for name, environment in {"threads": None, "workers": two_workers}.items():
        outcome = mosaic_command(*options, "--output-dir", name, cwd=tmp_path, env=environment)
        assert outcome.code == 0, outcome.err
    same_files(tmp_path / "threads", tmp_path / "workers")
