import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.domain.results import LostObservation, MaskCounts, MosaicResult, PeriodResult, SceneNote
from cloudless_mosaic.domain.scenes import DroppedScene
from cloudless_mosaic.geo.blocks import Blocks
from cloudless_mosaic.planning.mosaics import cut_mosaics
from cloudless_mosaic.screen import make_screen
from cloudless_mosaic.screen.live import LiveScreen
from cloudless_mosaic.screen.plain import PlainScreen
from cloudless_mosaic.screen.quantities import percent

DROPPED = DroppedScene("S2B_cloudy", datetime(2023, 9, 1, tzinfo=UTC), "cloud cover 88.0 % is above 25 %")


def planned(plan):
    """A plan with its mosaics."""
    return plan, cut_mosaics(plan)


@pytest.fixture
def plan(world, make_geobox):
    for day in (1, 2):
        world.add(np.full((64, 64), 900, np.uint16), np.full((32, 32), 4), day=day, cloud_cover=10.0 * day)
    plan = world.plan(make_geobox((64, 64)), Blocks((0, 32, 64), (0, 64)))
    scene_set = replace(plan.scene_set, dropped=(DROPPED,), warnings=("`max_items` 2 cuts 1 of 3 scenes",))
    september = replace(plan.periods[0].period, label="2023-09")
    periods = (plan.periods[0], replace(plan.periods[0], period=september, scenes=(), found=1))
    return replace(plan, scene_set=scene_set, periods=periods)


@pytest.fixture
def composite(plan):
    return BlockFacts(
        period=plan.periods[0].period,
        block=next(iter(plan.blocks)),
        count_sums=(2048, 1, 1, 2048, 2048),
        band_sums=((2048, 1, 1, 2048, 2048),),
        scene_pixels=(("scene-0", 2048),),
        observations=2,
        lost=(LostObservation("scene-1", (0, 0), "scene-1/red.tif can't be read: gone"),),
    )


@pytest.fixture
def result(plan, composite):
    folder = Path("/data/runs/monthly-mosaic-2023-08")
    files = tuple(folder / name for name in ("mosaic.tif", "count.tif", "item.json"))
    written = PeriodResult(
        period=plan.periods[0].period,
        found=2,
        used=("scene-0",),
        clear_share=0.98765,
        mean_count=1.25,
        observations=4,
        lost=composite.lost,
        files=files,
        masked=(("scene-0", MaskCounts(400, 100, 60)), ("scene-1", MaskCounts(400, 80))),
    )
    empty = PeriodResult(plan.periods[1].period, 1, (), 0.0, 0.0, 0, (), ())
    catalog = Path("/data/[old] runs/:100:", *["deep"] * 30, "catalog.json")
    return MosaicResult(catalog, (written, empty), (DROPPED,), ("cut",))


def show(screen, plan, composite, result):
    with screen:
        screen.planned(*planned(plan))
        screen.composed(composite)
        screen.composed(replace(composite, lost=()))
        screen.written(result.periods[0])
        screen.done(result)


def table(text):
    """Cells of the lines that look like rows of a table."""
    return [re.split(r" {2,}", line.strip()) for line in text.splitlines() if line.startswith(" ")]


def plain(*, verbose=False, quiet=False, as_json=False):
    stream = io.StringIO()
    return make_screen(verbose=verbose, quiet=quiet, as_json=as_json, stream=stream), stream


def test_plain_run_says_what_a_user_has_to_know(plan, composite, result):
    screen, stream = plain()
    show(screen, plan, composite, result)
    text = stream.getvalue()
    assert isinstance(screen, PlainScreen)
    assert "2 scenes in 2 months; 64 x 64 pixels of 10 m in EPSG:32633" in text
    assert "warning: --max-items 2 cuts 1 of 3 scenes" in text
    assert "lost: scene-1 in block (0, 0): scene-1/red.tif can't be read: gone" in text
    assert "2023-08: written, 98.8 % of its pixels are clear; masked of its scenes: 22.5 % by cl" in text
    assert "22.5 % by classes, 7.5 % by comparing dates\n" in text
    assert "2023-09: no mosaic, all 1 scenes found were left out" in text
    assert "2023-08: 1 of 4 observations were lost (25.0 %)" in text
    assert "S2B_cloudy" not in text
    assert "\x1b" not in text


