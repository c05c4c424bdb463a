"""B1: the burned area of a whole tile, ours and the published algorithm: ``python -m benchmarks.burned``.

All compare the same two scenes, served by nginx, without a cloud mask, as the published one does. Pixels are
compared before anything is measured. ``tuned`` is the published algorithm with larger chunks, and with the
options of its file that make it fastest.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import rasterio

from benchmarks.archive import write_served_items
from benchmarks.contenders import PUBLISHED
from benchmarks.environments import prepare_environment
from benchmarks.errors import BenchmarkError
from benchmarks.measure import ROOT, Usage, run_measured
from benchmarks.results import Record
from benchmarks.server import FileServer, Traffic
from cloudless_mosaic.synthetic.acquisitions import CLEAR_AUTUMN
from cloudless_mosaic.synthetic.archive import Archive, ArchiveSpec, build_archive

_NOISE = 32.0
"""As in the archive of the mosaics' benchmark, where it's argued."""

_FULL = replace(
    ArchiveSpec.full_tile(),
    # two of the eastern track, which sees all of the tile, with processings that carry no offset
    acquisitions=(CLEAR_AUTUMN[0], CLEAR_AUTUMN[2]),
    noise=_NOISE,
    bands=("B08", "B12"),
)
_SPECS = {"full": _FULL, "small": replace(_FULL, extents=ArchiveSpec.demo().extents)}

_NEAR = 1e-6
"""dNBR that single and double precision may be apart."""

_CONTENDERS = ("cloudless-mosaic", "published", "tuned")
"""In the order they run."""

_KEPT_VARIABLES = ("HOME", "LANG", "PATH", "PYTHONPATH", "TMPDIR")
"""Variables of the environment that both get; others could tune one of them."""

_SCRIPT = ROOT / "benchmarks" / "contenders" / "published" / "burned.py"

_log = logging.getLogger("benchmarks")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two served scenes."""

    before: Path
    """Item of the first."""
    after: Path
    """Item of the second."""
    epsg: int
    """Code of their zone."""
    bounds: tuple[float, float, float, float]
    """Left, bottom, right and top of both."""

    @classmethod
    def serve(cls, archive: Archive, url: str, folder: Path) -> Pair:
        """Writes both items, with the addresses of a server."""
        collection = json.loads(write_served_items(archive, url, folder / "items.json").read_text("utf-8"))
        paths = [folder / "before.json", folder / "after.json"]
        for path, item in zip(paths, collection["features"], strict=True):
            path.write_text(json.dumps(item), encoding="utf-8")
        extent = archive.spec.extents[0]
        return cls(*paths, extent.granule.epsg, extent.grid(10).bounds)


def ours(pair: Pair, output: Path) -> list[str]:
    """The command of the project."""
    scenes = (f"--pre-fire-url={pair.before}", f"--post-fire-url={pair.after}")
    return [sys.executable, str(ROOT / "bai.py"), *scenes, "--mask=none", "--quiet", f"--output-dir={output}"]


def published(python: Path, pair: Pair, output: Path, *, tuned: bool) -> list[str]:
    """The command of the published algorithm; its order is written beside the output."""
    output.mkdir(parents=True)
    order = output.with_suffix(".json")
    content = {
        "before": str(pair.before),
        "after": str(pair.after),
        "epsg": pair.epsg,
        "bounds": pair.bounds,
        "resolution": 10,
        "tuned": tuned,
        "output": str(output),
    }
    order.write_text(json.dumps(content), encoding="utf-8")
    return [str(python), str(_SCRIPT), str(order)]


def agreement(mine: Path, other: Path) -> float:
    """Share of the pixels that are the same, with the same nodata.

    Raises:
        BenchmarkError: if the grids differ.
    """
    same = pixels = 0
    with rasterio.open(mine) as one, rasterio.open(other) as two:
        if one.transform != two.transform or one.shape != two.shape:
            raise BenchmarkError(f"grids differ: {one.transform} {one.shape}, {two.transform} {two.shape}")
        for _, window in one.block_windows(1):
            first, second = one.read(1, window=window), two.read(1, window=window)
            same += int(np.isclose(first, second, rtol=0, atol=_NEAR, equal_nan=True).sum())
            pixels += first.size
    return same / pixels


def main(arguments: Sequence[str] | None = None) -> None:
    """Prepares, compares, measures in turns, and writes the records to the cache."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    python = prepare_environment(PUBLISHED, options.cache / "environments")
    archive = build_archive(options.cache / f"burned-{options.size}", _SPECS[options.size])
    folder = options.cache / "runs-burned"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with FileServer(archive.folder, options.cache / "server") as server:
        pair = Pair.serve(archive, server.url, folder)
        runs: dict[str, list[tuple[Usage, Traffic]]] = {name: [] for name in _CONTENDERS}
        for turn in range(options.runs + 1):
            outputs = [folder / f"{name}-{turn}" for name in runs]
            commands = (
                ours(pair, outputs[0]),
                published(python, pair, outputs[1], tuned=False),
                published(python, pair, outputs[2], tuned=True),
            )
            for name, command, output in zip(runs, commands, outputs, strict=True):
                run = _run(server, command, output.with_suffix(".log"))
                _log.info("B1 %-17s %6.1f s %6.0f MB", name, run[0].wall_s, run[0].peak_rss_mb)
                if turn:
                    runs[name].append(run)
            if not turn:
                # the first turn warms up, and shows that the answers are the same
                share = min(agreement(outputs[0] / "bai.tif", other / "bai.tif") for other in outputs[1:])
                _log.info("   %.4f %% of the pixels are the same", 100 * share)
            for path in outputs:
                shutil.rmtree(path)
    records = [asdict(Record.of("B1", name, measured)) for name, measured in runs.items() if measured]
    path = options.cache / "results" / "burned.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"size": options.size, "same": share, "records": records}, indent=1), "utf-8")
    _log.info("written: %s", path)


def _run(server: FileServer, command: list[str], log: Path) -> tuple[Usage, Traffic]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    os.sync()
    server.take_traffic()
    return run_measured(command, kept, log), server.take_traffic()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.burned", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each after the first; default 3")
    parser.add_argument("--size", choices=tuple(_SPECS), default="full", help="small tries the harness")
    parser.add_argument(
        "--cache", type=Path, default=ROOT / "benchmarks" / ".cache", help="default benchmarks/.cache"
    )
    return parser


if __name__ == "__main__":
    try:
        main()
    except BenchmarkError as error:
        sys.exit(f"error: {error}")
