"""The page of a benchmark, for people."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.contenders import CONTENDERS, OURS
from benchmarks.floor import Floor
from benchmarks.jobs import Job
from benchmarks.results import EngineRun, Record, Results, Run, median_shares, throughput
from benchmarks.server import find_nginx
from cloudless_mosaic.version import __version__

_HEAD = """\
# Benchmarks

Written by `make bench`; don't edit. Whole runs, each in its own process, in turns, compared with other
programs that make the same mosaics. All read the same synthetic Sentinel-2 archive from nginx on this
machine: {gigabytes:.1f} GB, twelve dates over three months, DEFLATE COGs with tiles of 512 px, about as hard
to compress as real ones. Figures are medians; bytes and requests come from the server's log; memory is the
peak of the process as the kernel reports it.
"""

_CONTENDERS = """\
Each has its own environment, pinned in `benchmarks/contenders/*/requirements.txt`. All use the same
scenes and bands (near infrared, red, green); clouds are not grown. Ours writes more than the others: counts,
a picture, a thumbnail and a STAC catalog beside the reflectances.
"""

_CHUNKS = """\
odc-stac took {whole:.1f} s for J2 with all dates of a month in a chunk, {single:.1f} s with one date each;
the faster way is measured below.
"""

_WHOLE_SCENES = """\
The published application doesn't cut scenes to the area: unchanged, J1 takes {wall:.0f} s and
{memory:.1f} GB. Below it is cut like the others, which is to its advantage.
"""

_SAME = """\
## Same pixels?

A faster wrong answer does not count. Native pixels (J2, which stands for J3 and J4 as well) are compared
where both mosaics have as many observations; near means at most 1 apart, which is rounding. Averaged pixels
(J1) are compared where both have data; near means at most 0.01 of reflectance apart, since each program
averages differently.
"""

_FLOOR = """\
## Floor: what only decompressing takes

The {tiles} tiles that J3 needs ({gigabytes:.1f} GB of pixels), in memory, by libdeflate on all cores; and
what we take to fetch, mask and reduce them, without writing.
"""

_ENGINES = """\
## Engines: J3 on threads, and on Dask workers of the same machine

The same command with `--cluster local`: a worker is a process of one thread, and a scheduler and the client
run beside them. The files are the same. Throughput counts bytes of the archive, from the start of the command
to its end, so it includes the start of the cluster. Memory is that of the largest process. The client's
processor time includes that of the scheduler, which runs in its process; "received" are bytes that came to
that process over Dask's connections.
"""

_REDUCERS = """\
## Reducers: J2 with each

In turns with the peers that have the same one. "ours x" compares with ours of the same reducer, "median x"
with our median. Pixels are compared in the tests, not here; the medoid of s2mosaic is another one, the
observation that is nearest to the median of each band.
"""

_REDUCER_TITLES = ("reducer", "contender", "wall", "ours x", "CPU", "ours x", "memory", "median x")
_AGREEMENT_TITLES = ("job", "contender", "compared", "equal", "near", "near needed", "answer")
_ENGINE_TITLES = (
    *("engine", "wall", "from-to", "threads x", "CPU", "of the client", "of workers", "received"),
    *("memory", "throughput"),
)
_JOB_TITLES = ("contender", "wall", "from-to", "ours x", "CPU", "memory", "read", "requests", "answer")


def write_page(results: Results, path: Path) -> None:
    """Writes the page in Markdown."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(_page(results)), encoding="utf-8")


def _page(results: Results) -> Iterator[str]:
    yield _HEAD.format(gigabytes=results.archive.megabytes / 1000)
    yield _table(("", ""), _surroundings(results))
    yield "## Contenders\n"
    yield _table(("name", "what it is", "version", "to know"), _contenders(results))
    yield _CONTENDERS
    if results.chunk_trials:
        yield _CHUNKS.format(whole=results.chunk_trials[-1], single=results.chunk_trials[1])
    if results.whole_scenes:
        usage, _ = results.whole_scenes
        yield _WHOLE_SCENES.format(wall=usage.wall_s, memory=usage.peak_rss_mb / 1000)
    if results.agreements:
        yield _SAME
        yield _table(_AGREEMENT_TITLES, _agreements(results))
    for job in results.jobs:
        yield f"## {job.name}: {job.title}\n"
        yield _table(_JOB_TITLES, _measurements(job, results))
    if results.floor:
        yield _FLOOR.format(tiles=results.floor.tiles, gigabytes=results.floor.decoded_mb / 1000)
        yield _table(("", "time", "of the floor"), _floor(results.floor))
    if results.engines:
        yield _ENGINES
        yield _table(_ENGINE_TITLES, _engines(results.engines))
    if results.reducers:
        yield _REDUCERS
        yield _table(_REDUCER_TITLES, _reducers(results.reducers))


