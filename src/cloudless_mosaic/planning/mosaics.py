"""The mosaics of a plan: a period of a tile each, with files of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cloudless_mosaic.planning.period_plan import PeriodPlan
from cloudless_mosaic.planning.periods import with_borrowing
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.planning.scene_index import SceneIndex
from cloudless_mosaic.planning.tasks import BlockTask
from cloudless_mosaic.planning.tiles import Tile, cut_tiles


@dataclass(frozen=True, slots=True)
class Mosaic:
    """A period of a tile, or of the whole grid without tiles; a period that has scenes."""

    plan: MosaicPlan
    """The plan, narrowed to the tile."""
    period: PeriodPlan
    """The period, with the scenes that can touch the tile."""

    @property
    def label(self) -> str:
        """Period and tile: ``2020-10``, ``2020-10-x4y52``."""
        return self.plan.label(self.period.period)

    @property
    def scene_ids(self) -> frozenset[str]:
        """Ids of its scenes."""
        return frozenset(scene.id for scene in self.period.numbered)

    def tasks(self) -> Iterator[BlockTask]:
        """One task for every block."""
        return self.plan.tasks(self.period)


def cut_mosaics(plan: MosaicPlan) -> tuple[Mosaic, ...]:
    """The mosaics that a run makes: those of its shard, tile after tile, and period after period in each.

    A tile that no scene of a period can touch has no mosaic of it.
    """
    mosaics = tuple(_tiled(plan) if plan.request.tile_size else _whole(plan))
    shard = plan.request.shard
    return mosaics[shard.part(len(mosaics))] if shard else mosaics


def _whole(plan: MosaicPlan) -> Iterator[Mosaic]:
    for period in plan.periods:
        if period.is_made:
            yield Mosaic(plan, period)


def _tiled(plan: MosaicPlan) -> Iterator[Mosaic]:
    crs = str(plan.geobox.crs)
    indexes = [
        [SceneIndex(scenes, crs) for scenes in (period.scenes, *(one.scenes for one in period.rescues))]
        for period in plan.periods
    ]
    for tile in cut_tiles(plan.geobox, plan.request.tile_size or 0):
        narrowed = _narrowed(plan, tile, indexes)
        yield from _whole(narrowed)


def _narrowed(plan: MosaicPlan, tile: Tile, indexes: list[list[SceneIndex]]) -> MosaicPlan:
    geobox = plan.geobox[tile.window]
    periods = []
    for period, (own, *others) in zip(plan.periods, indexes, strict=True):
        scenes = tuple(own.touching(geobox))
        rescues = tuple(
            replace(one, scenes=tuple(index.touching(geobox)))
            for one, index in zip(period.rescues, others, strict=True)
        )
        reached = tuple(one for one in rescues if one.scenes)
        periods.append(PeriodPlan(period.period, scenes, len(scenes), period.times, reached))
    return replace(
        plan,
        geobox=geobox,
        blocks=tile.blocks(plan.blocks),
        periods=with_borrowing(periods, plan.request.fills),
        tile=tile.name,
    )
