"""Facts of a block as JSON has them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.compositing.layer_statistics import LayerStatistics
from cloudless_mosaic.compositing.plausibility import PixelStatistics
from cloudless_mosaic.domain.periods import Period
from cloudless_mosaic.domain.results import Holes, LostObservation, MaskCounts, SceneNote
from cloudless_mosaic.geo.blocks import Block


def facts_record(facts: BlockFacts) -> dict[str, Any]:
    """What of the facts the plan of the mosaic doesn't give."""
    return {
        "index": list(facts.block.index),
        "window": window_of(facts.block),
        "scene_pixels": facts.scene_pixels,
        "observations": facts.observations,
        "count_sums": facts.count_sums,
        "band_sums": facts.band_sums,
        "lost": [astuple(lost) for lost in facts.lost],
        "notes": [astuple(note) for note in facts.notes],
        "statistics": [(scene_id, astuple(statistics)) for scene_id, statistics in facts.statistics],
        "layers": {name: [astuple(band) for band in bands] for name, bands in facts.layers.items()},
        "masked": [(scene_id, astuple(counts)) for scene_id, counts in facts.masked],
        "outside": facts.outside,
        "holes": astuple(facts.holes),
        "filled": facts.filled,
    }


def facts_of(record: Mapping[str, Any], period: Period, tile: str) -> BlockFacts:
    """The facts of a record.

    Args:
        record: What ``facts_record`` gave.
        period: Of the mosaic.
        tile: Of the mosaic.
    """
    (row, column), window = record["index"], record["window"]
    return BlockFacts(
        period=period,
        block=Block((row, column), (window[0], window[1]), (window[2], window[3])),
        scene_pixels=tuple((scene_id, pixels) for scene_id, pixels in record["scene_pixels"]),
        observations=record["observations"],
        count_sums=tuple(record["count_sums"]),
        band_sums=tuple(tuple(sums) for sums in record["band_sums"]),
        lost=tuple(
            LostObservation(scene_id, (block[0], block[1]), reason, lasting)
            for scene_id, block, reason, lasting in record["lost"]
        ),
        notes=tuple(SceneNote(*note) for note in record["notes"]),
        statistics=tuple((scene_id, PixelStatistics(*counts)) for scene_id, counts in record["statistics"]),
        masked=tuple((scene_id, MaskCounts(*counts)) for scene_id, counts in record["masked"]),
        layers={
            name: tuple(LayerStatistics(*band) for band in bands) for name, bands in record["layers"].items()
        },
        tile=tile,
        outside=record["outside"],
        holes=Holes(*record["holes"]),
        filled=tuple((way, pixels) for way, pixels in record["filled"]),
    )


def window_of(block: Block) -> list[int]:
    """First row, the one after the last, and the same of columns."""
    return [*block.rows, *block.columns]
