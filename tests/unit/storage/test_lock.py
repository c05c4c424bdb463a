import errno
import os
import signal
import subprocess
import sys

import pytest

from cloudless_mosaic.errors import TemporaryError
from cloudless_mosaic.storage import lock
from cloudless_mosaic.storage.lock import FolderLock

HOLDER = """
import sys, time
from pathlib import Path
from cloudless_mosaic.storage.lock import FolderLock
FolderLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def place(tmp_path):
    return tmp_path / "out" / ".cloudless-mosaic" / "lock"


def test_the_second_in_a_process_is_refused_until_the_first_ends(place):
    first = FolderLock(place)
    with pytest.raises(TemporaryError, match=rf"another run \(process {os.getpid()} on .*output_dir .*out"):
        FolderLock(place)
    first.release()
    assert not place.exists()
    FolderLock(place).release()


def test_a_killed_process_gives_it_back(place):
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(place)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(TemporaryError, match=f"process {holder.pid} on"):
            FolderLock(place)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    FolderLock(place).release()


def test_a_lock_that_ended_between_opening_and_locking_is_not_taken_for_one(place, monkeypatch):
    """Or two runs would each lock a file of their own."""
    first = FolderLock(place)
    flock, calls = lock._lock, []

    def late(descriptor):
        calls.append(descriptor)
        if len(calls) == 1:
            first.release()
        return flock(descriptor)

    monkeypatch.setattr(lock, "_lock", late)
    second = FolderLock(place)
    assert len(calls) == 2
    assert place.exists()
    second.release()


def test_file_systems_without_locks_do_not_stop_a_run(place, monkeypatch):
    def unsupported(_descriptor, _operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock.fcntl, "flock", unsupported)
    first, second = FolderLock(place), FolderLock(place)
    assert place.read_text().startswith(f"process {os.getpid()} on ")
    first.release()
    second.release()
    assert not place.exists()
