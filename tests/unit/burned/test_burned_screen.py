"""What a comparison shows to people and machines."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from cloudless_mosaic.burned.compare import BlockChange
from cloudless_mosaic.burned.results import BurnedAreaResult, ClassArea
from cloudless_mosaic.burned.screen import make_screen
from cloudless_mosaic.burned.severity import SEVERITY_CLASSES
from cloudless_mosaic.domain.results import LostObservation, SceneNote
from cloudless_mosaic.geo.blocks import Block


@pytest.fixture
def shown():
    """Runs blocks and a result through a screen, and gives what it said."""

    def show(blocks=1, **options):
        stream = io.StringIO()
        lost = [LostObservation("S2A_1", (row, 0), f"no answer {row}") for row in range(blocks)]
        nothing = np.zeros((1, 1))
        with make_screen(
            **{"verbose": False, "quiet": False, "as_json": False, **options}, stream=stream
        ) as screen:
            for one in lost:
                screen.compared(
                    BlockChange(
                        Block(one.block, (0, 1), (0, 1)),
                        nothing.astype(np.float32),
                        nothing.astype(np.uint8),
                        2,
                        (one,),
                        (),
                        (),
                    )
                )
            screen.done(
                BurnedAreaResult(
                    catalog=Path("catalog.json"),
                    files=(),
                    areas=tuple(ClassArea(one, 100 * one.code, one.code) for one in SEVERITY_CLASSES),
                    burned=22.0,
                    not_compared=1234.5,
                    observations=2 * blocks,
                    lost=tuple(lost),
                    notes=(SceneNote("S2A_1", "its file counts", warning=False),),
                )
            )
        return stream.getvalue()

    return show


def test_the_burned_area_is_said_in_a_line_of_its_own(shown):
    text = shown()
    assert "low severity and above: 22.0 ha\n" in text
    assert "1,234.5" in text
    assert "its file counts" not in text


def test_a_service_that_is_down_does_not_fill_the_screen(shown):
    text = shown(200)
    assert text.count("lost: ") == 5
    assert "200 of 400 observations were lost; -v names them all" in text
    assert shown(200, verbose=True).count("lost: ") == 200


def test_machines_get_every_loss_and_the_burned_area(shown):
    *blocks, result = map(json.loads, shown(7, as_json=True).splitlines())
    assert [one["lost"][0]["reason"] for one in blocks] == [f"no answer {row}" for row in range(7)]
    assert (result["event"], result["burned_hectares"], result["lost"]) == ("result", 22.0, 7)


@pytest.mark.parametrize("as_json", [False, True])
def test_quiet(shown, as_json):
    assert shown(quiet=True, as_json=as_json) == ""
