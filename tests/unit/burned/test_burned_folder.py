"""The folder of a comparison: what is seen in it is whole, whenever a run ends."""

import json
import os
from types import SimpleNamespace

import pytest

from cloudless_mosaic.burned import folder as module
from cloudless_mosaic.burned.folder import FILES, BurnedAreaFolder
from cloudless_mosaic.burned.stac import BURNED_CATALOG, ITEM
from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.stac.names import PARAMETERS, PLAN


@pytest.fixture(autouse=True)
def short_plans(monkeypatch):
    """A plan is its name here."""
    monkeypatch.setattr(module, "plan_fingerprint", lambda plan: plan.name)
    monkeypatch.setattr(module, "run_record", lambda plan: {"parameters": {"name": plan.name}})


def plan_of(name, root, *, overwrite=False):
    return SimpleNamespace(name=name, request=SimpleNamespace(output_dir=root, overwrite=overwrite))


def write(name, root, *, overwrite=False):
    """A run of a plan, whose name is in all of its files."""
    with BurnedAreaFolder(plan_of(name, root, overwrite=overwrite)) as output:
        for file in FILES:
            (output.staging / file).write_text(name)
        catalog = {"id": BURNED_CATALOG, PLAN: name, PARAMETERS: {"name": name}}
        output.publish(json.dumps(catalog).encode())


def tree(root):
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def assert_no_lie(root):
    """Item and catalog, where they are seen, speak for files of their own plan."""
    seen = {name: text for name, text in tree(root).items() if not name.startswith(".")}
    if "catalog.json" in seen:
        assert {seen[name] for name in FILES} == {json.loads(seen["catalog.json"])[PLAN]}
    if ITEM in seen:
        assert {seen[name] for name in FILES} == {seen[ITEM]}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
@pytest.mark.parametrize("before", [None, "same", "other"])
def test_whenever_it_is_killed_the_next_run_makes_good(tmp_path, in_a_process, kill_before, before):
    write("same", tmp_path / "undisturbed")
    expected = tree(tmp_path / "undisturbed")
    step, ended = 0, False
    while not ended:
        step += 1
        root = tmp_path / f"killed-{step}"
        if before:
            write(before, root)

        def work(step=step, root=root):
            kill_before(step, root)
            write("same", root, overwrite=before == "other")

        ended = in_a_process(work)
        if root.exists():
            assert_no_lie(root)
        write("same", root, overwrite=before == "other")
        assert tree(root) == expected, step
    assert step > 10


def test_a_second_run_at_a_time_is_refused(tmp_path):
    with BurnedAreaFolder(plan_of("one", tmp_path)):
        with pytest.raises(TemporaryError, match="another run"):
            write("one", tmp_path)
        assert (tmp_path / ".cloudless-mosaic/burned-area").is_dir()


def test_the_rest_of_a_killed_run_does_not_let_another_plan_in(tmp_path, in_a_process, kill_before):
    """Finished files of one plan are no one else's to replace, whatever is in the hidden folder."""
    write("one", tmp_path)
    # the hidden folder, its lock and the folder for files in the making are there
    assert not in_a_process(lambda: (kill_before(4, tmp_path), write("one", tmp_path)))
    assert (tmp_path / ".cloudless-mosaic").is_dir()
    with pytest.raises(UsageError, match="of another plan: name is one there and two here"):
        write("two", tmp_path)


def test_a_run_that_fails_leaves_nothing(tmp_path):
    def fail():
        with BurnedAreaFolder(plan_of("one", tmp_path / "new")) as output:
            (output.staging / "bai.tif.spool").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []
