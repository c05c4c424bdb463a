"""What ``make package-test`` says of an engine that can't build or run images."""

from __future__ import annotations

import subprocess

import pytest

from images import engine_faults

PROGRAMS = {"podman", "iptables", "runc"}


def engine(cgroups="v2", runtime="crun", network="netavark"):
    return {"host": {"cgroupVersion": cgroups, "ociRuntime": {"name": runtime}, "networkBackend": network}}


def faults(info, *missing):
    found = PROGRAMS - set(missing)
    return engine_faults(lambda name: f"/usr/bin/{name}" if name in found else None, lambda: info)


@pytest.mark.parametrize(
    ("info", "missing"),
    [
        (engine(), ()),
        (engine(), ("runc",)),
        (engine(cgroups="v1"), ()),
        (engine(cgroups="v1", runtime="runc"), ("runc",)),
        (engine(network="cni"), ("iptables",)),
    ],
)
def test_engines_that_work_have_no_fault(info, missing):
    assert faults(info, *missing) == []


@pytest.mark.parametrize(
    ("info", "missing", "words"),
    [
        (engine(), ("podman",), "apt-get install --yes podman"),
        (engine(), ("iptables",), "apt-get install --yes iptables"),
        (engine(cgroups="v1"), ("runc",), "apt-get install --yes runc"),
    ],
)
def test_what_an_engine_lacks_is_named_with_the_command_that_installs_it(info, missing, words):
    (fault,) = faults(info, *missing)
    assert fault.endswith(words)


def test_all_that_an_engine_lacks_is_named_at_once():
    assert len(faults(engine(cgroups="v1"), "iptables", "runc")) == 2


def test_an_engine_that_gives_no_answer_is_reported():
    def silent():
        raise subprocess.TimeoutExpired("podman", 120)

    (fault,) = engine_faults(lambda name: f"/usr/bin/{name}", silent)
    assert "podman info gives no answer" in fault
