"""The files of one period, from its blocks."""

from __future__ import annotations

import hashlib
import shutil
from concurrent.futures import Future, wait
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from cloudless_mosaic.cog.picture import SCALE, Stretch, thumbnail
from cloudless_mosaic.cog.writer import CogFile, CogSpec, CogWriter
from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.domain.bands import canonical_band, common_name
from cloudless_mosaic.domain.periods import mosaic_name
from cloudless_mosaic.domain.results import PeriodResult
from cloudless_mosaic.geo.blocks import Block
from cloudless_mosaic.output.folder import OutputFolder
from cloudless_mosaic.output.unknown_clouds import cloud_notes
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.stac.statistics import PeriodTotals
from cloudless_mosaic.storage.files import publish, write_whole

if TYPE_CHECKING:
    from cloudless_mosaic.stac.items import PeriodFiles


class PeriodSink:
    """Takes the blocks of one period in any order and makes its folder of files.

    Everything is made in a hidden folder and moved to its place at the end, the STAC item last.
    """

    def __init__(self, output: OutputFolder, mosaic: Mosaic) -> None:
        """Starts to open the files in the background: GDAL and pystac load slowly.

        Args:
            output: Where they go; it belongs to this run.
            mosaic: One of the run.

        Raises:
            TemporaryError: if the disk is full or fails.
        """
        plan = mosaic.plan
        self._plan = plan
        self._fingerprint = output.fingerprint
        self._period = mosaic.period
        self._name = mosaic_name(mosaic.label, plan.request.name or "")
        self._target = output.path / self._name
        self._totals = PeriodTotals(len(plan.request.bands), plan.request.all_layers)
        self._layers = plan.request.all_layers
        self._stretch = Stretch([canonical_band(band) for band in plan.request.bands])
        self._background = output.background
        self._checkpoints = output.checkpoints(mosaic)
        self._staging = output.staging(mosaic)
        self._opening: Future[list[CogWriter]] = output.background.submit(self._open)

    @property
    def found(self) -> frozenset[tuple[int, int]]:
        """Row and column of the blocks that an earlier run left; a damaged one may be among them."""
        return self._checkpoints.found

    def restore(self, block: Block) -> Composite | None:
        """Takes a block from what an earlier run left, in place of ``write``; from any thread.

        Returns:
            The block; ``None`` where it has to be made and written.

        Raises:
            TemporaryError: if the disk is full or fails.
        """
        kept = self._checkpoints.load(self._period.period, block, len(self._plan.request.bands))
        if kept is None:
            return None
        composite = replace(kept, tile=self._plan.tile)
        self._add(composite)
        return composite

    def write(self, composite: Composite) -> None:
        """Takes a block; each exactly once, from any thread. It is kept as a checkpoint as well.

        Raises:
            UsageError: if GeoTIFF can't hold the CRS of the plan.
            TemporaryError: if the disk is full or fails.
        """
        self._opening.result()  # before anything is kept for a run that can't go on
        kept = self._background.submit(self._checkpoints.keep, composite)
        self._add(composite)
        kept.result()

    def _add(self, composite: Composite) -> None:
        row, column = composite.block.rows[0], composite.block.columns[0]
        mosaic, count, visual, *layers = self._opening.result()
        mosaic.write(row, column, composite.data)
        count.write(row, column, composite.count[None])
        visual.write(row, column, self._stretch(composite.data))
        for writer, layer in zip(layers, self._layers, strict=True):
            writer.write(row, column, composite.layers[layer.name])
        self._totals.add(composite)

    def close(self) -> PeriodResult:
        """Finishes, checks and publishes the files, once all blocks are written.

        Raises:
            TemporaryError: if the disk is full or fails; nothing is published then.
            ValueError: if a block is missing.
        """
        from cloudless_mosaic.stac.data_mask import data_footprint  # noqa: PLC0415 - GDAL and pystac load slowly
        from cloudless_mosaic.stac.items import PeriodFiles  # noqa: PLC0415

        with ExitStack() as undo:
            undo.callback(self.abort)
            writers = self._opening.result()
            picture = writers[2]
            # threads that stay, since each takes a while to be ready for its first GDAL dataset
            thumbnail = self._background.submit(self._write_thumbnail, picture)
            rasters = [self._background.submit(writer.close) for writer in writers]
            wait([thumbnail, *rasters])  # also where one fails: what follows may remove the files
            mosaic, count, visual, *layers = (raster.result() for raster in rasters)
            files = PeriodFiles(
                mosaic=mosaic,
                count=count,
                visual=visual,
                thumbnail=thumbnail.result(),
                thumbnail_factor=picture.smallest_factor,
                area=data_footprint(picture.smallest, picture.smallest_factor, self._plan.geobox),
                statistics=self._totals.bands,
                observations=self._totals.counts,
                scene_percents=self._totals.scene_percents,
                layer_statistics=self._totals.layers,
                layers={layer.name: file for layer, file in zip(self._layers, layers, strict=True)},
            )
            result = self._publish(files)
            undo.pop_all()
        self._checkpoints.clear()
        return result

    def abort(self) -> None:
        """Removes the files that aren't published; safe to call twice, and after ``close``.

        Blocks stay, for the next run to go on from.
        """
        wait([self._opening])
        if not self._opening.exception():
            for writer in self._opening.result():
                writer.abort()
        shutil.rmtree(self._staging, ignore_errors=True)

    def _open(self) -> list[CogWriter]:
        """Opens all files, or none."""
        writers: list[CogWriter] = []
        with ExitStack() as undo:
            for suffix, spec in self._specs():
                writers.append(CogWriter(self._staging / f"{self._name}{suffix}.tif", spec))
                undo.callback(writers[-1].abort)
            undo.pop_all()
        return writers

    def _specs(self) -> tuple[tuple[str, CogSpec], ...]:
        """Suffix and content of each raster."""
        from cloudless_mosaic.stac.items import output_bands  # noqa: PLC0415 - pystac loads slowly

        geobox, codec = self._plan.geobox, self._plan.request.compression
        picture = tuple(common_name(band) for band in self._stretch.bands)
        mosaic = CogSpec(
            geobox=geobox,
            bands=output_bands(self._plan.request.bands),
            dtype="uint16",
            reduction="average",
            codec=codec,
            nodata=0,
            scale=SCALE,
        )
        # 0 is a count like any other, so there's no nodata value
        count = CogSpec(geobox=geobox, bands=("count",), dtype="uint16", reduction="nearest", codec=codec)
        visual = CogSpec(
            geobox=geobox,
            bands=picture,
            dtype="uint8",
            reduction="average",
            codec=codec,
            nodata=0,
            rgb=len(picture) == 3,
        )
        layers = (
            CogSpec(
                geobox=geobox,
                bands=layer.bands(self._plan.request.reduction, output_bands(self._plan.request.bands)),
                dtype=layer.dtype,
                reduction="average" if layer.dtype == "float32" else "nearest",
                codec=codec,
                nodata=layer.nodata,
            )
            for layer in self._layers
        )
        named = ((f"-{layer.ending}", spec) for layer, spec in zip(self._layers, layers, strict=True))
        return ("", mosaic), ("-count", count), ("-visual", visual), *named

    def _write_thumbnail(self, picture: CogWriter) -> CogFile:
        path = self._staging / f"{self._name}-thumbnail.png"
        data = thumbnail(picture.smallest)
        write_whole(path, data)
        return CogFile(path, len(data), hashlib.sha256(data).hexdigest())

    def _publish(self, files: PeriodFiles) -> PeriodResult:
        from cloudless_mosaic.stac.items import period_item  # noqa: PLC0415 - as above

        rasters = (files.mosaic, files.count, files.visual, files.thumbnail, *files.layers.values())
        names = (*(file.path.name for file in rasters), f"{self._name}.json")
        totals = self._totals
        rows, columns = self._plan.geobox.shape
        clouds = cloud_notes(self._period.scenes, dict(totals.masked))
        result = PeriodResult(
            period=self._period.period,
            found=self._period.found,
            used=totals.used,
            clear_share=round(totals.clear_pixels / (rows * columns), 6),
            masked=totals.masked,
            mean_count=round(totals.clear_observations / (rows * columns), 4),
            observations=totals.reading.observations,
            lost=totals.reading.lost,
            files=tuple(self._target / name for name in names),
            notes=tuple(sorted({*totals.reading.notes, *clouds})),
            tile=self._plan.tile,
        )
        item = period_item(self._plan, self._period, result, files, self._target, self._fingerprint)
        write_whole(self._staging / names[-1], item)
        publish(self._staging, self._target, names)
        return result
