import os
import socket
import struct
import threading
from http.client import HTTPConnection

import pytest

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.output.preview import REPORT
from cloudless_mosaic.report.server import FolderServer

PIXELS = bytes(range(256)) * 8
PLACE = "/monthly-mosaic-2020-10/monthly-mosaic-2020-10.tif"


pytestmark = pytest.mark.usefixtures("template")


@pytest.fixture
def folder(mosaics, item, tmp_path):
    folder = mosaics([item()])
    (folder / PLACE[1:]).write_bytes(PIXELS)
    (folder / "empty.tif").touch()
    (folder / ".cloudless-mosaic").mkdir()
    (folder / ".cloudless-mosaic" / "lock").touch()
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    (folder / "leak.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / "inside.tif").symlink_to(folder / PLACE[1:])
    os.mkfifo(folder / "pipe.tif")
    return folder


@pytest.fixture
def ask(folder):
    """Asks a server at work; status, headers and body."""
    with FolderServer(folder) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()

        def send(path, method="GET", **headers):
            connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
            connection.putrequest(method, path, skip_host="Host" in headers)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            return answer.status, answer.headers, body

        yield send
        server.shutdown()
        thread.join()


def test_a_whole_file(ask):
    status, headers, body = ask(PLACE)
    assert (status, body) == (200, PIXELS)
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Type"].startswith("image/tiff")
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-299", 100, 300),
        ("bytes=2000-", 2000, 2048),
        ("bytes=-48", 2000, 2048),
        ("bytes=2000-9999", 2000, 2048),
        ("bytes=-9999", 0, 2048),
    ],
)
def test_parts_of_a_file(ask, wanted, start, stop):
    status, headers, body = ask(PLACE, Range=wanted)
    assert (status, body) == (206, PIXELS[start:stop])
    assert headers["Content-Range"] == f"bytes {start}-{stop - 1}/2048"
    assert headers["Content-Length"] == str(stop - start)


@pytest.mark.parametrize("wanted", ["bytes=2048-", "bytes=5000-6000", "bytes=9-3", "bytes=-0", "bytes=-"])
def test_parts_that_are_not_there(ask, wanted):
    status, headers, body = ask(PLACE, Range=wanted)
    assert (status, body) == (416, b"")
    assert headers["Content-Range"] == "bytes */2048"


@pytest.mark.parametrize("wanted", ["lines=1-2", "bytes=1-2,5-6", "bytes=a-b", f"bytes={'9' * 40}-"])
def test_ranges_of_other_kinds_are_not_known(ask, wanted):
    assert ask(PLACE, Range=wanted)[::2] == (200, PIXELS)


def test_heads_have_no_body(ask):
    status, headers, body = ask(PLACE, "HEAD", Range="bytes=0-99")
    assert (status, headers["Content-Length"], body) == (206, "100", b"")
    assert ask("/nowhere", "HEAD")[::2] == (404, b"")


def test_an_empty_file_has_no_part(ask):
    assert ask("/empty.tif")[::2] == (200, b"")
    assert ask("/empty.tif", Range="bytes=0-9")[0] == 416


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/monthly-mosaic-2020-10/../../secret.txt",
        "/..%5csecret.txt",
        "//etc/passwd",
        "/leak.txt",
        "/up/secret.txt",
        "/.cloudless-mosaic/lock",
        "/pipe.tif",
        "/monthly-mosaic-2020-10",
        "/monthly-mosaic-2020-10/",
        "/nul%00.tif",
        "/C:/secret.txt",
        f"/{'a' * 5000}",
        "/%ff%fe",
        f"{PLACE}/more",
    ],
)
def test_nothing_else_is_served(ask, path):
    status, _, body = ask(path)
    assert (status, body) == (404, b"")


def test_links_that_stay_inside_are_served(ask):
    assert ask("/inside.tif")[::2] == (200, PIXELS)


def test_the_page_is_made_where_the_folder_has_none(ask, folder):
    status, headers, body = ask(f"/{REPORT}")
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"2020-10" in body
    assert not (folder / REPORT).exists()
    status, headers, _ = ask("/")
    assert (status, headers["Location"]) == (302, f"/{REPORT}")


def test_items_have_their_type(ask):
    assert ask("/catalog.json")[1]["Content-Type"] == "application/json"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "127.0.0.1.evil.example"])
def test_pages_of_other_hosts_get_nothing(ask, host):
    assert ask(PLACE, Host=host)[::2] == (421, b"")


def test_tunnels_from_other_ports_are_served(ask):
    assert ask(PLACE, Host="localhost:9999")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(ask, method):
    assert ask(PLACE, method)[0] == 501


def test_only_this_computer_is_answered(folder):
    with FolderServer(folder) as server:
        assert server.server_address[0] == "127.0.0.1"
        assert server.address == f"http://127.0.0.1:{server.server_port}/{REPORT}"


def test_a_port_that_is_taken_is_refused(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} can't be used"):
            FolderServer(folder, port)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:1", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:80.evil.example", 421),
        ("localhost:80@evil.example", 421),
        ("localhost:", 421),
        ("localhost.evil.example", 421),
        ("[::1]:80", 421),
        ("", 421),
    ],
)
def test_the_host_header_is_compared_whole(ask, host, status):
    assert ask(PLACE, Host=host)[0] == status


def test_a_browser_that_leaves_prints_nothing(folder, capfd):
    (folder / "large.tif").write_bytes(bytes(1 << 24))
    with FolderServer(folder) as server:
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        place = ("127.0.0.1", server.server_port)
        for request in (b"GET /large.tif HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HT", b""):
            with socket.create_connection(place) as connection:
                connection.sendall(request)
                # a reset, as of a tab that is closed while it loads
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.shutdown()
        thread.join()
    assert capfd.readouterr().err == ""
