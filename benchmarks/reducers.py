"""The same job with each reducer, beside the peers that have it."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace

from benchmarks.bench import Bench
from benchmarks.contenders import ODC_STAC, OURS, S2MOSAIC, Contender
from benchmarks.errors import BenchmarkError
from benchmarks.jobs import BANDS, Job
from benchmarks.results import Run

_log = logging.getLogger("benchmarks")

REDUCERS: Mapping[str, tuple[Contender, ...]] = {
    "median": (ODC_STAC, S2MOSAIC),
    "percentile:25": (S2MOSAIC,),
    "mean": (S2MOSAIC,),
    "geomedian": (ODC_STAC,),
    "medoid": (S2MOSAIC,),
    "best": (),
    "max:NDVI": (),
    "nearest": (),
    "first": (S2MOSAIC,),
    "last": (),
}
"""Peers by the text of a reducer. The medoid of s2mosaic is another one: the observation nearest to the
median of each band."""

_OTHER_BANDS: Mapping[str, Mapping[str, str]] = {"best": {"nir": "B08", "red": "B04", "blue": "B02"}}
"""Bands of reducers that can't take those of the jobs, as many: ``best`` sees haze by blue."""

ReducerRuns = Mapping[tuple[str, str], Sequence[Run]]
"""Runs by reducer and name of the contender, ours first."""


def measure_reducers(bench: Bench, contenders: Sequence[Contender], job: Job, runs: int) -> ReducerRuns:
    """Runs a job with each reducer in turns with those peers that take part, several times.

    Raises:
        BenchmarkError: if ours fails.
    """
    measured: dict[tuple[str, str], list[Run]] = {}
    for _ in range(runs):
        for reducer, peers in REDUCERS.items():
            for contender in (OURS, *(one for one in peers if one in contenders)):
                bands = _OTHER_BANDS.get(reducer, BANDS)
                order = replace(bench.order(job), reducer=reducer, bands=bands)
                try:
                    run = bench.run(contender, order)
                except BenchmarkError as error:
                    if contender is OURS:
                        raise
                    _log.warning("%s is left out of %s: %s", contender.name, reducer, error)
                else:
                    measured.setdefault((reducer, contender.name), []).append(run)
                shutil.rmtree(order.output)
    return measured
