"""Items of an API whose hrefs are relative to the item, or to the server's root."""

import sys
from contextlib import contextmanager

import pytest

from processes import answers, free_port, process, wait_for

AUGUST = ("--start-date", "2023-08-01", "--end-date", "2023-08-31", "--max-cloud-cover", "100", "-q")
PLACE = ("--aoi", "15.2,45.4,15.4,45.5", "--bands", "red", "--resolution", "120")


@contextmanager
def server(shared_cases, shared_data, *options):
    port = free_port()
    series = str(shared_data / "real-33TWL")
    script = str(shared_cases / "stac_server.py")
    with process(sys.executable, script, series, str(port), "--host", "127.0.0.1", *options):
        wait_for(lambda: answers(port))
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def absolute(shared_cases, shared_data, mosaic_command, tmp_path_factory):
    folder = tmp_path_factory.mktemp("absolute")
    with server(shared_cases, shared_data) as url:
        done = mosaic_command(*AUGUST, *PLACE, "--stac-url", url, cwd=folder)
    assert done.code == 0, done.err
    return folder


@pytest.mark.parametrize("form", ["relative", "root"])
def test_relative_hrefs_are_resolved(shared_cases, shared_data, mosaic_command, tmp_path, absolute, form):
    options = {
        "relative": ("--href", "relative"),
        "root": ("--item-patch", str(shared_cases / "patch_rootrelative.py")),
    }
    with server(shared_cases, shared_data, *options[form]) as url:
        done = mosaic_command(*AUGUST, *PLACE, "--stac-url", url, cwd=tmp_path)
    assert done.code == 0, done.err
    pictures = sorted(path.relative_to(absolute) for path in absolute.rglob("*.tif"))
    assert pictures
    for path in pictures:
        assert (absolute / path).read_bytes() == (tmp_path / path).read_bytes()


def test_a_relative_href_into_a_private_network_is_refused(
    shared_cases, shared_data, mosaic_command, tmp_path
):
    (tmp_path / "patch.py").write_text(
        "def patch(item, base):\n"
        "    for asset in item['assets'].values():\n"
        "        asset['href'] = '/vsicurl/http://10.0.0.1/x.tif'\n"
    )
    with server(shared_cases, shared_data, "--item-patch", str(tmp_path / "patch.py")) as url:
        done = mosaic_command(*AUGUST, *PLACE, "--stac-url", url, cwd=tmp_path)
    assert done.code == 3
    assert "https and s3 are read" in done.err
