"""A run is killed before each step that it takes in its folder, and the next run makes good."""

import os

import pytest

from cloudless_mosaic.domain.aoi import Aoi

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")


def tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def visible(root):
    return {name: content for name, content in tree(root).items() if not name.startswith(".")}


@pytest.fixture
def small(plan_of, month_of):
    """Four blocks."""
    return month_of(plan_of(("red",), 200.0, aoi=Aoi(-122.28, 47.5, -121.95, 47.7)))


EVERY = [pytest.param(1, marks=pytest.mark.chaos), 7]


@pytest.mark.slow
@pytest.mark.parametrize("every", EVERY)
def test_whenever_it_is_killed_the_next_run_makes_good(
    tmp_path, small, run, in_a_process, kill_before, every
):
    assert in_a_process(lambda: run(small, tmp_path / "undisturbed"))
    expected = tree(tmp_path / "undisturbed")
    step, ended = 0, False
    while not ended:
        step += every
        root = tmp_path / f"killed-{step}"

        def work(step=step, root=root):
            kill_before(step, root)
            run(small, root)

        ended = in_a_process(work)
        for name, content in visible(root).items() if root.exists() else ():
            assert content == expected[name], (step, name)
        assert in_a_process(lambda root=root: run(small, root))
        assert tree(root) == expected, step
    assert step > 30


@pytest.mark.slow
@pytest.mark.parametrize("every", EVERY)
def test_whenever_a_repair_is_killed_the_next_run_makes_good(
    tmp_path, small, run, in_a_process, kill_before, every
):
    """The same over a folder with a damaged file, where files are replaced."""
    step, ended = 0, False
    assert in_a_process(lambda: run(small, tmp_path / "undisturbed"))
    expected = tree(tmp_path / "undisturbed")
    while not ended:
        step += every
        root = tmp_path / f"killed-{step}"
        assert in_a_process(lambda root=root: run(small, root))
        next(root.rglob("*-count.tif")).write_bytes(b"damaged")

        def work(step=step, root=root):
            kill_before(step, root)
            run(small, root)

        ended = in_a_process(work)
        assert in_a_process(lambda root=root: run(small, root))
        assert tree(root) == expected, step
