"""Catalogues of other kinds, and with credentials, give the mosaics of local files."""

import json
import os
import shutil
import sys

import pytest

from archive_api import items_of, serving_archive
from cloudless_mosaic.net.headers import HEADERS_VARIABLE
from cloudless_mosaic.synthetic.archive import Archive
from processes import answers, free_port, process, wait_for


@pytest.fixture
def run(mosaic_command, small_request, tmp_path, monkeypatch):
    """Runs the command on a catalogue, and gives its outcome."""
    monkeypatch.delenv(HEADERS_VARIABLE, raising=False)

    def of(url, *options, suffix=".tif", **environment):
        return mosaic_command(*small_request(suffix, str(url)), *options, cwd=tmp_path, env=environment)

    return of


@pytest.fixture
def same(small_mosaics, tmp_path):
    """Asserts that a run gave the pixels of local files, and no secret."""

    def check(done):
        assert done.code == 0, done.err
        for path in sorted(small_mosaics[".tif"].rglob("*.tif")):
            there = tmp_path / path.relative_to(small_mosaics[".tif"])
            assert there.read_bytes() == path.read_bytes()
        for path in tmp_path.rglob("*.json"):
            assert "hush" not in path.read_text()
        assert "hush" not in done.out + done.err

    return check


@pytest.fixture(scope="module")
def table(small_archives):
    """The items of the archive in a table beside them."""
    arrow = pytest.importorskip("stac_geoparquet").arrow
    archive = small_archives[".tif"]
    path = archive.folder / "items.parquet"
    arrow.to_parquet(arrow.parse_stac_items_to_arrow(items_of(archive, ".")), path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("way", ["option", "environment"])
def test_an_api_that_wants_a_header(run, same, small_archives, way):
    option = ("--header", "X-Api-Key: hush", "--header", "X-Team:maps") if way == "option" else ()
    environment = {} if option else {HEADERS_VARIABLE: "X-Api-Key:hush\nX-Team:maps"}
    wanted = {"X-Api-Key": "hush", "X-Team": "maps"}
    with serving_archive(small_archives[".tif"], headers=wanted) as server:
        same(run(server.address, *option, "-v", **environment))
    pixels = [headers for _, path, headers in server.asked if path.startswith("/files/")]
    assert pixels
    assert not any("X-Api-Key" in headers for headers in pixels)


def test_an_api_that_wants_credentials_is_told_apart(run, small_archives):
    with serving_archive(small_archives[".tif"], headers={"X-Api-Key": "hush"}) as server:
        done = run(server.address)
        wrong = run(server.address, "--header", "X-Api-Key:mistyped-hush")
    for one in (done, wrong):
        assert one.code == 2
        assert "wants credentials (401); give a header (--header)" in one.err
        assert "check --stac-url" not in one.err
        assert "hush" not in one.err


@pytest.mark.parametrize("header", ["hush", "X-Api-Key:", "Host:hush"])
def test_a_slip_in_a_header_is_one_line(run, header):
    done = run("http://127.0.0.1:9", "--header", header)
    assert done.code == 2
    assert "--header" in done.err
    assert "hush" not in done.err
    assert done.err.count("\n") == 1


@pytest.mark.slow
def test_the_query_of_the_address_is_kept(run, same, small_archives):
    with serving_archive(small_archives[".tif"], query={"api-version": "1", "key": "hush"}) as server:
        same(run(f"{server.address}?api-version=1&key=hush"))


@pytest.mark.slow
@pytest.mark.parametrize("page", ["search", "collections/sentinel-2-l2a"])
def test_the_address_of_a_page_is_used(run, same, small_archives, page):
    with serving_archive(small_archives[".tif"]) as server:
        same(run(f"{server.address}/{page}"))


@pytest.mark.slow
def test_a_static_catalog_on_the_web(run, same, small_archives):
    archive = small_archives[".tif"]
    with serving_archive(archive) as server:
        same(run(f"{server.address}/files/{archive.catalog.relative_to(archive.folder)}"))


@pytest.mark.slow
@pytest.mark.parametrize("web", [False, True], ids=["local", "web"])
def test_a_table_of_items(run, same, small_archives, table, web):
    with serving_archive(small_archives[".tif"]) as server:
        same(run(f"{server.address}/files/items.parquet?sig=hush" if web else table))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_files_of_a_server_without_ranges(run, small_archives, small_mosaics, tmp_path, suffix):
    with serving_archive(small_archives[suffix], ranges=False) as server:
        done = run(server.address, suffix=suffix)
    assert done.code == 0, done.err
    for path in small_mosaics[suffix].rglob("*.tif"):
        there = tmp_path / path.relative_to(small_mosaics[suffix])
        assert there.read_bytes() == path.read_bytes()


def test_a_large_file_of_a_server_without_ranges_is_refused_by_that_reason(run, small_archives, tmp_path):
    archive = Archive(tmp_path / "large", small_archives[".tif"].spec)
    shutil.copytree(small_archives[".tif"].folder, archive.folder)
    for path in archive.folder.rglob("*.tif"):
        # behind the end of a TIFF there may be anything
        os.truncate(path, 65 * 2**20)
    with serving_archive(archive, ranges=False) as server:
        done = run(server.address, "--output-dir", "out")
    assert done.code == 2
    assert "its server sends whole files only, and this one has 65 MiB" in done.err
    assert "try again" not in done.err
    assert done.err.count("\n") == 1


@pytest.mark.slow
def test_our_own_table_is_read(run, small_archives, tmp_path):
    pytest.importorskip("stac_geoparquet")
    assert run(small_archives[".tif"].catalog, "--geoparquet").code == 0
    collection = json.loads((tmp_path / "collection.json").read_text())["id"]
    done = run(tmp_path / "items.parquet", "--output-dir", "again")
    assert done.code == 2
    assert f"it has {collection}" in done.err
    # mosaics are not scenes
    done = run(tmp_path / "items.parquet", "--output-dir", "again", "--collection", collection)
    assert done.code == 3
    assert done.err.count("\n") == 1


@pytest.mark.slow
def test_alternates_where_hrefs_can_not_be_used(shared_cases, shared_data, mosaic_command, tmp_path):
    port, script = free_port(), str(shared_cases / "stac_server.py")
    patch = ("--item-patch", str(shared_cases / "patch_alternate.py"), "--host", "127.0.0.1")
    august = ("--start-date", "2023-08-01", "--end-date", "2023-08-31", "--max-cloud-cover", "100", "-q")
    place = ("--aoi", "15.2,45.4,15.4,45.5", "--bands", "red", "--resolution", "120")
    with process(
        sys.executable, script, str(shared_data / "real-33TWL"), str(port), *patch, env=dict(os.environ)
    ):
        wait_for(lambda: answers(port))
        done = mosaic_command(*august, *place, "--stac-url", f"http://127.0.0.1:{port}", cwd=tmp_path)
    assert done.code == 0, done.err
    assert list(tmp_path.rglob("*.tif"))


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["missing", "no keys"])
def test_alternates_where_files_can_not_be_read(run, same, small_archives, tmp_path, fault):
    """The first address of every file fails, and the file itself is the alternate."""
    archive = small_archives[".tif"]
    with serving_archive(archive) as server:
        first = {"missing": f"{server.address}/files/elsewhere", "no keys": "s3://company-archive"}[fault]
        items = items_of(archive, first)
        for item, local in zip(items, items_of(archive, str(archive.folder)), strict=True):
            for key, asset in item["assets"].items():
                asset["alternate"] = {"local": {"href": local["assets"][key]["href"]}}
        file = tmp_path / "items.json"
        file.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
        same(run(file, AWS_EC2_METADATA_DISABLED="true"))
