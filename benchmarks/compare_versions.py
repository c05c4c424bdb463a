"""Is this version slower than the last release? Both are measured in turns, on the same machine.

``python -m benchmarks.compare_versions [REVISION]``: the revision is checked out beside the project and its
kernels are built; then ``benchmarks/regression`` runs against it and against the working tree, twice each.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.measure import ROOT

_TURNS = 2
_BUILT = "built"
_SLOWER = 1.15
"""Times of two runs of the same code differ by up to a tenth on a quiet machine."""

_log = logging.getLogger("benchmarks")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints a table, and returns 1 where anything has become slower."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare_versions", description=__doc__)
    parser.add_argument("revision", nargs="?", help="git revision; the last tag, or else the last commit")
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    revision = options.revision or _last_release()
    with tempfile.TemporaryDirectory() as scratch, _checked_out(revision, Path(scratch) / "base") as base:
        packages = {"base": base, "here": ROOT / "src"}
        times: dict[str, dict[str, float]] = {"base": {}, "here": {}}
        for turn in range(_TURNS):
            for name, package in packages.items():
                _log.info(
                    "turn %d of %d: %s", turn + 1, _TURNS, revision if name == "base" else "working tree"
                )
                for test, seconds in _run(package, Path(scratch) / f"{name}-{turn}.json").items():
                    times[name][test] = min(seconds, times[name].get(test, seconds))
    slower = list(_table(times["base"], times["here"]))
    if slower:
        _log.error("slower than %s: %s", revision, ", ".join(slower))
    return bool(slower)


def _last_release() -> str:
    tag = _git("describe", "--tags", "--abbrev=0", check=False)
    return tag or "HEAD"


@contextmanager
def _checked_out(revision: str, folder: Path) -> Iterator[Path]:
    """The package of a revision, its kernels built, removed in the end."""
    _git("worktree", "add", "--detach", str(folder), revision)
    try:
        # as users build it, with the tools that it asks for
        build = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ]
        subprocess.run([*build, f"--target={folder / _BUILT}", str(folder)], check=True)
        yield folder / _BUILT
    finally:
        _git("worktree", "remove", "--force", str(folder))


def _run(package: Path, result: Path) -> dict[str, float]:
    """Median seconds of every test with the package in a folder."""
    archive = ROOT / "benchmarks" / ".cache" / "archive-small"
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(package), str(ROOT))),
        "BENCHMARK_ARCHIVE": str(archive),
    }
    command = [sys.executable, "-m", "pytest", "benchmarks/regression", "--quiet", "-p", "no:cacheprovider"]
    command += ["--benchmark-only", f"--benchmark-json={result}", "--override-ini=filterwarnings=default"]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise BenchmarkError(f"{package} can't be measured:\n{done.stdout[-4000:]}")
    found = json.loads(result.read_text(encoding="utf-8"))["benchmarks"]
    return {one["name"]: one["stats"]["median"] for one in found}


def _table(base: Mapping[str, float], here: Mapping[str, float]) -> Iterator[str]:
    """Prints a line for every test, and yields the names of those that have become slower."""
    for test, seconds in here.items():
        before = base.get(test)
        ratio = seconds / before if before else None
        _log.info("%-28s %10.2f ms %s", test, 1e3 * seconds, f"{ratio:5.2f} x the base" if ratio else "new")
        if ratio and ratio > _SLOWER:
            yield test


def _git(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=check, capture_output=True, text=True)  # noqa: S607 - git of the user
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