def test_closing_table_has_a_row_for_every_month(plan, composite, result):
    screen, stream = plain()
    show(screen, plan, composite, result)
    rows = table(stream.getvalue().partition("Mosaics")[2])
    heads = ["period", "found", "used", "clear pixels", "mean count", "masked", "lost", "size"]
    assert rows[0] == heads
    assert rows[1] == ["2023-08", "2", "1", "98.8 %", "1.2", "30.0 %", "25.0 %", "0 B"]
    assert rows[2] == ["2023-09", "1", "0", "-", "-", "-", "-", "-"]


def test_size_of_a_month_is_that_of_its_files(result, tmp_path):
    files = (tmp_path / "mosaic.tif", tmp_path / "item.json", tmp_path / "taken-away.tif")
    files[0].write_bytes(bytes(4000))
    files[1].write_bytes(bytes(1000))
    written = replace(result.periods[0], files=files)
    screen, stream = plain()
    screen.done(replace(result, periods=(written,)))
    assert table(stream.getvalue())[1][-1] == "5 kB"


def test_paths_are_shown_as_they_are_however_long(plan, composite, result):
    screen, stream = plain()
    show(screen, plan, composite, result)
    assert f"catalog: {result.catalog}\n" in stream.getvalue()


def test_verbose_run_names_every_scene_that_is_left_out(plan):
    screen, stream = plain(verbose=True)
    screen.planned(*planned(plan))
    assert "left out: S2B_cloudy: cloud cover 88.0 % is above 25 %" in stream.getvalue()


NOTES = (
    SceneNote("S2A_1", "its pixels contradict the offset of 0", warning=True),
    SceneNote("S2A_2", "its file counts"),
    SceneNote("S2A_3", "its file counts"),
)


def test_warnings_name_their_scene_and_other_notes_are_counted(result):
    screen, stream = plain()
    screen.written(replace(result.periods[0], notes=NOTES))
    text = stream.getvalue()
    assert "warning: S2A_1: its pixels contradict the offset of 0" in text
    assert "2023-08: 2 notes on its scenes; -v shows them" in text
    assert "S2A_2" not in text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0.0 %"),
        (1e-6, "< 0.1 %"),
        (0.0006, "0.1 %"),
        (0.98765, "98.8 %"),
        (0.9994, "99.9 %"),
        (0.99976, "> 99.9 %"),
        (1, "100.0 %"),
    ],
)
def test_what_is_not_all_never_looks_so(share, text):
    assert percent(share) == text


def test_verbose_run_shows_every_note(result):
    screen, stream = plain(verbose=True)
    screen.written(replace(result.periods[0], notes=NOTES))
    text = stream.getvalue()
    assert "note: S2A_2: its file counts" in text
    assert "note: S2A_3: its file counts" in text
    assert "-v shows" not in text


def test_json_has_every_note(result):
    screen, stream = plain(as_json=True)
    screen.written(replace(result.periods[0], notes=NOTES))
    assert json.loads(stream.getvalue())["notes"] == [
        {"scene": "S2A_1", "note": "its pixels contradict the offset of 0", "warning": True},
        {"scene": "S2A_2", "note": "its file counts", "warning": False},
        {"scene": "S2A_3", "note": "its file counts", "warning": False},
    ]


@pytest.mark.parametrize("as_json", [False, True])
def test_quiet_run_says_nothing(plan, composite, result, as_json):
    screen, stream = plain(quiet=True, as_json=as_json)
    show(screen, plan, composite, result)
    screen.show_plan(*planned(plan))
    assert stream.getvalue() == ""


def test_month_that_nobody_photographed(result):
    screen, stream = plain()
    nothing = replace(result.periods[1], found=0)
    screen.done(replace(result, periods=(nothing,)))
    assert "2023-09: no mosaic, no scene was found" in stream.getvalue()


