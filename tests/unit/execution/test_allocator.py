"""Workers don't take new memory of the system for every array."""

import os
import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, resource, sys
import numpy as np
from cloudless_mosaic.execution.allocator import keep_freed_memory

# PR_SET_THP_DISABLE: a page of 2 MB is one fault
ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)
if sys.argv[1] == "kept":
    keep_freed_memory()
for _ in range(100):
    np.empty(2**20, np.uint32).fill(1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def page_faults(how):
    environment = {**os.environ, "MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], env=environment, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries don't have these settings")
def test_freed_arrays_are_used_for_the_next_ones():
    # 100 arrays of 1024 pages
    assert page_faults("given") - page_faults("kept") > 50_000
