"""The sink of threads: blocks are encoded by the thread that composed them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack
from dataclasses import replace

from cloudless_mosaic.cog.writer import CogWriter
from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.geo.blocks import Block
from cloudless_mosaic.output.checkpoints import BlockCheckpoints
from cloudless_mosaic.output.finishing import FinishedRaster, close_raster
from cloudless_mosaic.output.folder import OutputFolder
from cloudless_mosaic.output.part_files import PartFile
from cloudless_mosaic.output.rasters import Raster, mosaic_rasters, raster_pixels
from cloudless_mosaic.output.sink import MosaicSink
from cloudless_mosaic.planning.mosaics import Mosaic


class BlockSink(MosaicSink):
    """A ``MosaicSink`` that takes composites. Their tiles are encoded as they become complete."""

    def __init__(self, output: OutputFolder, mosaic: Mosaic) -> None:
        """Starts to open the files in the background: GDAL and pystac load slowly.

        Args:
            output: Where they go; it belongs to this run.
            mosaic: One of the run.

        Raises:
            TemporaryError: if the disk is full or fails.
        """
        super().__init__(output, mosaic)
        self._checkpoints = BlockCheckpoints(self._folder)
        self._opening: Future[list[tuple[Raster, CogWriter]]] = output.background.submit(self._open)

    def write(self, composite: Composite) -> tuple[BlockFacts, ...]:
        """Takes a block; each exactly once, from any thread. It is kept as a checkpoint as well.

        Raises:
            UsageError: if GeoTIFF can't hold the CRS of the plan.
            TemporaryError: if the disk is full or fails.
        """
        self._opening.result()  # before anything is kept for a run that can't go on
        kept = self._background.submit(self._checkpoints.keep, composite)
        facts = self._encode(composite)
        self._count(facts)
        kept.result()
        return facts

    def abort(self) -> None:
        """See ``MosaicSink.abort``."""
        wait([self._opening])
        if not self._opening.exception():
            for _, writer in self._opening.result():
                writer.abort()
        super().abort()

    def _restore_block(self, block: Block) -> tuple[BlockFacts, ...]:
        bands = len(self._plan.request.bands)
        kept = self._checkpoints.load(self._mosaic.period.period, block, bands)
        return self._encode(replace(kept, tile=self._plan.tile)) if kept else ()

    def _restore_part(self, part: PartFile) -> tuple[BlockFacts, ...]:
        if not part.intact():
            return ()
        for position, (_, writer) in enumerate(self._opening.result()):
            writer.add_part(part, part.tiles(position), part.pieces(position))
        return part.facts(self._mosaic.period.period, self._plan.tile)

    def _encode(self, composite: Composite) -> tuple[BlockFacts, ...]:
        row, column = composite.block.rows[0], composite.block.columns[0]
        for raster, writer in self._opening.result():
            writer.write(row, column, raster_pixels(raster.name, composite, self._plan.request.bands))
        return (BlockFacts.of(composite, self._plan.request.all_layers),)

    def _finish_rasters(self) -> Sequence[Future[FinishedRaster]]:
        # threads that stay, since each takes a while to be ready for its first GDAL dataset
        return [
            self._background.submit(close_raster, raster, writer) for raster, writer in self._opening.result()
        ]

    def _open(self) -> list[tuple[Raster, CogWriter]]:
        """Opens all files, or none."""
        writers: list[tuple[Raster, CogWriter]] = []
        with ExitStack() as undo:
            for raster in mosaic_rasters(self._plan):
                path = self._staging / f"{self._name}{raster.suffix}"
                writers.append((raster, CogWriter(path, raster.spec)))
                undo.callback(writers[-1][1].abort)
            undo.pop_all()
        return writers