def test_plan_shows_scenes_and_costs(plan):
    screen, stream = plain()
    screen.show_plan(*planned(plan))
    text = stream.getvalue()
    heads, august, september = table(text)
    assert heads == ["period", "found", "to read", "overpasses", "mean cloud", "bytes to read"]
    assert august == ["2023-08", "2", "2", "2", "15 %", "18 kB"]
    assert september == ["2023-09", "1", "0", "0", "-", "-"]
    assert "2 blocks of at most 64 x 32 pixels, 2 tasks of about" in text
    assert "about 18 kB to read" in text


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (1010, "1 kB"),
        (400, "401 B"),
        (5.4e6, "5 MB"),
        (999.4e9, "999 GB"),
        (12.34e12, "12.3 TB"),
        (5e15, "5000.0 TB"),
    ],
)
def test_sizes_are_shown_in_a_unit_that_fits(plan, size, shown):
    """A pixel takes 7 bytes for band, count and picture, and a third of that for overviews."""
    pixels = max(1, round(size / (7 * 4 / 3)))
    screen, stream = plain()
    screen.show_plan(*planned(replace(plan, geobox=plan.geobox[:1, :1].pad_wh(1).expand((1, pixels)))))
    assert f"at most {shown} to write, both before compression" in stream.getvalue()


def test_json_is_an_object_on_every_line(plan, composite, result):
    screen, stream = plain(as_json=True)
    screen.note("archive is there already")
    show(screen, plan, composite, result)
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["note", "plan", "block", "block", "period", "result"]
    _, planned, block, _, period, done = events
    assert planned["crs"] == "EPSG:32633"
    assert planned["shape"] == [64, 64]
    assert planned["transform"] == [10, 0, 499980, 0, -10, 5300040]
    assert planned["tasks"] == planned["blocks"] == 2
    days = ["2023-08-01", "2023-08-31"]
    dates = {"start": days[0], "end": days[1], "source": days}
    august = {"period": "2023-08", **dates, "found": 2, "scenes": ["scene-0", "scene-1"]}
    assert planned["periods"][0] == {
        **august,
        "overpasses": {"33TWL": 2},
        "expected_overpasses": 6,
        "read_bytes": planned["read_bytes"],
    }
    assert planned["dropped"] == [{"scene": "S2B_cloudy", "reason": DROPPED.reason}]
    assert planned["warnings"] == ["--max-items 2 cuts 1 of 3 scenes"]
    assert min(planned[name] for name in ("read_bytes", "task_memory_bytes", "output_bytes")) > 0
    assert block["lost"] == [{"scene": "scene-1", "reason": "scene-1/red.tif can't be read: gone"}]
    assert period["files"][0].endswith("/mosaic.tif")
    assert done["catalog"] == str(result.catalog)
    assert [one["lost"] for one in done["periods"]] == [1, 0]
    assert done["warnings"] == ["cut"]


def test_every_field_of_an_event_is_documented(plan, composite, result):
    page = (Path(__file__).resolve().parents[3] / "docs/reference/json-lines.md").read_text("utf-8")
    table, _, _ = page.partition("\n## ")
    documented = {
        event: set(re.findall(r"`(\w+)`", fields))
        for event, fields in re.findall(r"^\| `(\w+)` \| [^|]* \| (.*) \|$", table, re.MULTILINE)
    }
    screen, stream = plain(as_json=True)
    screen.note("in passing")
    screen.resumed(result.periods[:1], 2)
    show(screen, plan, composite, result)
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {event["event"] for event in events} == set(documented)
    for event in events:
        assert set(event) - {"event"} == documented[event["event"]]


def test_json_plan_is_one_line(plan):
    screen, stream = plain(as_json=True)
    screen.show_plan(*planned(plan))
    assert len(stream.getvalue().splitlines()) == 1


@pytest.fixture
def terminal():
    """A live screen of a given width, and what is written to it."""

    def open_terminal(width=120):
        stream = io.StringIO()
        console = Console(file=stream, force_terminal=True, width=width, color_system=None, _environ={})
        return LiveScreen(console, verbose=False), stream

    return open_terminal


def show_half(screen, plan, composite):
    """A run at half its way, drawn without waiting for the clock."""
    with screen:
        screen.planned(*planned(plan))
        screen.composed(composite)
        screen._progress.refresh()


def test_terminal_gets_a_bar_for_a_month_with_scenes(terminal, plan, composite, result):
    screen, stream = terminal()
    show_half(screen, plan, composite)
    screen.written(result.periods[0])
    screen.done(result)
    text = stream.getvalue()
    assert "2023-08  2 scenes" in text
    assert " 9 kB of  18 kB" in text
    assert "2023-09  " not in text.partition("scenes in 2 months")[2].partition("Mosaics")[0]
    assert "98.8 %" in text
    assert "begun" not in text


@pytest.fixture
def two_months(plan):
    """A plan in which both months have scenes."""
    september = replace(plan.periods[1], scenes=plan.periods[0].scenes)
    return replace(plan, periods=(plan.periods[0], september))


def test_month_has_a_bar_from_its_first_block_until_it_is_written(terminal, two_months, composite, result):
    screen, _ = terminal()
    september = replace(composite, period=two_months.periods[1].period, lost=())

    def visible():
        return [task.description for task in screen._progress.tasks if task.visible]

    screen.planned(*planned(two_months))
    assert visible() == ["2 months", "2023-08  2 scenes"]
    screen.composed(composite)
    screen.composed(september)
    assert visible() == ["2 months", "2023-08  2 scenes", "2023-09  2 scenes"]
    screen.composed(composite)
    screen.written(result.periods[0])
    assert visible() == ["2 months", "2023-09  2 scenes"]
    shown = {task.description: task.percentage for task in screen._progress.tasks}
    assert shown == {"2023-09  2 scenes": 50, "2 months": 75}


def test_months_of_an_earlier_run_count_as_done(terminal, two_months, result):
    screen, _ = terminal()
    screen.planned(*planned(two_months))
    screen.resumed(result.periods[:1], 0)
    assert [(task.description, task.percentage) for task in screen._progress.tasks] == [("2 months", 50)]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_bars_fit_on_the_terminal(terminal, plan, composite, width):
    screen, stream = terminal(width)
    show_half(screen, plan, composite)
    bars = [line for line in re.split(r"[\r\n]|\x1b\[\S*?[A-Za-z]", stream.getvalue()) if "━" in line]
    assert bars
    assert max(map(len, bars)) <= width
    assert all("0:00:00" in line or "-:--:--" in line for line in bars)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_screen_on_a_terminal_is_live():
    assert isinstance(make_screen(verbose=False, quiet=False, as_json=False, stream=Terminal()), LiveScreen)


def test_forced_colours_bring_no_bars_to_a_log(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    screen = make_screen(verbose=False, quiet=False, as_json=False, stream=io.StringIO())
    assert type(screen) is PlainScreen


def test_dumb_terminal_gets_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    screen = make_screen(verbose=False, quiet=False, as_json=False, stream=Terminal())
    assert type(screen) is PlainScreen


def test_log_has_a_line_where_a_month_begins_and_none_for_its_blocks(plan, composite, result):
    screen, stream = plain()
    show(screen, plan, replace(composite, lost=()), result)
    lines = [line for line in stream.getvalue().splitlines() if line.startswith("2023-08: ")]
    assert lines[0] == "2023-08: begun, 2 scenes, about 18 kB to read"
    assert lines[1].startswith("2023-08: written")
    assert len(lines) == 3  # the last tells what was lost
    assert stream.getvalue().isprintable() or set(re.findall(r"[\x00-\x1f]", stream.getvalue())) == {"\n"}


def test_month_of_one_block_is_over_when_it_begins(plan, composite):
    screen, stream = plain()
    screen.planned(*planned(replace(plan, blocks=Blocks((0, 64), (0, 64)))))
    screen.composed(composite)
    assert "begun" not in stream.getvalue()


def test_log_names_some_losses_and_counts_the_rest(plan, composite, result):
    for verbose in (False, True):
        screen, stream = plain(verbose=verbose)
        screen.planned(*planned(plan))
        for _ in range(8):
            screen.composed(composite)
        screen.written(result.periods[0])
        text = stream.getvalue()
        assert text.count("lost: scene-1") == (8 if verbose else 5)
        assert ("2023-08: 3 more losses; -v names them" in text) is not verbose


def test_bars_are_taken_off_when_a_run_fails(plan):
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=120, _environ={})
    screen = LiveScreen(console, verbose=False)

    def run():
        with screen:
            screen.planned(*planned(plan))
            raise LookupError

    with pytest.raises(LookupError):
        run()
    # the cursor is back
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")
