"""Compiles the loops in C and bundles the preview page; everything else stands in pyproject.toml."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

WEB = Path(__file__).parent / "web"
PAGE = Path(__file__).parent / "src" / "cloudless_mosaic" / "report" / "template.html"


def bundle_page() -> None:
    """Runs npm where the page is missing or older than its sources; without npm it stays as it is."""
    sources = [WEB / "build.js", WEB / "package-lock.json", *(WEB / "src").glob("*")]
    newest = max((path.stat().st_mtime for path in sources if path.exists()), default=0.0)
    if PAGE.exists() and PAGE.stat().st_mtime >= newest:
        return
    npm = shutil.which("npm")
    if npm is None:
        sys.stderr.write("warning: there is no npm, so the package gets no new preview page\n")
        return
    try:
        subprocess.run(
            [npm, "ci", "--omit=dev", "--ignore-scripts", "--fetch-retries=1"], cwd=WEB, check=True
        )
        subprocess.run([npm, "run", "build"], cwd=WEB, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"warning: the package gets no new preview page, npm failed: {error}\n")


class BuildWithPage(build_py):
    """Bundles the page first; a package without it does everything but show it."""

    def run(self) -> None:
        """Builds the Python part of the package."""
        bundle_page()
        super().run()


class SdistWithPage(sdist):
    """Puts the page into the source distribution, which is then built without npm."""

    def run(self) -> None:
        """Writes the archive."""
        bundle_page()
        if not PAGE.exists():
            raise SystemExit("error: a source distribution needs the preview page; install npm to bundle it")
        super().run()


# the extensions keep to the limited API, so one wheel serves all Pythons from the oldest on; builds of Python
# without a global lock have no such API
LIMITED_API = {} if sysconfig.get_config_var("Py_GIL_DISABLED") else {"py_limited_api": "cp311"}

setup(
    cffi_modules=[
        "src/cloudless_mosaic/kernels/build.py:ffi",
        "src/cloudless_mosaic/synthetic/native/build.py:ffi",
    ],
    options={"bdist_wheel": LIMITED_API, "build_ext": {"parallel": True}},
    cmdclass={"build_py": BuildWithPage, "sdist": SdistWithPage},
)
