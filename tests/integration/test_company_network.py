"""The command line behind a company's network: its authority, its proxy, and variables of other programs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archive_api import serving_archive
from authority import Authority
from cloudless_mosaic.net.environment.certificates import CA_VARIABLES
from cloudless_mosaic.net.environment.proxies import PROXY_VARIABLES
from forward_proxy import forward_proxy

STORAGE = "https://sentinel2l2a01.blob.core.windows.net/files"
"""Where the Planetary Computer's files lie; the environment puts the test's server in its place."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    proxies = [*PROXY_VARIABLES, *map(str.upper, PROXY_VARIABLES), "no_proxy", "NO_PROXY"]
    for name in (*CA_VARIABLES, *proxies):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(mosaic_command, small_request, tmp_path):
    """Runs the command on an API, and gives its outcome."""

    def of(suffix, url, **environment):
        return mosaic_command(*small_request(suffix, url), cwd=tmp_path, env=environment)

    return of


@pytest.fixture
def same(small_mosaics, tmp_path):
    """Asserts that a run gave the pixels of local files."""

    def check(suffix):
        for path in sorted(small_mosaics[suffix].rglob("*.tif")):
            there = tmp_path / path.relative_to(small_mosaics[suffix])
            assert there.read_bytes() == path.read_bytes()

    return check


SYSTEM_STORE = Path("/etc/ssl/certs/ca-certificates.crt")
WITH_STORE = ("unshare", "--mount", "--map-root-user", "sh", "-c")
"""Runs a line of the shell as the root of a mount namespace of its own."""


@pytest.fixture(scope="module")
def with_store(tmp_path_factory, authority):
    """A command in front of others, for which the authority is in the store of the system."""
    store = tmp_path_factory.mktemp("store") / "ca-certificates.crt"
    line = f'mount --bind {store} {SYSTEM_STORE} && exec "$@"'
    try:
        store.write_text(SYSTEM_STORE.read_text() + authority.file.read_text())
        subprocess.run([*WITH_STORE, line, "sh", "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the store of Debian, and a mount namespace of its own")
    return [*WITH_STORE, line, "sh"]


@pytest.mark.slow
def test_the_store_of_the_system_serves_search_and_pixels(
    with_store, same, small_request, small_archives, authority, tmp_path
):
    program = [sys.executable, "-m", "cloudless_mosaic"]
    with serving_archive(small_archives[".tif"], authority.server_context()) as server:
        command = [*program, *map(str, small_request(".tif", server.address))]
        for prefix, code in (([], 2), (with_store, 0)):
            done = subprocess.run(
                [*prefix, *command], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False
            )
            assert done.returncode == code, done.stderr
    same(".tif")


@pytest.mark.slow
@pytest.mark.parametrize("variable", CA_VARIABLES)
@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_any_variable_serves_search_tokens_and_pixels(run, same, small_archives, authority, suffix, variable):
    value = authority.file.parent if variable == "SSL_CERT_DIR" else authority.file
    # tokens are for the Planetary Computer, whose files are GeoTIFF
    files = STORAGE if suffix == ".tif" else ""
    with serving_archive(small_archives[suffix], authority.server_context(), files=files) as server:
        tokens = {"PC_SDK_SAS_URL": f"{server.address}/token", "AZURE_STORAGE_ENDPOINT": server.address}
        done = run(suffix, server.address, **{variable: str(value)}, **tokens)
    assert done.code == 0, done.err
    same(suffix)
    paths = [path for _, path, _ in server.asked]
    assert any(path.startswith("/token/") for path in paths) == (suffix == ".tif")
    assert any(path.startswith("/files/") for path in paths)


def test_a_certificate_that_is_not_trusted_is_named_by_the_search(run, small_archives, authority):
    with serving_archive(small_archives[".tif"], authority.server_context()) as server:
        done = run(".tif", server.address)
    assert done.code == 2
    assert f"the certificate of {server.address} is not trusted here" in done.err
    assert "SSL_CERT_FILE" in done.err
    assert done.err.count("\n") == 1
    assert server.asked == []


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_a_certificate_that_is_not_trusted_is_named_before_the_work(
    run, small_archives, authority, suffix, tmp_path
):
    archive = small_archives[suffix]
    with (
        serving_archive(archive, authority.server_context()) as files,
        serving_archive(archive, files=f"{files.address}/files") as server,
    ):
        done = run(suffix, server.address)
    assert done.code == 2
    assert "certificate" in done.err
    assert "SSL_CERT_FILE" in done.err
    assert "try again" not in done.err
    assert done.err.count("\n") == 1
    assert files.asked == []
    assert not list(tmp_path.rglob("*.tif"))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_a_forward_proxy_passes_search_and_pixels_on(run, same, small_archives, authority, suffix, secure):
    context = authority.server_context() if secure else None
    with forward_proxy() as proxy, serving_archive(small_archives[suffix], context) as server:
        variable = "HTTPS_PROXY" if secure else "http_proxy"
        trust = {"SSL_CERT_FILE": str(authority.file)}
        done = run(suffix, server.address, **{variable: proxy.address}, **trust)
    assert done.code == 0, done.err
    same(suffix)
    address = server.address.partition("://")[2] if secure else server.address
    assert proxy.asked
    assert all(asked.startswith(address) for asked in proxy.asked)
    if not secure:
        assert len(proxy.asked) == len(server.asked)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "all_proxy"])
def test_a_proxy_without_a_scheme_is_named_and_not_the_api(run, small_archives, variable):
    with serving_archive(small_archives[".tif"]) as server:
        done = run(".tif", server.address, **{variable: "me:hush@proxy.company:3128"})
    assert done.code == 2
    assert variable in done.err
    assert "http://proxy.company:3128" in done.err
    assert "hush" not in done.err
    assert server.address not in done.err


def test_a_proxy_that_is_not_there_is_named(run, small_archives):
    with serving_archive(small_archives[".tif"]) as server:
        done = run(".tif", server.address, HTTP_PROXY="http://127.0.0.1:9")
    assert done.code == 2
    assert "the proxy in HTTP_PROXY can't be reached" in done.err


@pytest.mark.parametrize("variable", ["PROJ_DATA", "PROJ_LIB", "GDAL_DATA"])
def test_data_of_another_installation_is_ignored(
    mosaic_command, small_archives, small_request, tmp_path, variable
):
    other = tmp_path / "other"
    other.mkdir()
    (other / "proj.db").write_bytes(b"")
    request = small_request(".tif", str(small_archives[".tif"].catalog))
    done = mosaic_command(*request, "--crs", "EPSG:3857", cwd=tmp_path, env={variable: str(other)})
    assert done.code == 0, done.err
    assert done.err == ""