def _surroundings(results: Results) -> Iterator[tuple[str, ...]]:
    memory = int(Path("/proc/meminfo").read_text(encoding="utf-8").split()[1]) / 2**20
    nginx = subprocess.run([find_nginx(), "-v"], capture_output=True, text=True, check=False).stderr
    runs = sorted({len(runs) for runs in results.runs.values()})
    yield "date", f"{datetime.now(UTC):%Y-%m-%d}"
    yield "machine", f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB"
    yield "system", f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    yield "server", nginx.partition(": ")[2].strip()
    yield "runs of each", " or ".join(map(str, runs))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()


def _contenders(results: Results) -> Iterator[tuple[str, ...]]:
    names = {contender for _, contender in results.runs}
    for one in CONTENDERS:
        if one.name in names:
            version = __version__ if one is OURS else one.version
            yield f"`{one.name}`", one.title, version, one.remark or "-"


def _agreements(results: Results) -> Iterator[tuple[str, ...]]:
    for (job, contender), one in results.agreements.items():
        shares = (f"{100 * share:.2f} %" for share in (one.compared, one.equal, one.near))
        needed = f"{100 * one.standard.near:g} %"
        yield job, f"`{contender}`", *shares, needed, "same" if one.same else "**another**"


def _measurements(job: Job, results: Results) -> Iterator[tuple[str, ...]]:
    records = results.records(job)
    ours = next(record.wall_s for record in records if record.contender == OURS.name)
    for record in records:
        walls = [usage.wall_s for usage, _ in results.runs[job.name, record.contender]]
        yield (
            f"`{record.contender}`",
            f"{record.wall_s:.1f} s",
            f"{min(walls):.1f}-{max(walls):.1f} s",
            f"{record.wall_s / ours:.1f}",
            f"{record.cpu_s:.1f} s",
            f"{record.peak_rss_mb / 1000:.2f} GB",
            f"{record.bytes / 1e6:.0f} MB",
            str(record.requests),
            _answer(job, record, results),
        )


def _answer(job: Job, record: Record, results: Results) -> str:
    if record.contender == OURS.name:
        return "ours"
    return "same" if results.is_same(job, record.contender) else "**another**"


def _floor(floor: Floor) -> Iterator[tuple[str, ...]]:
    for what, seconds in (
        ("decompressing into one buffer per thread", floor.decode_only_s),
        ("decompressing into new memory", floor.decode_only_alloc_s),
        ("our fetching, masking and median", floor.read_and_median_s),
    ):
        yield what, f"{seconds:.2f} s", f"{seconds / floor.decode_only_s:.2f}"


def _engines(engines: Mapping[str, Sequence[EngineRun]]) -> Iterator[tuple[str, ...]]:
    whole = {name: [one.run for one in runs] for name, runs in engines.items()}
    records = {name: Record.of("engines", OURS.name, runs) for name, runs in whole.items()}
    for name, record in records.items():
        walls = [usage.wall_s for usage, _ in whole[name]]
        shares = median_shares(engines[name])
        yield (
            name,
            f"{record.wall_s:.1f} s",
            f"{min(walls):.1f}-{max(walls):.1f} s",
            f"{record.wall_s / records['threads'].wall_s:.1f}",
            f"{record.cpu_s:.1f} s",
            f"{shares.client_s:.1f} s",
            f"{shares.workers_s:.1f} s",
            f"{shares.received / 1e6:.1f} MB",
            f"{record.peak_rss_mb / 1000:.2f} GB",
            f"{throughput(whole[name]):.0f} MB/s",
        )


def _reducers(runs: Mapping[tuple[str, str], Sequence[Run]]) -> Iterator[tuple[str, ...]]:
    records = {entry: Record.of("reducers", entry[1], found) for entry, found in runs.items()}
    median = records["median", OURS.name]
    for (reducer, contender), record in records.items():
        ours = records[reducer, OURS.name]
        yield (
            f"`{reducer}`",
            f"`{contender}`",
            f"{record.wall_s:.1f} s",
            f"{record.wall_s / ours.wall_s:.1f}",
            f"{record.cpu_s:.1f} s",
            f"{record.cpu_s / ours.cpu_s:.1f}",
            f"{record.peak_rss_mb / 1000:.2f} GB",
            f"{record.peak_rss_mb / median.peak_rss_mb:.2f}",
        )


def _table(titles: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"
