"""What a benchmark found, and its records for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.archive import BuiltArchive
from benchmarks.compare import Agreement
from benchmarks.contenders import OURS
from benchmarks.floor import Floor
from benchmarks.jobs import NATIVE_RESOLUTION, Job
from benchmarks.measure import Usage
from benchmarks.server import Traffic
from benchmarks.shares import Shares

Run = tuple[Usage, Traffic]


@dataclass(frozen=True, slots=True)
class EngineRun:
    """A run on an engine."""

    run: Run
    """The whole of it."""
    shares: Shares
    """Its processes apart."""


def median_shares(runs: Sequence[EngineRun]) -> Shares:
    """Medians of the shares of runs."""
    return Shares(
        client_s=median(one.shares.client_s for one in runs),
        workers_s=median(one.shares.workers_s for one in runs),
        received=int(median(one.shares.received for one in runs)),
    )


@dataclass(frozen=True, slots=True)
class Record:
    """Medians of the runs of one contender on one job."""

    job: str
    """Name of the job."""
    contender: str
    """Name of the contender."""
    wall_s: float
    """Seconds."""
    cpu_s: float
    """Seconds of all processors."""
    peak_rss_mb: float
    """Most memory at a time, megabytes."""
    bytes: int
    """Bytes that the server sent."""
    requests: int
    """Requests that it got."""

    @classmethod
    def of(cls, job: str, contender: str, runs: Sequence[Run]) -> Record:
        """Sums up runs."""
        usages, traffic = [usage for usage, _ in runs], [traffic for _, traffic in runs]
        return cls(
            job,
            contender,
            wall_s=round(median(usage.wall_s for usage in usages), 3),
            cpu_s=round(median(usage.cpu_s for usage in usages), 3),
            peak_rss_mb=round(median(usage.peak_rss_mb for usage in usages), 1),
            bytes=int(median(one.bytes for one in traffic)),
            requests=int(median(one.requests for one in traffic)),
        )


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that a benchmark found."""

    archive: BuiltArchive
    """What was read."""
    jobs: Sequence[Job]
    """What was made, in order."""
    runs: Mapping[tuple[str, str], Sequence[Run]]
    """By names of job and contender."""
    agreements: Mapping[tuple[str, str], Agreement]
    """How far the pixels of a contender are ours, by names of job and contender."""
    chunk_trials: Mapping[int, float]
    """Seconds that odc-stac took for J2 by the number of dates in a chunk, -1 being all; may be empty."""
    whole_scenes: Run | None
    """The published algorithm on J1 with scenes that are not cut to the area; ``None`` if not measured."""
    floor: Floor | None
    """The limit of decompression; ``None`` where it was not measured."""
    engines: Mapping[str, Sequence[EngineRun]]
    """By name of the engine; empty where they were not measured."""
    reducers: Mapping[tuple[str, str], Sequence[Run]]
    """By reducer and name of the contender; empty where they were not measured."""

    def records(self, job: Job) -> list[Record]:
        """One record per contender of a job."""
        found = ((contender, runs) for (name, contender), runs in self.runs.items() if name == job.name)
        return [Record.of(job.name, contender, runs) for contender, runs in found]

    def is_same(self, job: Job, contender: str) -> bool:
        """True where a contender makes what we make; a mosaic of native pixels stands for all such."""
        compared = "J2" if job.resolution == NATIVE_RESOLUTION else job.name
        agreement = self.agreements.get((compared, contender))
        return agreement is not None and agreement.same


def throughput(runs: Sequence[Run]) -> float:
    """Megabytes of the archive that are made a mosaic of in a second; the median of runs."""
    return median(traffic.bytes / 1e6 / usage.wall_s for usage, traffic in runs)


def write_records(results: Results, path: Path) -> None:
    """Writes a JSON list: a record per job and contender, one of the floor, one per engine and reducer."""
    entries: list[dict[str, object]] = [
        asdict(record) for job in results.jobs for record in results.records(job)
    ]
    if results.floor:
        times = {key: round(value, 3) for key, value in asdict(results.floor).items() if key.endswith("_s")}
        entries.append({"job": "floor", **times})
    for name, runs in results.engines.items():
        whole = [one.run for one in runs]
        record = asdict(Record.of("engines", OURS.name, whole)) | asdict(median_shares(runs))
        entries.append(record | {"engine": name, "mb_per_s": round(throughput(whole), 1)})
    for (reducer, contender), runs in results.reducers.items():
        entries.append(asdict(Record.of("reducers", contender, runs)) | {"reducer": reducer})
    lines = ",\n".join(f"  {json.dumps(entry)}" for entry in entries)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
