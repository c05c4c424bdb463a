"""The command on a local cluster, and on a scheduler that was started elsewhere."""

from __future__ import annotations

import asyncio
import json
import math
import os
import runpy
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from distributed import Client

import cloudless_mosaic
from cloudless_mosaic.reading.traffic import process_usage

pytestmark = pytest.mark.xdist_group("gateway")


@pytest.fixture
def example(readme_example, demo_archive):
    return (*readme_example, "--stac-url", str(demo_archive.catalog))


def test_local_cluster_gives_the_same_files(example, mosaic_command, threaded_example, same_files, tmp_path):
    outcome = mosaic_command(*example, "--cluster", "local", "--workers", "2", cwd=tmp_path)
    assert outcome.code == 0, outcome.err
    assert outcome.err == ""
    assert "the local cluster, dashboard: http://127.0.0.1:" in outcome.out
    same_files(threaded_example, tmp_path)


def test_the_files_that_are_compared_are_of_dates_that_were_compared(threaded_example):
    for item in threaded_example.glob("monthly-mosaic-*/*.json"):
        properties = json.loads(item.read_bytes())["properties"]
        assert properties["cloudless_mosaic:masked"]["by_dates"] > 0


def test_scheduler_gives_the_same_files_and_is_left_alone(
    example, mosaic_command, threaded_example, same_files, scheduler, clean_env, tmp_path
):
    environment = clean_env(DASK_SCHEDULER_ADDRESS=scheduler.address)
    with scheduler.worker() as worker, Client(scheduler.address, set_as_default=False) as client:
        client.wait_for_workers(1)
        for name in ("one", "other"):
            (before,) = client.run(process_usage).values()
            outcome = mosaic_command(
                *example, "--output-dir", name, "--run-file", cwd=tmp_path, env=environment
            )
            (after,) = client.run(process_usage).values()
            assert outcome.code == 0, outcome.err
            cost = json.loads((tmp_path / name / "run.json").read_bytes())["cost"]
            check_cost(cost, after.since(before))
            (tmp_path / name / "run.json").unlink()
            same_files(threaded_example, tmp_path / name)
        assert worker.poll() is None


def check_cost(cost, of_worker):
    """What a run says it took is what its worker did meanwhile, and what little the command read itself."""
    assert cost["workers"] == 1
    assert of_worker.requests <= cost["requests"] < 2 * of_worker.requests
    assert of_worker.read_bytes <= cost["read_bytes"] < 2 * of_worker.read_bytes
    assert cost["processor_seconds"] > 0.5 * of_worker.processor_seconds > 0


def test_scheduler_that_closes_its_first_connection_is_asked_again(
    example, mosaic_command, scheduler, clean_env, tmp_path
):
    with scheduler.worker(), relay(scheduler.address, closes_first=True) as way:
        outcome = mosaic_command(*example, cwd=tmp_path, env=clean_env(DASK_SCHEDULER_ADDRESS=way.address))
    assert outcome.code == 0, outcome.err
    assert len(way.connections) >= 2


def test_connections_that_are_cut_in_the_middle_cost_no_more_than_what_was_out(
    example, start_command, mosaic_command, wait_for_block, same_files, scheduler, clean_env, tmp_path
):
    fine = (*example, "--resolution", "20")
    assert mosaic_command(*fine, "-q", "--output-dir", "quiet", cwd=tmp_path).code == 0
    with scheduler.worker(), relay(scheduler.address) as way:
        environment = clean_env(DASK_SCHEDULER_ADDRESS=way.address)
        fine = (*fine, "--json", "--output-dir", "cut")
        with start_command(*fine, cwd=tmp_path, env=environment) as running:
            wait_for_block(running)
            before = len(way.connections)
            way.cut()
            _, errors = running.communicate(timeout=240)
    assert running.returncode == 0, errors
    assert len(way.connections) > before
    same_files(tmp_path / "quiet", tmp_path / "cut")


@dataclass
class Way:
    """A way to a scheduler that can be cut."""

    address: str
    connections: list
    loop: asyncio.AbstractEventLoop

    def cut(self):
        for writer in list(self.connections):
            self.loop.call_soon_threadsafe(writer.close)


