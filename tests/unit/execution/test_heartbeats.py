from cloudless_mosaic.execution import heartbeats
from cloudless_mosaic.execution.heartbeats import Heartbeats


def test_silence_lasts_while_no_worker_is_heard_of(monkeypatch):
    now = iter([0.0, 1.0, 4.0, 9.0, 10.0, 30.0])
    monkeypatch.setattr(heartbeats.time, "monotonic", lambda: next(now))
    watch = Heartbeats()
    workers = {"a": {"last_seen": 1.0}, "b": {"last_seen": 1.0}}
    assert watch.silence(workers) == 0
    assert watch.silence(workers) == 3
    assert watch.silence(workers) == 8
    assert watch.silence({**workers, "b": {"last_seen": 10.0}}) == 0
    assert watch.silence({}) == 0
