"""Buckets that the profile of a provider describes, read from a real S3 server and from one that records."""

import pickle
import threading
from http.server import ThreadingHTTPServer

import numpy as np
import pytest

from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading import TileReader, WindowRead, default_reader
from recording_bucket import RecordingBucket
from seaweedfs import PRIVATE, PUBLIC

pytestmark = pytest.mark.slow

PIXELS = np.random.default_rng(7).integers(0, 10000, (301, 233), np.uint16)
SUFFIXES = (".tif", ".jp2")


@pytest.fixture(scope="module")
def contents(tmp_path_factory, tiff_and_jp2):
    return tiff_and_jp2(tmp_path_factory.mktemp("rasters"), PIXELS)


@pytest.fixture(autouse=True)
def environment_of_another_store(monkeypatch):
    """Keys and a region that would be refused."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other-secret")
    monkeypatch.setenv("AWS_REGION", "us-west-1")


@pytest.fixture
def recorded(contents):
    """An S3 server that keeps the headers of every request."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), RecordingBucket)
    server.contents = {
        f"/{PUBLIC}/{key}{suffix}": content for key in "abcde" for suffix, content in contents.items()
    }
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def read(reader, href):
    return dict(reader.read_many([WindowRead(href, 0, 100, 40, (64, 80))]))[0]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_public_bucket_is_read_without_keys(seaweedfs, contents, suffix):
    href = seaweedfs.put(PUBLIC, f"scenes/T33TWL/B04{suffix}", contents[suffix])
    access = StorageAccess(place=PUBLIC, region="eu-central-1", endpoint=seaweedfs.endpoint, anonymous=True)
    reader = TileReader(access=(access,))
    assert reader.header(href).levels[0].shape == PIXELS.shape
    np.testing.assert_array_equal(read(reader, href), PIXELS[100:164, 40:120])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_private_bucket_stays_closed_to_anonymous_requests(seaweedfs, contents, suffix):
    href = seaweedfs.put(PRIVATE, f"B04{suffix}", contents[suffix])
    access = StorageAccess(place=PRIVATE, endpoint=seaweedfs.endpoint, anonymous=True)
    answer = read(TileReader(access=(access,)), href)
    assert isinstance(answer, SourceError)
    assert "secret" not in str(answer)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_keys_of_the_environment_sign_for_the_region_of_the_profile(seaweedfs, contents, suffix, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secretsecret")
    href = seaweedfs.put(PRIVATE, f"signed{suffix}", contents[suffix])
    access = StorageAccess(place=PRIVATE, region="eu-central-1", endpoint=seaweedfs.endpoint)
    np.testing.assert_array_equal(read(TileReader(access=(access,)), href), PIXELS[100:164, 40:120])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_requests_carry_what_the_profile_says(recorded, suffix):
    endpoint = f"http://127.0.0.1:{recorded.server_port}"

    def headers_of(key, **fields):
        recorded.asked.clear()
        href = f"s3://{PUBLIC}/{key}{suffix}"
        reader = TileReader(access=(StorageAccess(place=PUBLIC, endpoint=endpoint, **fields),))
        np.testing.assert_array_equal(read(reader, href), PIXELS[100:164, 40:120])
        assert recorded.asked
        return recorded.asked

    for headers in headers_of("a", anonymous=True):
        assert not {"authorization", "x-amz-security-token", "x-amz-request-payer"} & headers.keys()
    for headers in headers_of("b", region="ap-south-2", requester_pays=True):
        assert "/ap-south-2/s3/" in headers["authorization"]
        assert "Credential=AKIAOTHER/" in headers["authorization"]
        assert headers["x-amz-request-payer"] == "requester"
    for headers in headers_of("c"):
        assert "/us-west-1/s3/" in headers["authorization"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_other_buckets_are_read_by_the_environment(recorded, suffix, monkeypatch):
    port = recorded.server_port
    monkeypatch.setenv("AWS_S3_ENDPOINT", f"127.0.0.1:{port}")
    monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_HTTPS", "NO")
    monkeypatch.setenv("AWS_VIRTUAL_HOSTING", "FALSE")
    reader = TileReader(access=(StorageAccess(place="another", anonymous=True),))
    np.testing.assert_array_equal(read(reader, f"s3://{PUBLIC}/d{suffix}"), PIXELS[100:164, 40:120])
    assert all("Credential=AKIAOTHER/" in headers["authorization"] for headers in recorded.asked)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_environment_agrees_to_pay_and_names_the_region(recorded, suffix, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{recorded.server_port}")
    monkeypatch.setenv("AWS_REQUEST_PAYER", "requester")
    monkeypatch.setenv("AWS_REGION", "ap-south-2")
    np.testing.assert_array_equal(read(TileReader(), f"s3://{PUBLIC}/e{suffix}"), PIXELS[100:164, 40:120])
    assert recorded.asked
    for headers in recorded.asked:
        assert headers["x-amz-request-payer"] == "requester"
        assert "/ap-south-2/s3/" in headers["authorization"]


def test_one_reader_serves_all_tasks_of_a_run():
    access = (StorageAccess(place=PUBLIC, anonymous=True),)
    copied = pickle.loads(pickle.dumps(access))
    assert default_reader(access) is default_reader(copied)
    assert default_reader(access) is not default_reader()
