"""Runs the benchmark: ``python -m benchmarks --help``."""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.archive import BuiltArchive, prepare_archive, write_served_items
from benchmarks.bench import (
    Bench,
    compare_all,
    measure_all,
    measure_floor_apart,
    try_chunks,
    try_whole_scenes,
)
from benchmarks.contenders import CONTENDERS, ODC_STAC, OURS, PUBLISHED, Contender
from benchmarks.engines import measure_engines
from benchmarks.environments import prepare_environment
from benchmarks.errors import BenchmarkError
from benchmarks.jobs import make_jobs
from benchmarks.measure import ROOT
from benchmarks.page import write_page
from benchmarks.proxy import delaying_proxy
from benchmarks.reducers import measure_reducers
from benchmarks.results import Results, write_records
from benchmarks.server import FileServer, find_nginx

_DELAY = 0.05
"""Seconds that J4 adds to every request."""

_JOBS = ("J1", "J2", "J3", "J4", "floor", "engines", "reducers")

_log = logging.getLogger("benchmarks")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prepares, measures and writes the results.

    A run of everything goes to the documentation and to ``benchmarks/results``; a run of a part, or on the
    small archive, to the cache.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    find_nginx()
    chosen = [one for one in CONTENDERS if one is OURS or one.name in options.contenders]
    interpreters = {one.name: prepare_environment(one, options.cache / "environments") for one in chosen}
    built = prepare_archive(options.cache / f"archive-{options.size}", options.size)
    _log.info("archive: %.0f MB, ready after %.0f s", built.megabytes, built.seconds)
    results = _measure(options, chosen, interpreters, built)
    whole = options.size == "full" and set(options.jobs) == set(_JOBS) and len(chosen) == len(CONTENDERS)
    page, records = (
        (ROOT / "docs" / "benchmarks.md", ROOT / "benchmarks" / "results" / "latest.json")
        if whole
        else (options.cache / "results" / "benchmarks.md", options.cache / "results" / "latest.json")
    )
    write_page(results, page)
    write_records(results, records)
    _log.info("written: %s, %s", page, records)


def _measure(
    options: argparse.Namespace,
    chosen: Sequence[Contender],
    interpreters: dict[str, Path],
    built: BuiltArchive,
) -> Results:
    folder, root = options.cache / "runs", built.archive.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with ExitStack() as running:
        server = running.enter_context(FileServer(root, options.cache / "server"))
        proxy = running.enter_context(delaying_proxy(server.port, _DELAY, folder / "proxy.log"))
        items = {
            False: write_served_items(built.archive, server.url, folder / "items.json"),
            True: write_served_items(built.archive, proxy, folder / "items-delayed.json"),
        }
        bench = Bench(server, items, interpreters, folder)
        jobs = {job.name: job for job in make_jobs(built.archive.spec.extents[0], _DELAY)}
        agreements = compare_all(bench, chosen, (jobs["J1"], jobs["J2"]))
        trials = try_chunks(bench, jobs["J2"]) if ODC_STAC in chosen else {}
        whole_scenes = try_whole_scenes(bench, jobs["J1"]) if PUBLISHED in chosen else None
        asked = [job for name, job in jobs.items() if name in options.jobs]
        runs = measure_all(bench, chosen, asked, options.runs)
        floor = (
            measure_floor_apart(bench, jobs["J3"], root, max(options.runs, 3))
            if "floor" in options.jobs
            else None
        )
        engines = measure_engines(bench, jobs["J3"], options.runs) if "engines" in options.jobs else {}
        reducers = (
            measure_reducers(bench, chosen, jobs["J2"], options.runs) if "reducers" in options.jobs else {}
        )
    return Results(built, asked, runs, agreements, trials, whole_scenes, floor, engines, reducers)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--jobs", type=_names(_JOBS), default=_JOBS, help=f"of {','.join(_JOBS)}; default all"
    )
    names = tuple(contender.name for contender in CONTENDERS)
    parser.add_argument(
        "--contenders",
        type=_names(names),
        default=names,
        help=f"of {','.join(names)}; ours is always among them",
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of each; default 3")
    parser.add_argument(
        "--size", choices=("full", "small"), default="full", help="archive; small tries the harness"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=ROOT / "benchmarks" / ".cache",
        help="folder for archive, environments and outputs, some 10 GB; default benchmarks/.cache",
    )
    return parser


def _names(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """A parser of names with commas."""

    def parse(text: str) -> tuple[str, ...]:
        names = tuple(text.split(","))
        if unknown := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))} is none of {', '.join(known)}")
        return names

    return parse


if __name__ == "__main__":
    try:
        main()
    except BenchmarkError as error:
        sys.exit(f"error: {error}")
