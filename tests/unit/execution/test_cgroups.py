"""Limits of containers, in the files as kernels and container engines lay them out."""

import math

import pytest

from cloudless_mosaic.execution import threads
from cloudless_mosaic.execution.cgroups import cpu_quota, memory_limit

MIB = 2**20
V2 = "31 23 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = (
    "31 23 0:27 {mounted} /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "32 23 0:28 {mounted} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
)
V1_NONE = {"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}
V1_HALF = {"cpu.cfs_quota_us": "150000", "cpu.cfs_period_us": "100000"}
DOCKER = "/docker/0a1b"

LAYOUTS = {
    # mounts, groups of the process, files by folder below /sys/fs/cgroup, CPUs, bytes
    "no limit, v2": (
        V2,
        "0::/user.slice\n",
        {"user.slice": {"cpu.max": "max 100000", "memory.max": "max"}},
        None,
        None,
    ),
    "v2, container": (
        V2,
        "0::/\n",
        {"": {"cpu.max": "200000 100000", "memory.max": str(512 * MIB)}},
        2,
        512 * MIB,
    ),
    "v2, a group above is tighter": (
        V2,
        "0::/a/b\n",
        {
            "a": {"cpu.max": "50000 100000", "memory.max": str(256 * MIB)},
            "a/b": {"cpu.max": "400000 100000", "memory.max": "max"},
        },
        0.5,
        256 * MIB,
    ),
    "v2, throttled": (
        V2,
        "0::/\n",
        {"": {"memory.max": "max", "memory.high": str(300 * MIB)}},
        None,
        300 * MIB,
    ),
    "v2, path of the host": (V2, "0::/kubepods/pod1\n", {"": {"cpu.max": "150000 100000"}}, 1.5, None),
    "no limit, v1": (
        V1.format(mounted="/"),
        "2:memory:/\n1:cpu,cpuacct:/\n",
        {"cpu,cpuacct": V1_NONE, "memory": {"memory.limit_in_bytes": "9223372036854771712"}},
        None,
        None,
    ),
    "v1, container": (
        V1.format(mounted=DOCKER),
        f"2:memory:{DOCKER}\n1:cpu,cpuacct:{DOCKER}\n",
        {"cpu,cpuacct": V1_HALF, "memory": {"memory.limit_in_bytes": str(700 * MIB)}},
        1.5,
        700 * MIB,
    ),
    "v1, host": (
        V1.format(mounted="/"),
        f"2:memory:{DOCKER}\n1:cpu,cpuacct:{DOCKER}\n0::/\n",
        {
            "cpu,cpuacct": V1_NONE,
            "cpu,cpuacct/docker/0a1b": V1_HALF,
            "memory/docker/0a1b": {"memory.limit_in_bytes": str(700 * MIB)},
        },
        1.5,
        700 * MIB,
    ),
    "malformed": ("x\n1 2 - cgroup2\n", "0::/\nnothing\n", {"": {"cpu.max": "1 0"}}, None, None),
    "nothing mounted": ("", "0::/\n", {}, None, None),
}


@pytest.fixture(params=LAYOUTS.values(), ids=LAYOUTS)
def layout(request, tmp_path):
    mounts, groups, folders, cpus, memory = request.param
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text(mounts)
    (tmp_path / "proc/self/cgroup").write_text(groups)
    for folder, files in folders.items():
        place = tmp_path / "sys/fs/cgroup" / folder
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (place / name).write_text(f"{text}\n")
    return tmp_path, cpus, memory


def test_the_tightest_limit_counts(layout):
    root, cpus, memory = layout
    assert cpu_quota(root) == cpus
    assert memory_limit(root) == memory


def test_a_machine_without_control_groups_has_no_limit(tmp_path):
    assert cpu_quota(tmp_path) is None
    assert memory_limit(tmp_path) is None


@pytest.mark.parametrize(("quota", "cores"), [(None, 4), (1.5, 2), (0.2, 1), (2.0, 2), (16.0, 4)])
def test_a_quota_decides_cores_as_affinity_does(monkeypatch, quota, cores):
    monkeypatch.setattr(threads, "cpu_quota", lambda: quota)
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    assert threads.core_count() == cores
    assert threads.worker_count(None) == 2 * cores
    assert threads.worker_count(7) == 7
    assert quota is None or threads.core_count() <= math.ceil(quota)