@contextmanager
def relay(address, *, closes_first=False):
    """Passes connections on to a scheduler; the first perhaps only until the client has said who it is."""
    host, port = address.removeprefix("tcp://").split(":")
    connections = []

    async def pump(reader, writer, chunks):
        while chunks > 0 and (part := await reader.read(1 << 16)):
            writer.write(part)
            chunks -= 1
        writer.close()

    async def serve(reader, writer):
        connections.append(writer)
        first = closes_first and len(connections) == 1
        back, forth = await asyncio.open_connection(host, int(port))
        ways = [
            asyncio.ensure_future(pump(reader, forth, 1 if first else math.inf)),
            asyncio.ensure_future(pump(back, writer, math.inf)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in (writer, forth):
            way.close()
        await asyncio.gather(*ways, return_exceptions=True)

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield Way(f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}", connections, loop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def test_worker_with_another_version_of_the_package_is_refused(
    example, mosaic_command, scheduler, clean_env, tmp_path
):
    other = tmp_path / "other"
    shutil.copytree(Path(cloudless_mosaic.__file__).parent, other / "cloudless_mosaic")
    with (other / "cloudless_mosaic/reducers.py").open("a") as file:
        file.write("# a change\n")
    with scheduler.worker(PYTHONPATH=str(other)):
        outcome = refused(example, mosaic_command, scheduler, clean_env, tmp_path)
    assert "other software than this computer: cloudless-mosaic (source)" in outcome.err


def test_worker_without_the_package_is_refused(example, mosaic_command, scheduler, clean_env, tmp_path):
    nothing = tmp_path / "nothing/cloudless_mosaic"
    nothing.mkdir(parents=True)
    (nothing / "__init__.py").write_text("raise ImportError('not here')")
    with scheduler.worker(PYTHONPATH=str(nothing.parent)):
        outcome = refused(example, mosaic_command, scheduler, clean_env, tmp_path)
    assert "give the workers an image with the same version" in outcome.err


def test_worker_whose_gdal_would_read_zeros_is_refused(
    example, mosaic_command, scheduler, clean_env, tmp_path
):
    with scheduler.worker(GDAL_NUM_THREADS="ALL_CPUS"):
        outcome = refused(example, mosaic_command, scheduler, clean_env, tmp_path)
    assert "GDAL_NUM_THREADS=ALL_CPUS" in outcome.err


def refused(example, mosaic_command, scheduler, clean_env, folder):
    environment = clean_env(DASK_SCHEDULER_ADDRESS=scheduler.address)
    outcome = mosaic_command(*example, "--output-dir", "out", cwd=folder, env=environment)
    assert outcome.code == 2, outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert not (folder / "out").exists() or list((folder / "out").rglob("*")) == []
    return outcome


def test_scheduler_without_workers_is_given_up_in_time(
    example, mosaic_command, scheduler, clean_env, tmp_path
):
    environment = clean_env(DASK_SCHEDULER_ADDRESS=scheduler.address)
    outcome = mosaic_command(*example, "--wait-workers", "1", cwd=tmp_path, env=environment)
    assert outcome.code == 75
    assert "has no worker after 1 seconds (--wait-workers); start workers" in outcome.err


def test_scheduler_whose_last_worker_dies_is_given_up_in_time(
    example, start_command, wait_for_block, scheduler, clean_env, tmp_path
):
    environment = clean_env(DASK_SCHEDULER_ADDRESS=scheduler.address)
    options = ("--resolution", "10", "--json", "--output-dir", "out", "--wait-workers", "4")
    with (
        scheduler.worker() as worker,
        start_command(*example, *options, cwd=tmp_path, env=environment) as running,
    ):
        wait_for_block(running)
        worker.kill()
        _, errors = running.communicate(timeout=240)
    assert running.returncode == 75
    assert "has had no worker for 4 seconds" in errors
    assert len(errors.splitlines()) == 1


def test_a_single_worker_that_is_stopped_is_given_up_in_time(
    example, start_command, wait_for_block, scheduler, clean_env, tmp_path
):
    """The scheduler still counts it as one of its workers."""
    environment = clean_env(DASK_SCHEDULER_ADDRESS=scheduler.address)
    options = ("--resolution", "10", "--json", "--output-dir", "out", "--wait-workers", "1")
    with (
        scheduler.worker() as worker,
        start_command(*example, *options, cwd=tmp_path, env=environment) as running,
    ):
        wait_for_block(running)
        worker.send_signal(signal.SIGSTOP)
        try:
            _, errors = running.communicate(timeout=240)
        finally:
            worker.send_signal(signal.SIGCONT)
    assert running.returncode == 75, errors
    assert "no worker of the scheduler at" in errors
    assert len(errors.splitlines()) == 1


@pytest.mark.slow
def test_a_late_worker_of_another_version_is_refused_and_the_run_goes_on(
    example, start_command, wait_for_block, scheduler, clean_env, tmp_path
):
    other = tmp_path / "other"
    shutil.copytree(Path(cloudless_mosaic.__file__).parent, other / "cloudless_mosaic")
    with (other / "cloudless_mosaic/errors.py").open("a") as file:
        file.write("# a change\n")
    environment = clean_env(DASK_SCHEDULER_ADDRESS=scheduler.address)
    options = ("--resolution", "10", "--json", "--output-dir", "out")
    with (
        scheduler.worker(),
        start_command(*example, *options, cwd=tmp_path, env=environment) as running,
    ):
        wait_for_block(running)
        with scheduler.worker(PYTHONPATH=str(other)) as late:
            out, errors = running.communicate(timeout=120)
            assert running.returncode == 0, errors
            assert late.wait(timeout=240) == 0
    notes = [event["message"] for event in map(json.loads, out.splitlines()) if event["event"] == "note"]
    assert any("joined with other software and is refused" in note for note in notes), notes
    assert (tmp_path / "out/catalog.json").is_file()


def test_ndvi_example_of_the_documentation(demo_archive, scheduler, clean_env):
    path = Path(__file__).resolve().parents[3] / "docs/examples/ndvi.py"
    environment = clean_env(DASK_SCHEDULER_ADDRESS=scheduler.address)
    with scheduler.worker():
        done = subprocess.run(
            [sys.executable, path, demo_archive.catalog],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    example = runpy.run_path(str(path))
    mosaics = cloudless_mosaic.open_mosaics(example["autumn"](str(demo_archive.catalog)))
    means = example["monthly_ndvi"](mosaics).mean(("y", "x")).compute(scheduler="threads", num_workers=2)
    told = [float(line.split()[1]) for line in done.stdout.splitlines()]
    assert told == pytest.approx(means.values, abs=1e-4)
    assert means.min() > 0.2


def test_workers_that_are_too_small_for_any_block_are_refused(example, mosaic_command, tmp_path):
    outcome = mosaic_command(
        *example, "--cluster", "local", "--workers", "1", "--worker-memory", "0.5", cwd=tmp_path
    )
    assert outcome.code == 2
    assert "give them more memory" in outcome.err


DEADLY = """
import os, time
from dataclasses import dataclass
from cloudless_mosaic import pipeline
from cloudless_mosaic.cli.program import run_program
from cloudless_mosaic.cli import mosaics

@dataclass(frozen=True)
class Deadly:
    def prepare(self, hrefs):
        time.sleep(2)  # as memory takes a while to fill; who dies at once is not started again
        os._exit(1)

run = pipeline.run
pipeline.run = lambda request, progress, **more: run(request, progress, Deadly(), **more)
run_program(mosaics.cli)
"""


@pytest.mark.chaos
def test_a_task_that_every_worker_dies_of_ends_the_run_with_75(example, clean_env, tmp_path):
    """After three tries, or when the workers are not started again, whichever comes first."""
    options = ("--cluster", "local", "--workers", "2", "--wait-workers", "10", "--output-dir", "out")
    done = subprocess.run(
        [sys.executable, "-c", DEADLY, *example, *options],
        cwd=tmp_path,
        env=clean_env(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 75, done.stderr
    assert "died again and again of block" in done.stderr or "has had no worker" in done.stderr
    assert "--worker-memory" in done.stderr
    assert not (tmp_path / "out/catalog.json").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_local_cluster_does_not_outlive_the_run(
    example, start_command, wait_for_block, clean_env, until, tmp_path, number, code
):
    options = ("--resolution", "10", "--cluster", "local", "--workers", "1", "--json", "--output-dir", "out")
    with start_command(*example, *options, cwd=tmp_path, env=clean_env()) as running:
        wait_for_block(running)
        children = psutil.Process(running.pid).children(recursive=True)
        assert children
        os.kill(running.pid, number)
        _, errors = running.communicate(timeout=240)
        assert running.returncode == code, errors
        until(lambda: not any(alive(child) for child in children))
    assert not list((tmp_path / "out").glob("*.json"))
    # a month may have been done by then; what can be seen of it is whole
    for folder in (tmp_path / "out").glob("monthly-*"):
        assert (folder / f"{folder.name}.json").is_file()


def alive(one):
    try:
        return one.is_running() and one.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
def test_a_script_without_a_guard_is_told_so(demo_archive, tmp_path):
    (tmp_path / "script.py").write_text(
        "from datetime import date\n"
        "from cloudless_mosaic import Aoi, MosaicRequest, build_mosaics\n"
        "october = {'start_date': date(2020, 10, 1), 'end_date': date(2020, 10, 31)}\n"
        "aoi = Aoi(-122.27, 47.55, -121.96, 47.74)\n"
        f"url = {str(demo_archive.catalog)!r}\n"
        "where = {'stac_url': url, 'cluster': 'local', 'workers': 1}\n"
        "build_mosaics(MosaicRequest(**october, **where, aoi=aoi, bands=('red',)))\n"
    )
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert 'put the call under if __name__ == "__main__"' in done.stderr.splitlines()[-1]
    assert "fewer" not in done.stderr
