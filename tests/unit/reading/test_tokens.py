"""Tokens from a real server on loopback that throttles, lies and lets them run out."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading import tokens as tokens_module
from cloudless_mosaic.reading.tokens import TokenBroker

PLACE = "sentinel2l2a01", "sentinel2-l2"


class TokenService(ThreadingHTTPServer):
    """Gives tokens of ``life`` seconds by a clock that is ``ahead``; ``script`` comes first."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.life, self.ahead = 3600.0, 0.0
        self.script = []
        self.asked = []
        self.closing = threading.Event()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/api/sas/v1/token"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):  # noqa: ARG002 - as the base class has it
        return format_datetime(datetime.now(UTC) + timedelta(seconds=self.server.ahead), usegmt=True)

    def do_GET(self):
        server = self.server
        server.asked.append((self.path, dict(self.headers)))
        step = server.script.pop(0) if server.script else {}
        if step.get("stall"):
            server.closing.wait(30)
            return
        end = datetime.now(UTC) + timedelta(seconds=server.ahead + step.get("life", server.life))
        stamp = f"{end:%Y-%m-%dT%H:%M:%SZ}"
        good = {
            "token": f"se={stamp.replace(':', '%3A')}&sig=TOKEN-{len(server.asked)}",
            "msft:expiry": stamp,
        }
        body = step.get("body", json.dumps(good).encode())
        self.send_response(step.get("status", 200))
        for name, value in step.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for i in range(len(body)) if step.get("drip") else ():
            self.wfile.write(body[i : i + 1])
            if server.closing.wait(0.05):
                return
        if not step.get("drip"):
            self.wfile.write(body)


@pytest.fixture
def service():
    server = TokenService()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def broker(service, pauses):
    return TokenBroker(service.address, sleep=pauses.append)


def test_fifty_threads_ask_once(service, broker):
    with ThreadPoolExecutor(50) as threads:
        found = set(threads.map(lambda _: broker.token(*PLACE).query, range(50)))
    assert len(found) == 1
    assert [path for path, _ in service.asked] == ["/api/sas/v1/token/sentinel2l2a01/sentinel2-l2"]


def test_containers_have_tokens_of_their_own(service, broker):
    assert broker.token(*PLACE) != broker.token("sentinel2l2a01", "other")
    assert len(service.asked) == 2


@pytest.mark.slow
def test_a_token_is_renewed_before_it_ends(service, broker):
    service.life = 2.0
    first = broker.token(*PLACE)
    assert broker.current(*PLACE) is first
    assert 0 < first.renewal - time.monotonic() <= 1
    time.sleep(max(0, first.renewal - time.monotonic()))
    assert broker.current(*PLACE) is None
    assert broker.token(*PLACE).query != first.query


def test_an_hour_is_renewed_five_minutes_before(broker):
    assert broker.token(*PLACE).renewal - time.monotonic() == pytest.approx(3300, abs=3)


@pytest.mark.parametrize("ahead", [-86400, 86400], ids=["behind", "ahead"])
def test_a_clock_that_is_a_day_wrong_does_no_harm(service, broker, ahead):
    service.ahead = ahead
    assert broker.token(*PLACE).life == pytest.approx(3600, abs=3)
    assert broker.current(*PLACE)


def test_throttling_and_tokens_that_have_run_out_are_waited_for(service, broker, pauses):
    busy = {"status": 429, "headers": {"Retry-After": "7"}}
    service.script = [busy, busy, {"status": 503}, {"life": -60}]
    assert broker.token(*PLACE).query.endswith("TOKEN-5")
    assert all(7 < pause < 9 for pause in pauses[:2])
    assert len(pauses) == 4


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"status": 429, "headers": {"Retry-After": "100000"}}, "answers 429"),
        ({"status": 403, "body": b"SECRET"}, "answers 403"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/SECRET"}}, "answers 302"),
        ({"body": b"<html>SECRET</html>"}, "no token"),
        ({"body": b"[" * 60_000}, "no token"),
        ({"body": b'{"token": "SECRET"}'}, "no token"),
        ({"body": b'{"token": "sig=SECRET", "msft:expiry": "soon"}'}, "no token"),
        ({"body": b"x" * 200_000}, "no token"),
        ({"life": -3600}, "have expired"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_service_that_stays_broken_is_one_clear_error_for_all(service, broker, pauses, step, reason):
    service.script = [step] * 100
    with pytest.raises(SourceError, match=reason) as caught:
        broker.token(*PLACE)
    assert "SECRET" not in str(caught.value)
    assert "try again later" in str(caught.value)
    assert sum(pauses) < 120
    asked = len(service.asked)
    # those who wait in line don't all begin anew
    with ThreadPoolExecutor(8) as threads:
        for waiting in [threads.submit(broker.token, *PLACE) for _ in range(8)]:
            assert isinstance(waiting.exception(), SourceError)
    assert len(service.asked) == asked


@pytest.mark.parametrize("fault", ["stall", "drip"])
def test_an_answer_that_never_ends_is_left_behind(service, broker, monkeypatch, fault):
    monkeypatch.setattr(tokens_module, "_EXCHANGE", 0.3)
    service.script = [{fault: True}]
    began = time.monotonic()
    assert broker.token(*PLACE).query.endswith("TOKEN-2")
    assert time.monotonic() - began < 5


def test_a_refused_token_is_fetched_anew_once(service, broker):
    old = broker.token(*PLACE)
    for _ in range(3):
        broker.reject(*PLACE, old.query)
        new = broker.token(*PLACE)
    assert new.query != old.query
    assert len(service.asked) == 2


def test_the_environment_names_service_and_key(service, monkeypatch):
    monkeypatch.setenv("PC_SDK_SAS_URL", f"{service.address}/")
    monkeypatch.setenv("PC_SDK_SUBSCRIPTION_KEY", "SECRET")
    TokenBroker().token(*PLACE)
    ((path, headers),) = service.asked
    assert path == "/api/sas/v1/token/sentinel2l2a01/sentinel2-l2"
    assert headers["Ocp-Apim-Subscription-Key"] == "SECRET"


def test_a_token_shows_no_secret(broker):
    token = broker.token(*PLACE)
    assert "TOKEN" in token.query
    assert "TOKEN" not in repr(token)
