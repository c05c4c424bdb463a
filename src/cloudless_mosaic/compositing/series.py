"""Several periods of one block, each scene read once for all of them."""

from __future__ import annotations

from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.compositing.filling import fill_pixels
from cloudless_mosaic.planning.periods import reach_of
from cloudless_mosaic.planning.series import SeriesPart, SeriesTask
from cloudless_mosaic.reading.protocol import RasterReader
from cloudless_mosaic.reading.read_once import ReadOnce


def compose_series(series: SeriesTask, reader: RasterReader) -> tuple[Composite, ...]:
    """Makes the composites that a series is wanted for.

    Periods are made in the order of time, and what has been read is kept for as long as a later one needs it.
    A period is filled as soon as the neighbours that it takes pixels from are made; these give only pixels
    that are clear in them, so that filling doesn't depend on what else is filled.

    Args:
        series: The periods.
        reader: Where pixels come from.
    """
    once = ReadOnce(reader)
    made: list[Composite] = []
    filled: list[Composite] = []
    reach = reach_of(series.fills)
    for place, part in enumerate(series.parts):
        made.append(compose(part.task, once))
        last = place == len(series.parts) - 1
        ready = range(len(filled), len(made) if last else max(len(filled), len(made) - reach))
        filled += [fill_pixels(series.parts[one], one, made, series.fills, once) for one in ready]
        once.drop_others(_ahead(series, place + 1, len(filled)))
    wanted = zip(filled, series.parts, strict=True)
    return tuple(composite for composite, part in wanted if part.wanted)


def _ahead(series: SeriesTask, unmade: int, unfilled: int) -> frozenset[str]:
    """Rasters that may still be read.

    Args:
        series: The periods.
        unmade: Place of the first that isn't made.
        unfilled: Place of the first that isn't filled.
    """
    hrefs = {href for part in series.parts[unmade:] for href in part.task.hrefs}
    hrefs.update(href for part in series.parts[unfilled:] for href in _rescue_hrefs(part))
    return frozenset(hrefs)


def _rescue_hrefs(part: SeriesPart) -> set[str]:
    return {href for _, task in part.rescues for href in task.hrefs}
