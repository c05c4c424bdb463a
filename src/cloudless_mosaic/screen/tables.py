"""Tables: the plan before work, and the mosaics after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from cloudless_mosaic.domain.periods import Period
from cloudless_mosaic.domain.results import MosaicResult, PeriodResult
from cloudless_mosaic.geo.projection import unit_of
from cloudless_mosaic.planning.estimate import PlanCost
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.planning.overpasses import FEW, count_overpasses
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.screen.quantities import number, percent, size, size_on_disk

_MOST_NAMED = 4
"""Periods that a line names."""

_MOST_ROWS = 60
"""Rows of the closing table; for more mosaics, the line printed for each is enough."""


def plan_table(plan: MosaicPlan, cost: PlanCost) -> Table:
    """A row for every period: its scenes, their clouds, and bytes to read before compression."""
    windows = any(period.period.window for period in plan.periods)
    table = _table(
        "Plan",
        *(["scenes from"] if windows else []),
        "found",
        "to read",
        "overpasses",
        "mean cloud",
        "bytes to read",
    )
    for period, read in zip(plan.periods, cost.period_bytes, strict=True):
        clouds = [scene.cloud_cover for scene in period.scenes if scene.cloud_cover is not None]
        table.add_row(
            period.period.label,
            *([_source(period.period)] if windows else []),
            str(period.found),
            str(len(period.scenes)),
            str(len({scene.overpass for scene in period.scenes})),
            f"{sum(clouds) / len(clouds):.0f} %" if clouds else "-",
            size(read) if period.scenes else "-",
        )
    return table


def plan_summary(plan: MosaicPlan, mosaics: Sequence[Mosaic], cost: PlanCost) -> Iterator[str]:
    """Facts about the whole plan, one per line."""
    scenes = sum(len(period.scenes) for period in plan.periods)
    rows, columns = plan.geobox.shape
    crs = str(plan.geobox.crs)
    block_rows, block_columns = plan.blocks.largest
    yield (
        f"{number(scenes, 'scene')} in {number(len(plan.periods), plan.request.period_kind.noun)}; "
        f"{columns} x {rows} pixels of {plan.request.resolution:g} {unit_of(crs)} in {crs}"
    )
    yield from _few_overpasses(plan)
    yield (
        f"{number(len(plan.blocks), 'block')} of at most {block_columns} x {block_rows} pixels, "
        f"{number(cost.tasks, 'task')} of about {size(cost.task_memory)} of memory"
        + (f", and {size(cost.process_memory)} for the network of the mask" if cost.process_memory else "")
    )
    yield (
        f"about {size(cost.read_bytes)} to read, at most {size(cost.output_bytes)} to write, "
        "both before compression"
    )
    yield from _choices(plan, cost)
    edge, shard = plan.request.tile_size, plan.request.shard
    if edge or shard:
        tiles = len({mosaic.plan.tile for mosaic in mosaics})
        where = f" in {number(tiles, 'tile')} of at most {edge} x {edge} pixels" if edge else ""
        what = f"{number(len(mosaics), 'mosaic')}{where}"
        yield f"shard {shard} makes {what}; figures above are those of all shards" if shard else what


def _few_overpasses(plan: MosaicPlan) -> Iterator[str]:
    """A line that names periods in which a granule has few overpasses to read."""
    few = [one for one in count_overpasses(plan) if one.fewest < FEW]
    if few:
        named = ", ".join(f"{one.period.label} ({one.fewest} of {one.expected})" for one in few[:_MOST_NAMED])
        more = f" and {len(few) - _MOST_NAMED} more" if len(few) > _MOST_NAMED else ""
        yield (
            f"few overpasses to read over a tile, of those to expect: {named}{more}; longer periods, "
            "`window` or `fill` take more scenes"
        )


def _choices(plan: MosaicPlan, cost: PlanCost) -> Iterator[str]:
    """What a reducer, layers and indices cost, where they are not the default."""
    reducer, layers = plan.request.reduction, plan.request.all_layers
    if str(reducer) != type(plan.request).reducer:
        yield f"reducer {reducer}: about {cost.reduce_seconds:.2g} s of processor time to reduce"
    if layers:
        names = ", ".join(layer.name for layer in layers)
        yield (
            f"{names}: {size(cost.layer_memory)} of a task's memory, at most {size(cost.layer_bytes)} of "
            "what is written"
        )


def result_tables(result: MosaicResult) -> Iterator[Table | str]:
    """A row for every mosaic and every period without one; only a number if they are very many or none."""
    if not 0 < len(result.periods) <= _MOST_ROWS:
        files = [file for one in result.periods for file in one.files]
        written = sum(not one.empty for one in result.periods)
        yield f"{number(written, 'mosaic')} written, {size(size_on_disk(files))}"
        return
    table = _table("Mosaics", "found", "used", "clear pixels", "mean count", "masked", "lost", "size")
    table.columns[0].min_width = max((len(period.label) for period in result.periods), default=0)
    for period in result.periods:
        cells = ("-",) * 5 if period.empty else _written_cells(period)
        table.add_row(period.label, str(period.found), str(len(period.used)), *cells)
    yield table
    more = _gap_columns(result.periods)
    if more:
        gaps = _table("Pixels without a clear observation", *more)
        for place, period in enumerate(result.periods):
            gaps.add_row(period.label, *(column[place] for column in more.values()))
        yield gaps


def _gap_columns(periods: Sequence[PeriodResult]) -> dict[str, list[str]]:
    """Why pixels are empty, how they were filled, and where scenes are from, as far as there is any of it."""
    ways = sorted({way for one in periods for way, _ in one.filled})
    columns = {
        "never observed": [_share(one.holes.never_observed) for one in periods],
        "always masked": [_share(one.holes.always_masked) for one in periods],
        "lost": [_share(one.holes.lost) for one in periods],
        **{f"by {way}": [_share(dict(one.filled).get(way, 0.0)) for one in periods] for way in ways},
    }
    shown = {heading: cells for heading, cells in columns.items() if set(cells) != {"0"}}
    windows = any(one.period.window for one in periods)
    return shown | ({"scenes from": [_source(one.period) for one in periods]} if windows else {})


def _written_cells(period: PeriodResult) -> tuple[str, ...]:
    return (
        percent(period.clear_share),
        f"{period.mean_count:.1f}",
        percent(period.mask_counts.share) if period.mask_counts else "-",
        percent(period.lost_percent / 100) if period.lost else "0",
        size(size_on_disk(period.files)),
    )


def _source(period: Period) -> str:
    return " to ".join(period.source_days)


def _share(share: float) -> str:
    return percent(share) if share else "0"


def _table(title: str, *headings: str) -> Table:
    """A table of periods; all other columns are numbers."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, show_edge=False)
    table.add_column("period")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table
