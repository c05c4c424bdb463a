from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = "from cloudless_mosaic.synthetic.noise import mix; print(mix(1, 2, 3))"


def test_without_a_place_for_what_was_compiled_loops_are_compiled_all_the_same():
    def run(**changes: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, **changes},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout

    # the only place that may be tried, and it is not named
    assert run(NUMBA_CACHE_LOCATOR_CLASSES="UserProvidedCacheLocator") == run() != ""
