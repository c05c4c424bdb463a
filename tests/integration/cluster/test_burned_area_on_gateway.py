"""The burned-area program on clusters, as the published one was run."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

FILES = ("bai.tif", "severity.tif", "severity.png")


def same(one, other):
    return [name for name in FILES if (one / name).read_bytes() != (other / name).read_bytes()] == []


@pytest.mark.xdist_group("gateway")
def test_the_published_sequence_of_commands(shell, fire_items, burned_example, tmp_path):
    before, after = fire_items
    work = tmp_path / "work"
    work.mkdir()
    done = shell.run(
        f"""
        DASK_IMAGE=mosaic:1 {shell.scripts}/start-dask.sh --max-cores 2
        source dask_cluster_name.txt
        python {ROOT}/bai.py --pre_fire_url {before} --post_fire_url {after}
        {shell.scripts}/end-dask.sh
        python {ROOT}/bai.py --pre_fire_url {before} --post_fire_url {after} --output-dir again \\
          || echo "exit $?"
        """,
        work,
    )
    assert done.returncode == 0, done.stderr
    assert "composing on cluster" in done.stdout
    assert "high severity" in done.stdout
    assert done.stdout.splitlines()[-1] == "exit 2"  # the cluster is gone
    assert len(done.stderr.splitlines()) == 1
    assert not (work / "dask_cluster_name.txt").exists()
    assert same(work, burned_example)


def test_on_a_scheduler_whose_address_is_given(
    scheduler, burned_command, fire_items, burned_example, clean_env, tmp_path
):
    before, after = fire_items
    with scheduler.worker():
        outcome = burned_command(
            *("--pre-fire-url", before, "--post-fire-url", after),
            cwd=tmp_path,
            env=clean_env(DASK_SCHEDULER_ADDRESS=scheduler.address),
        )
    assert outcome.code == 0, outcome.err
    assert same(tmp_path, burned_example)
