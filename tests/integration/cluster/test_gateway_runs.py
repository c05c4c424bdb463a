"""The command on clusters of a real Dask Gateway."""

from __future__ import annotations

import contextlib
import random
import threading

import psutil
import pytest

pytestmark = pytest.mark.xdist_group("gateway")

FINE = (
    *("--start-date", "2020-10-01", "--end-date", "2020-12-31", "--aoi=-122.24,47.58,-122.0,47.72"),
    *("--bands", "red", "--bands", "nir", "--resolution", "10"),
)


@pytest.fixture(scope="module")
def fine(demo_archive):
    """Options of a run of many blocks."""
    return (*FINE, "--stac-url", str(demo_archive.catalog))


@pytest.fixture(scope="module")
def threaded_fine(fine, mosaic_command, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fine")
    assert mosaic_command(*fine, "-q", cwd=folder).code == 0
    return folder


def test_scripts_start_a_cluster_run_the_example_on_it_and_end_it(
    shell, demo_archive, readme_example, threaded_example, same_files, tmp_path
):
    work = tmp_path / "work"
    work.mkdir()
    example = " ".join(f"'{word}'" for word in readme_example)
    done = shell.run(
        f"""
        DASK_IMAGE=mosaic:1 {shell.scripts}/start-dask.sh --max-cores 2
        source dask_cluster_name.txt
        cloudless-mosaic {example} --stac-url {demo_archive.catalog} --output-dir out
        cloudless-mosaic cluster list
        {shell.scripts}/end-dask.sh
        cloudless-mosaic {example} --stac-url {demo_archive.catalog} --output-dir again || echo "exit $?"
        """,
        work,
    )
    assert done.returncode == 0, done.stderr
    assert "Gateway at http://127.0.0.1" in done.stdout
    assert "dashboard: http" in done.stdout
    assert "running" in done.stdout  # a cluster that was only connected to is left alone
    assert done.stdout.splitlines()[-1] == "exit 2"
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("error: cluster ")
    assert not (work / "dask_cluster_name.txt").exists()
    same_files(threaded_example, work / "out")
    assert not (work / "again").exists() or list((work / "again").iterdir()) == []


@pytest.mark.parametrize("image", ["unset DASK_IMAGE", "export DASK_IMAGE="])
def test_start_script_leaves_the_image_to_the_gateway(shell, tmp_path, image):
    done = shell.run(
        f"""
        {image}
        {shell.scripts}/start-dask.sh --max-cores 1
        {shell.scripts}/end-dask.sh
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "with up to 1 workers" in done.stdout


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"DASK_CLUSTER": "nosuch"}, 2, "knows no cluster 'nosuch'"),
        ({"DASK_CLUSTER": "any", "DASK_GATEWAY__ADDRESS": "http://127.0.0.1:1"}, 75, "is it running?"),
        ({"DASK_CLUSTER": "any", "DASK_GATEWAY__ADDRESS": "nowhere"}, 2, "not an address of a Dask Gateway"),
        ({"DASK_CLUSTER": ""}, 2, "DASK_CLUSTER is set and empty"),
    ],
)
def test_cluster_that_is_not_there_is_one_clear_line(
    gateway, mosaic_command, fine, tmp_path, changes, code, words
):
    outcome = mosaic_command(*fine, cwd=tmp_path, env={**gateway.environment, **changes})
    assert outcome.code == code
    assert words in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert not list(tmp_path.rglob("*.tif"))


def test_cluster_whose_name_can_not_be_written_down_is_stopped(gateway, mosaic_command, tmp_path):
    outcome = mosaic_command(
        *("cluster", "start", "--target", "/dev/full", "--max-cores", "1"),
        cwd=tmp_path,
        env=gateway.environment,
    )
    assert outcome.code == 2
    assert "--target /dev/full can't be written" in outcome.err
    listed = mosaic_command("cluster", "list", cwd=tmp_path, env=gateway.environment)
    assert "running" not in listed.out


def test_workers_that_die_change_nothing(
    gateway, gateway_cluster, fine, threaded_fine, start_command, wait_for_block, same_files, tmp_path
):
    environment = {**gateway.environment, "DASK_CLUSTER": gateway_cluster}
    with start_command(*fine, "--json", cwd=tmp_path, env=environment) as running:
        for _ in range(3):
            wait_for_block(running)
            kill_one(gateway.worker_processes(gateway_cluster), random.Random(0))
        _, errors = running.communicate(timeout=300)
    assert running.returncode == 0, errors
    (tmp_path / "name.txt").unlink()
    same_files(threaded_fine, tmp_path)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(5))
def test_workers_of_a_mean_life_of_ten_seconds(
    gateway, gateway_cluster, fine, threaded_fine, mosaic_command, same_files, tmp_path, seed
):
    with killer(gateway, gateway_cluster, mean_life=10.0, seed=seed):
        for name in "abc":
            outcome = mosaic_command(
                *(*fine, "-q", "--output-dir", name),
                cwd=tmp_path,
                env={**gateway.environment, "DASK_CLUSTER": gateway_cluster},
            )
            assert outcome.code == 0, outcome.err
            same_files(threaded_fine, tmp_path / name)


def test_scheduler_that_dies_ends_the_run_with_75_and_the_next_run_goes_on(
    gateway,
    gateway_cluster,
    fine,
    threaded_fine,
    start_command,
    mosaic_command,
    wait_for_block,
    same_files,
    tmp_path,
):
    environment = {**gateway.environment, "DASK_CLUSTER": gateway_cluster}
    with start_command(*fine, "--json", "--output-dir", "out", cwd=tmp_path, env=environment) as running:
        wait_for_block(running)
        gateway.scheduler_process(gateway_cluster).kill()
        _, errors = running.communicate(timeout=240)
    assert running.returncode == 75
    assert "out of reach" in errors
    assert len(errors.splitlines()) == 1
    assert not (tmp_path / "out/catalog.json").exists()
    assert mosaic_command(*fine, "-q", "--output-dir", "out", cwd=tmp_path).code == 0
    same_files(threaded_fine, tmp_path / "out")


def kill_one(processes, generator):
    if processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            generator.choice(processes).kill()


class killer:  # noqa: N801 - a context
    """Kills workers at random while it is open."""

    def __init__(self, gateway, cluster, mean_life, seed=0):
        self.gateway, self.cluster, self.mean_life = gateway, cluster, mean_life
        self.random = random.Random(seed)
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.done.wait(self.random.expovariate(2 / self.mean_life)):
            kill_one(self.gateway.worker_processes(self.cluster), self.random)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
