"""Variables of AWS's tools and of GDAL mean the same for GeoTIFF and JPEG 2000, against a real S3 server."""

import json
import os

import pytest

from archive_api import items_of
from forward_proxy import forward_proxy
from seaweedfs import ACCESS_KEY, DOMAIN, PRIVATE, PUBLIC, SECRET_KEY

KEYS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
OTHERS = {"AWS_ACCESS_KEY_ID": "AKIAOTHER", "AWS_SECRET_ACCESS_KEY": "hush-hush"}
SUFFIXES = (".tif", ".jp2")


@pytest.fixture(scope="module")
def catalogs(small_archives, seaweedfs, tmp_path_factory):
    """ItemCollections by suffix and bucket, whose files are in that bucket."""
    folder = tmp_path_factory.mktemp("catalogs")
    paths = {}
    for suffix, archive in small_archives.items():
        for bucket in (PUBLIC, PRIVATE):
            for file in archive.folder.rglob(f"*{suffix}"):
                key = f"small/{file.relative_to(archive.folder)}"
                seaweedfs.put(bucket, key, file.read_bytes())
            path = folder / f"{bucket}{suffix}.json"
            items = items_of(archive, f"s3://{bucket}/small")
            path.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
            paths[suffix, bucket] = path
    return paths


@pytest.fixture
def run(mosaic_command, small_request, catalogs, tmp_path, monkeypatch):
    """Runs the command on a bucket, with no other variable of AWS than those given."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))

    def of(suffix, bucket, *options, **variables):
        request = small_request(suffix, str(catalogs[suffix, bucket]))
        return mosaic_command(*request, *options, "--output-dir", "out", cwd=tmp_path, env=variables)

    return of


@pytest.fixture
def same(small_mosaics, tmp_path):
    """Asserts that a run gave the pixels of local files."""

    def check(suffix):
        rasters = sorted(small_mosaics[suffix].rglob("*.tif"))
        assert rasters
        for path in rasters:
            there = tmp_path / "out" / path.relative_to(small_mosaics[suffix])
            assert there.read_bytes() == path.read_bytes()
        for path in (tmp_path / "out").rglob("*.json"):
            assert SECRET_KEY not in path.read_text()

    return check


def public(endpoint):
    """Ways to say that a bucket is public, and where it is."""
    host = endpoint.removeprefix("http://")
    return {
        "as GDAL has it": {"AWS_NO_SIGN_REQUEST": "YES", "AWS_S3_ENDPOINT": host, "AWS_HTTPS": "NO"},
        "as the object store has it": {"AWS_SKIP_SIGNATURE": "true", "AWS_ENDPOINT_URL": endpoint},
        "beside keys of another account": {
            **OTHERS,
            "AWS_NO_SIGN_REQUEST": "1",
            "AWS_ENDPOINT_URL_S3": endpoint,
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        },
    }


@pytest.mark.slow
@pytest.mark.parametrize("way", public("").keys())
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_public_bucket(run, same, seaweedfs, suffix, way):
    done = run(suffix, PUBLIC, **public(seaweedfs.endpoint)[way])
    assert done.code == 0, done.err
    same(suffix)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_keys_region_and_payer(run, same, seaweedfs, suffix):
    payer = {"AWS_REGION": "eu-central-1", "AWS_REQUEST_PAYER": "requester"}
    done = run(suffix, PRIVATE, **KEYS, **payer, AWS_ENDPOINT_URL_S3=seaweedfs.endpoint)
    assert done.code == 0, done.err
    same(suffix)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_profile_in_the_home_folder(run, same, seaweedfs, suffix, tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(
        f"[lab]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
    )
    (tmp_path / ".aws/config").write_text(
        f"[profile lab]\nregion = eu-north-1\nendpoint_url = {seaweedfs.endpoint}\n"
    )
    done = run(suffix, PRIVATE, AWS_PROFILE="lab")
    assert done.code == 0, done.err
    same(suffix)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_buckets_as_host_names(run, same, seaweedfs, suffix):
    port = seaweedfs.endpoint.rpartition(":")[2]
    where = {"AWS_S3_ENDPOINT": f"{DOMAIN}:{port}", "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "YES"}
    with forward_proxy(DOMAIN) as proxy:
        done = run(suffix, PRIVATE, **KEYS, **where, HTTP_PROXY=proxy.address, http_proxy=proxy.address)
    assert done.code == 0, done.err
    same(suffix)
    assert proxy.asked
    assert all(asked.startswith(f"http://{PRIVATE}.{DOMAIN}:{port}/small/") for asked in proxy.asked)


@pytest.mark.slow
def test_workers_have_the_environment_of_the_command(run, same, seaweedfs):
    cluster = ("--cluster", "local", "--workers", "1")
    done = run(".jp2", PRIVATE, *cluster, **KEYS, AWS_ENDPOINT_URL=seaweedfs.endpoint)
    assert done.code == 0, done.err
    same(".jp2")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_keys_that_are_refused_are_named_before_the_work(run, seaweedfs, suffix, tmp_path):
    done = run(suffix, PRIVATE, **OTHERS, AWS_ENDPOINT_URL=seaweedfs.endpoint)
    assert done.code == 2
    assert f"bucket {PRIVATE} refuses access (403)" in done.err
    assert "AWS_ACCESS_KEY_ID" in done.err
    assert "try again" not in done.err
    assert "hush" not in done.out + done.err
    assert done.err.count("\n") == 1
    assert not list(tmp_path.rglob("*.tif"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_without_credentials_what_is_missing_is_named_at_once(run, seaweedfs, suffix):
    done = run(suffix, PRIVATE, AWS_ENDPOINT_URL=seaweedfs.endpoint)
    assert done.code == 2
    assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE" in done.err
    assert "AWS_NO_SIGN_REQUEST=YES" in done.err
    assert "169.254" not in done.err


def test_a_slip_in_a_variable_is_named(run):
    done = run(".tif", PUBLIC, AWS_NO_SIGN_REQUEST="perhaps")
    assert done.code == 2
    assert "AWS_NO_SIGN_REQUEST must be YES or NO" in done.err
