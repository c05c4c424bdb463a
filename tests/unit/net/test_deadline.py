import threading
import time

import pytest

from cloudless_mosaic.net.deadline import run_within


def test_what_is_done_in_time_is_given_back():
    assert run_within(5, lambda: None) is None
    assert run_within(5, lambda: 7) == 7


@pytest.mark.parametrize("kind", [KeyError, SystemExit, TimeoutError])
def test_errors_are_given_back_too(kind):
    def fail():
        raise kind("told")

    with pytest.raises(kind, match="told"):
        run_within(5, fail)


def test_what_takes_longer_is_left_behind():
    done = threading.Event()
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        run_within(0.05, lambda: done.wait(20))
    assert time.monotonic() - began < 5
    done.set()
