"""Signals reach the end of the program wherever in it they arrive."""

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import os, signal, sys, time
from cloudless_mosaic.cli.process import Terminated, {handle}

class Remnant:
    def __del__(self):
        os.kill(os.getpid(), signal.{name})
        for _ in range(1000):
            pass

{handle}()
Remnant()
print("goes on", flush=True)
try:
    time.sleep(60)
except (KeyboardInterrupt, Terminated) as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize(
    ("name", "handle", "ending"),
    [
        ("SIGTERM", "raise_on_signals", "Terminated"),
        ("SIGHUP", "raise_on_signals", "Terminated"),
        ("SIGINT", "raise_on_signals", "KeyboardInterrupt"),
        ("SIGTERM", "interrupt_on_signals", "KeyboardInterrupt"),
    ],
)
def test_a_signal_in_a_finaliser_is_not_lost(name, handle, ending):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(name=name, handle=handle)],
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
        # whoever started the tests may have had it ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.stdout, done.stderr) == (f"goes on\n{ending}\n", "")


def test_other_exceptions_that_are_ignored_are_reported():
    program = PROGRAM.format(name="SIGTERM", handle="raise_on_signals").replace(
        "os.kill(os.getpid(), signal.SIGTERM)", "1 / 0"
    )
    program = program.replace("time.sleep(60)", "pass")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "ZeroDivisionError" in done.stderr
