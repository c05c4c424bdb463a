"""The page and the records of a benchmark."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.archive import BuiltArchive
from benchmarks.compare import Agreement
from benchmarks.contenders import CONTENDERS, OURS
from benchmarks.floor import Floor
from benchmarks.jobs import Job
from benchmarks.measure import Usage
from benchmarks.server import Traffic, find_nginx
from cloudless_mosaic.version import __version__

Run = tuple[Usage, Traffic]


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


@dataclass(slots=True)
class Results:
    """Everything that a benchmark found."""

    archive: BuiltArchive
    """What was read."""
    jobs: Sequence[Job]
    """What was made, in order."""
    runs: dict[tuple[str, str], list[Run]]
    """By names of job and contender."""
    agreements: dict[str, Agreement]
    """How far the pixels of a contender are ours, by its name."""
    chunk_trials: Mapping[int, float]
    """Seconds that odc-stac took by the number of dates in a chunk; -1 is all."""
    floor: Floor | None
    """The limit of decompression; ``None`` where it was not measured."""

    def records(self, job: Job) -> list[Record]:
        """One record per contender of a job."""
        return [
            Record.of(name, contender, runs)
            for (name, contender), runs in self.runs.items()
            if name == job.name
        ]


def write_results(results: Results, page: Path, records: Path) -> None:
    """Writes the page for people and the records for machines."""
    page.parent.mkdir(parents=True, exist_ok=True)
    records.parent.mkdir(parents=True, exist_ok=True)
    entries: list[dict[str, object]] = [asdict(one) for job in results.jobs for one in results.records(job)]
    if results.floor:
        times = {key: round(value, 3) for key, value in asdict(results.floor).items() if key.endswith("_s")}
        entries.append({"job": "floor", **times})
    lines = ",\n".join(f"  {json.dumps(entry)}" for entry in entries)
    records.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    page.write_text("\n".join(_page(results)) + "\n", encoding="utf-8")


def _page(results: Results) -> Iterator[str]:
    yield from (
        "# Benchmarks",
        "",
        "Written by `make bench`; don't edit. Whole runs, each a process of its own, in turns, against other",
        "ways to the same mosaics. All read the same synthetic Sentinel-2 archive",
        f"({results.archive.megabytes / 1000:.1f} GB, twelve dates over three months, DEFLATE COGs with tiles of",
        "512 px) from nginx on the same machine. Figures are medians; bytes and requests are those in the",
        "server's log.",
        "",
    )
    yield from _surroundings(results)
    yield from _contenders(results)
    yield from _correctness(results)
    for job in results.jobs:
        yield from _job_table(job, results)
    if results.floor:
        yield from _floor_table(results.floor)


def _surroundings(results: Results) -> Iterator[str]:
    runs = min((len(runs) for runs in results.runs.values()), default=0)
    nginx = subprocess.run([find_nginx(), "-v"], capture_output=True, text=True, check=False).stderr
    memory = Path("/proc/meminfo").read_text(encoding="utf-8").split()[1]
    yield from _table(
        ("", ""),
        [
            ("date", f"{datetime.now(UTC):%Y-%m-%d}"),
            (
                "machine",
                f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {int(memory) / 2**20:.0f} GiB",
            ),
            ("system", f"{platform.system()} {platform.release()}, Python {platform.python_version()}"),
            ("server", nginx.partition(": ")[2].strip()),
            ("runs of each", str(runs)),
        ],
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()


def _contenders(results: Results) -> Iterator[str]:
    names = {contender for _, contender in results.runs}
    rows = [
        (
            f"`{contender.name}`",
            contender.title,
            __version__ if contender is OURS else contender.version,
            contender.remark or "-",
        )
        for contender in CONTENDERS
        if contender.name in names
    ]
    yield "## Contenders"
    yield ""
    yield from _table(("name", "what it is", "version", "to know"), rows)
    yield from (
        "Each runs in an environment of its own, pinned in `benchmarks/contenders/*/requirements.txt`. All use",
        "the same scenes and bands (near infrared, red, green); clouds are not grown. Ours writes more than the",
        "others: counts, a picture, a thumbnail and a STAC catalog beside the reflectances.",
        "",
    )
    if len(results.chunk_trials) > 1:
        whole, single = (results.chunk_trials[dates] for dates in (-1, 1))
        yield f"odc-stac took {whole:.1f} s for J2 with all dates of a month in a chunk, {single:.1f} s with one date"
        yield "each; the faster way is the one measured below."
        yield ""


def _correctness(results: Results) -> Iterator[str]:
    if not results.agreements:
        return
    yield "## Same pixels?"
    yield ""
    yield "Our mosaics of J2 against those of the others, where either has data."
    yield ""
    rows = [
        (
            f"`{name}`",
            f"{100 * one.same_count:.3f} %",
            f"{100 * one.equal:.3f} %",
            f"{100 * one.near:.3f} %",
            "yes" if one.same else "**no**",
        )
        for name, one in results.agreements.items()
    ]
    yield from _table(
        ("contender", "as many observations", "of these: equal", "of these: 1 off at most", "same answer"),
        rows,
    )


def _job_table(job: Job, results: Results) -> Iterator[str]:
    records = results.records(job)
    ours = next((record.wall_s for record in records if record.contender == OURS.name), None)
    yield f"## {job.name}: {job.title}"
    yield ""
    rows = []
    for record in records:
        walls = [usage.wall_s for usage, _ in results.runs[job.name, record.contender]]
        rows.append(
            (
                f"`{record.contender}`",
                f"{record.wall_s:.1f} s",
                f"{min(walls):.1f}-{max(walls):.1f} s",
                f"{record.wall_s / ours:.1f} x" if ours else "-",
                f"{record.cpu_s:.1f} s",
                f"{record.peak_rss_mb / 1000:.2f} GB",
                f"{record.bytes / 1e6:.0f} MB",
                f"{record.requests}",
                _answer(record.contender, results),
            )
        )
    titles = ("contender", "wall", "from-to", "ours x", "CPU", "peak memory", "read", "requests", "answer")
    yield from _table(titles, rows)


def _answer(name: str, results: Results) -> str:
    """Whether a contender's time counts: a faster wrong answer does not."""
    if name == OURS.name:
        return "ours"
    if name in results.agreements and results.agreements[name].same:
        return "same"
    return "**another**"


def _floor_table(floor: Floor) -> Iterator[str]:
    yield "## Floor: what only decompressing takes"
    yield ""
    yield f"The {floor.tiles} tiles that J3 needs ({floor.decoded_mb / 1000:.1f} GB of pixels), in memory, by"
    yield "libdeflate on all cores; and what we take to read, mask and reduce them, without writing."
    yield ""
    yield from _table(
        ("", "time", "of the floor"),
        [
            ("decompressing into one buffer per thread", f"{floor.decode_only_s:.2f} s", "1.00 x"),
            _floor_row("decompressing into fresh memory", floor.decode_only_alloc_s, floor),
            _floor_row("our reading, masking and median", floor.read_and_median_s, floor),
        ],
    )


def _floor_row(what: str, seconds: float, floor: Floor) -> tuple[str, str, str]:
    return what, f"{seconds:.2f} s", f"{seconds / floor.decode_only_s:.2f} x"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
