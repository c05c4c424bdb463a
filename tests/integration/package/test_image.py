"""The real image, under users and on filesystems of which it knows nothing."""

from __future__ import annotations

import json
import tarfile

import pytest

from images import STRANGER, folder_of
from outputs import assert_same_content

pytestmark = pytest.mark.package


def test_is_small_described_and_of_no_privileged_user(image):
    found = json.loads(image.engine("image", "inspect", image.name).out)[0]
    assert found["Size"] < 600e6
    config = found["Config"]
    assert not config.get("Entrypoint")
    assert int(config["User"].split(":")[0]) > 0
    labels = config["Labels"]
    names = ("title", "description", "licenses", "version", "revision")
    assert all(labels[f"org.opencontainers.image.{name}"] for name in names)


def test_commands_of_a_gateway_and_of_a_workflow_runner_are_on_the_path(image):
    wanted = ("python", "sh", "cloudless-mosaic", "burned-area", "dask")
    outcome = image.run(
        "/bin/sh", "-euc", f"for name in {' '.join(wanted)}; do command -v $name; done; umask"
    )
    assert outcome.code == 0, outcome.err
    *paths, umask = outcome.out.split()
    assert [path.rpartition("/")[2] for path in paths] == list(wanted)
    assert umask == "0022"
    for command in (("dask", "scheduler"), ("dask", "worker"), ("cloudless-mosaic",), ("burned-area",)):
        assert image.run(*command, "--help").code == 0
    assert image.run("python", "-c", "import dask_gateway.scheduler_preload").code == 0


LOAD = """
import ctypes, pathlib, sysconfig
loaded = 0
for one in pathlib.Path(sysconfig.get_path("platlib")).rglob("*.so*"):
    ctypes.CDLL(str(one))
    loaded += 1
print(loaded)
"""


def test_every_shared_library_loads(image):
    """They were stripped, and some that nothing needs were left out."""
    outcome = image.run("python", "-c", LOAD)
    assert outcome.code == 0, outcome.err
    assert int(outcome.out) > 100


def test_codecs_that_are_used_are_there(image):
    script = (
        "import imagecodecs as i; print(*(one.available for one in (i.DEFLATE, i.ZSTD, i.PNG, i.FLOATPRED)))"
    )
    assert image.run("python", "-c", script).out.split() == ["True"] * 4


def test_the_preview_page_is_in_it(image):
    script = (
        "from importlib.resources import files; print(files('cloudless_mosaic.report') / 'template.html')"
    )
    outcome = image.run("/bin/sh", "-euc", f'test -s "$(python -c "{script}")"')
    assert outcome.code == 0, outcome.err


def test_tells_nothing_of_the_place_it_was_built_at(image, build_secret, tmp_path):
    archive = tmp_path / "image.tar"
    saved = image.engine("save", "--format", "oci-archive", "--uncompressed", "-o", str(archive), image.name)
    assert saved.code == 0, saved.err
    with tarfile.open(archive) as layers:
        blobs = [one for one in layers if one.isfile()]
        assert len(blobs) > 3
        for one in blobs:
            blob = layers.extractfile(one)
            tail = b""
            while part := blob.read(1 << 24):
                assert build_secret.encode() not in tail + part, one.name
                tail = part[-len(build_secret) :]
    shown = image.engine("image", "inspect", image.name).out
    shown += image.engine("history", "--no-trunc", image.name).out
    for word in ("PIP_", "INDEX", "PROXY", "proxy", "TOKEN", "PASSWORD"):
        assert word not in shown
    names = ("bai.py", "pip.conf", ".netrc", "id_*", ".git", "cloudless-mosaic")
    condition = [word for name in names for word in ("-o", "-name", name)][1:]
    found = image.run("find", "/", "-xdev", *condition, options=("--user", "0")).out
    assert found.split() == ["/opt/cloudless-mosaic", "/opt/cloudless-mosaic/bin/cloudless-mosaic"]


def test_demo_without_a_home_and_with_nothing_else_to_write_to(image, threaded_example, tmp_path):
    work = folder_of(STRANGER, tmp_path / "work")
    outcome = image.run(
        *("cloudless-mosaic", "demo", "-q"),
        options=("--network", "none", "--env", "HOME=/nowhere", "--volume", f"{work}:/output"),
    )
    assert outcome.code == 0, outcome.err
    assert outcome.out == outcome.err == ""
    assert {one.name for one in work.iterdir()} == {"demo-archive", "demo-output"}
    assert_same_content(threaded_example, work / "demo-output")


@pytest.mark.parametrize("user", [STRANGER, 0, 1000])
def test_run_over_an_archive_that_can_only_be_read(
    image, demo_archive, readme_example, threaded_example, tmp_path, user
):
    work = folder_of(user, tmp_path / "work")
    outcome = image.run(
        *("cloudless-mosaic", *readme_example, "-q", "--stac-url", "/archive/catalog.json"),
        options=(
            *("--network", "none", "--env", "HOME=/results", "--workdir", "/results"),
            *("--user", f"{user}:{user}", "--volume", f"{work}:/results"),
            *("--volume", f"{demo_archive.folder}:/archive:ro"),
        ),
    )
    assert outcome.code == 0, outcome.err
    assert_same_content(threaded_example, work)
    assert {one.stat().st_uid for one in work.rglob("*")} == {user}


def test_burned_area_in_the_image(image, fire_archive, fire_items, burned_example, tmp_path):
    work = folder_of(STRANGER, tmp_path / "work")
    before, after = fire_items
    outcome = image.run(
        *("burned-area", "--pre-fire-url", before, "--post-fire-url", after, "-q"),
        options=(
            "--volume",
            f"{work}:/output",
            "--volume",
            f"{fire_archive.folder}:{fire_archive.folder}:ro",
        ),
    )
    assert outcome.code == 0, outcome.err
    assert_same_content(burned_example, work, apart_from=("screen.txt",))


@pytest.mark.parametrize(
    ("change", "word"), [(("--end-date", "2020-13-01"), "2020-13-01"), (("--aoi=-122,48,-123,47",), "--aoi")]
)
def test_bad_input_is_one_line_and_nothing_is_left(image, readme_example, tmp_path, change, word):
    work = folder_of(STRANGER, tmp_path / "work")
    outcome = image.run("cloudless-mosaic", *readme_example, *change, options=("--volume", f"{work}:/output"))
    assert outcome.code == 2
    assert outcome.err.startswith("error: ")
    assert word in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert list(work.iterdir()) == []
