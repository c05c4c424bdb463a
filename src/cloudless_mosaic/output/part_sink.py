"""The sink of clusters: workers encode parts, and finish files where they see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Lock

from cloudless_mosaic.cog.part import PartEncoder
from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.errors import TemporaryError
from cloudless_mosaic.geo.blocks import Block
from cloudless_mosaic.output.checkpoints import BlockCheckpoints
from cloudless_mosaic.output.finishing import FinishedRaster, RasterJob, finish_raster
from cloudless_mosaic.output.folder import OutputFolder
from cloudless_mosaic.output.part_files import PartFile, part_bytes, part_name
from cloudless_mosaic.output.part_task import Destination, FinishedPart, PartTask
from cloudless_mosaic.output.rasters import mosaic_rasters, raster_pixels
from cloudless_mosaic.output.sink import MosaicSink
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.planning.tasks import BlockTask
from cloudless_mosaic.storage.direct_io import Bytes, write_direct
from cloudless_mosaic.storage.files import storage_faults

Caller = Callable[[Callable[[RasterJob], FinishedRaster | None], RasterJob], FinishedRaster | None]
"""Runs a function on a worker, as ``Engine.call`` does."""


class PartSink(MosaicSink):
    """A ``MosaicSink`` that takes parts. Files are made of them at the end, by workers where possible."""

    def __init__(self, output: OutputFolder, mosaic: Mosaic, call: Caller) -> None:
        """Starts to check the CRS in the background; opens nothing.

        Args:
            output: Where the files go; it belongs to this run.
            mosaic: One of the run.
            call: Runs a function on a worker.

        Raises:
            TemporaryError: if the disk is full or fails.
        """
        super().__init__(output, mosaic)
        self._checking = output.background.submit(self._check_crs)
        self._call = call
        self._rasters = mosaic_rasters(self._plan)
        self._destination = Destination(self._folder, output.marker(), output.fingerprint)
        self._lock = Lock()
        self._parts: list[Path] = []

    def task(self, blocks: tuple[BlockTask, ...]) -> PartTask:
        """The task of a part."""
        return PartTask(blocks, self._rasters, self._destination)

    def write(self, part: FinishedPart) -> tuple[BlockFacts, ...]:
        """Takes a part; each exactly once, from any thread.

        Raises:
            UsageError: if GeoTIFF can't hold the CRS of the plan.
            TemporaryError: if the disk is full or fails.
        """
        self._checking.result()
        self._keep(part.name, None if part.content is None else [part.content])
        self._count(part.facts)
        return part.facts

    def _check_crs(self) -> None:
        from cloudless_mosaic.cog.georeferencing import geo_tags  # noqa: PLC0415 - GDAL loads slowly

        geo_tags(self._plan.geobox)

    def _restore_part(self, part: PartFile) -> tuple[BlockFacts, ...]:
        if not part.intact():
            return ()
        with self._lock:
            self._parts.append(part.path)
        return part.facts(self._mosaic.period.period, self._plan.tile)

    def _restore_block(self, block: Block) -> tuple[BlockFacts, ...]:
        bands = self._plan.request.bands
        kept = BlockCheckpoints(self._folder).load(self._mosaic.period.period, block, len(bands))
        if kept is None:
            return ()
        composite = replace(kept, tile=self._plan.tile)
        facts = (BlockFacts.of(composite, self._plan.request.all_layers),)
        self._keep(part_name(facts), self._encoded(composite, facts))
        return facts

    def _encoded(self, composite: Composite, facts: tuple[BlockFacts, ...]) -> list[Bytes]:
        """The content of the part file of a single block."""
        encoders = [PartEncoder(raster.spec.form) for raster in self._rasters]
        row, column = composite.block.rows[0], composite.block.columns[0]
        for raster, encoder in zip(self._rasters, encoders, strict=True):
            encoder.write(row, column, raster_pixels(raster.name, composite, self._plan.request.bands))
        return part_bytes(facts, encoders, self._fingerprint, packed=False)

    def _keep(self, name: str, content: Sequence[Bytes] | None) -> None:
        """Writes a part file, unless a worker did, and notes it."""
        path = self._folder / name
        if content is not None:
            partial = path.with_suffix(".partial")
            with storage_faults(path):
                self._folder.mkdir(exist_ok=True)
                try:
                    write_direct(partial, content)
                    partial.replace(path)
                except OSError:
                    partial.unlink(missing_ok=True)
                    raise
        with self._lock:
            self._parts.append(path)

    def _finish_rasters(self) -> Sequence[Future[FinishedRaster]]:
        parts = tuple(sorted(self._parts))
        jobs = (
            RasterJob(
                path=self._staging.absolute() / f"{self._name}{raster.suffix}",
                raster=raster,
                position=position,
                parts=parts,
                marker=self._destination.marker,
            )
            for position, raster in enumerate(self._rasters)
        )
        return [self._background.submit(self._finish_raster, job) for job in jobs]

    def _finish_raster(self, job: RasterJob) -> FinishedRaster:
        """A file, made by a worker, or here where no worker sees the folder."""
        finished = self._call(finish_raster, job) or finish_raster(job)
        if finished is None:
            raise TemporaryError(
                f"`output_dir` {self._target.parent} was changed by someone else; see who removed files from "
                "it and run again"
            )
        return finished
