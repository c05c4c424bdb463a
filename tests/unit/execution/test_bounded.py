import os
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.execution import run_bounded, thread_executor, worker_count


@pytest.fixture
def executor():
    with thread_executor(4) as threads:
        yield threads


def test_wish_for_workers_is_granted():
    assert worker_count(7) == 7
    with thread_executor(3) as threads:
        assert isinstance(threads, ThreadPoolExecutor)
        assert threads.submit(lambda: threading.current_thread().name).result().startswith("mosaic")


def test_without_a_wish_there_are_two_workers_per_core(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 5}, raising=False)
    assert worker_count(None) == 6


@pytest.mark.parametrize(("cores", "workers"), [(8, 16), (None, 2)])
def test_systems_that_do_not_tell_a_process_its_cores(monkeypatch, cores, workers):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert worker_count(None) == workers


@given(st.lists(st.integers()), st.integers(1, 9), st.integers(1, 4))
def test_every_task_is_answered_once(tasks, in_flight, workers):
    with ThreadPoolExecutor(workers) as threads:
        answers = list(run_bounded(threads, lambda task: 2 * task, tasks, in_flight))
    assert Counter(answers) == Counter(2 * task for task in tasks)


def test_endless_tasks_are_drawn_only_as_answers_are_taken(executor):
    drawn = []

    def tasks():
        for number in count():
            drawn.append(number)
            yield number

    answers = run_bounded(executor, lambda task: task, tasks(), 3)
    for taken in range(1, 20):
        next(answers)
        assert len(drawn) <= taken + 2
    answers.close()
    assert len(drawn) <= 22


def test_no_more_than_so_many_are_in_flight(executor):
    lock, running, most = threading.Lock(), 0, 0

    def work(_):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1

    assert len(list(run_bounded(executor, work, range(30), 2))) == 30
    assert most == 2


def test_slow_task_does_not_hold_the_others_back(executor):
    release = threading.Event()

    def work(task):
        if task == 0:
            assert release.wait(10)
        return task

    answers = run_bounded(executor, work, range(10), 3)
    assert 0 not in list(islice(answers, 9))
    release.set()
    assert list(answers) == [0]


def test_error_of_a_task_reaches_the_consumer_and_cancels_what_has_not_begun():
    begun = []

    def work(task):
        begun.append(task)
        if task == 1:
            raise LookupError("task 1")
        time.sleep(0.01)

    with ThreadPoolExecutor(1) as threads:
        with pytest.raises(LookupError, match="task 1"):
            list(run_bounded(threads, work, count(), 50))
        seen = len(begun)
    assert len(begun) == seen
    assert seen < 50


def test_running_tasks_are_waited_for_after_an_error(executor):
    ended = threading.Event()
    begun = threading.Event()

    def work(task):
        if task == 0:
            begun.set()
            time.sleep(0.05)
            ended.set()
        else:
            begun.wait(10)
            raise LookupError

    with pytest.raises(LookupError):
        list(run_bounded(executor, work, range(2), 2))
    assert ended.is_set()


def test_consumer_that_stops_cancels_the_rest():
    begun = []

    def work(task):
        begun.append(task)
        time.sleep(0.005)

    with ThreadPoolExecutor(1) as threads:
        answers = run_bounded(threads, work, range(1000), 100)
        next(answers)
        answers.close()
        seen = len(begun)
    assert len(begun) == seen < 100


def test_error_while_tasks_are_drawn_is_raised_after_those_in_flight(executor):
    ended = []

    def tasks():
        yield 1
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        list(run_bounded(executor, ended.append, tasks(), 5))
    assert ended == [1]


def test_no_task_gives_no_answer(executor):
    assert list(run_bounded(executor, str, (), 5)) == []
