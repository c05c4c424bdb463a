"""What becomes of the blocks of a mosaic: its files, checked and published."""

from __future__ import annotations

import hashlib
import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack
from typing import TYPE_CHECKING

from cloudless_mosaic.cog.writer import CogFile
from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.domain.periods import mosaic_name
from cloudless_mosaic.domain.results import PeriodResult
from cloudless_mosaic.geo.blocks import Block
from cloudless_mosaic.output.finishing import FinishedRaster
from cloudless_mosaic.output.folder import OutputFolder
from cloudless_mosaic.output.part_files import PartFile
from cloudless_mosaic.output.unknown_clouds import cloud_notes
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.stac.statistics import PeriodTotals
from cloudless_mosaic.storage.files import publish, write_whole

if TYPE_CHECKING:
    from cloudless_mosaic.stac.items import PeriodFiles


class MosaicSink(ABC):
    """Takes what is made of a mosaic, in any order, and makes its folder of files.

    Everything is made in a hidden folder and moved to its place at the end, the STAC item last.
    """

    def __init__(self, output: OutputFolder, mosaic: Mosaic) -> None:
        """Prepares the folder of the files.

        Args:
            output: Where they go; it belongs to this run.
            mosaic: One of the run.

        Raises:
            TemporaryError: if the disk is full or fails.
        """
        self._mosaic = mosaic
        self._plan = mosaic.plan
        self._fingerprint = output.fingerprint
        self._name = mosaic_name(mosaic.label, mosaic.plan.request.name or "")
        self._target = output.path / self._name
        self._totals = PeriodTotals(len(mosaic.plan.request.bands))
        self._background = output.background
        self._folder = output.blocks_folder(mosaic)
        kept = output.kept(mosaic)
        self.kept: tuple[Block | PartFile, ...] = (*kept.parts, *kept.blocks)
        """What an earlier run left, to be restored; damaged ones may be among it."""
        self._staging = output.staging(mosaic)

    def restore(self, kept: Block | PartFile) -> tuple[BlockFacts, ...]:
        """Takes over what an earlier run left; from any thread.

        Args:
            kept: One of ``kept``.

        Returns:
            Facts of the blocks that need not be made; none where it is damaged.

        Raises:
            TemporaryError: if the disk is full or fails.
        """
        facts = self._restore_block(kept) if isinstance(kept, Block) else self._restore_part(kept)
        self._count(facts)
        return facts

    def close(self) -> PeriodResult:
        """Finishes, checks and publishes the files, once all blocks are there.

        Raises:
            TemporaryError: if the disk is full or fails; nothing is published then.
            ValueError: if a block is missing.
        """
        with ExitStack() as undo:
            undo.callback(self.abort)
            result = self._publish(self._finish())
            undo.pop_all()
        shutil.rmtree(self._folder, ignore_errors=True)
        return result

    def abort(self) -> None:
        """Removes the files that aren't published; safe to call twice, and after ``close``.

        Blocks and parts stay, for the next run to go on from.
        """
        shutil.rmtree(self._staging, ignore_errors=True)

    @abstractmethod
    def _restore_block(self, block: Block) -> tuple[BlockFacts, ...]: ...

    @abstractmethod
    def _restore_part(self, part: PartFile) -> tuple[BlockFacts, ...]: ...

    @abstractmethod
    def _finish_rasters(self) -> Sequence[Future[FinishedRaster]]:
        """Starts to finish the files: mosaic, count, picture, layers."""

    def _count(self, facts: Sequence[BlockFacts]) -> None:
        for one in facts:
            self._totals.add(one)

    def _finish(self) -> PeriodFiles:
        from cloudless_mosaic.stac.items import PeriodFiles  # noqa: PLC0415 - pystac loads slowly

        under_way = self._finish_rasters()
        try:
            # the picture is smaller than the mosaic, and so done before it
            preview = under_way[2].result().preview
            if preview is None:
                raise ValueError("the picture was finished without its preview")
            small = self._write_thumbnail(preview.thumbnail)
        finally:
            wait(under_way)  # what follows may remove the files
        mosaic, count, visual, *layers = (one.result().file for one in under_way)
        names = (layer.name for layer in self._plan.request.all_layers)
        return PeriodFiles(
            mosaic=mosaic,
            count=count,
            visual=visual,
            thumbnail=small,
            thumbnail_factor=preview.factor,
            area=preview.area,
            statistics=self._totals.bands,
            observations=self._totals.counts,
            scene_percents=self._totals.scene_percents,
            layer_statistics=self._totals.layers,
            layers=dict(zip(names, layers, strict=True)),
        )

    def _write_thumbnail(self, data: bytes) -> CogFile:
        path = self._staging / f"{self._name}-thumbnail.png"
        write_whole(path, data)
        return CogFile(path, len(data), hashlib.sha256(data).hexdigest())

    def _publish(self, files: PeriodFiles) -> PeriodResult:
        from cloudless_mosaic.stac.items import period_item  # noqa: PLC0415 - pystac loads slowly

        rasters = (files.mosaic, files.count, files.visual, files.thumbnail, *files.layers.values())
        names = (*(file.path.name for file in rasters), f"{self._name}.json")
        totals = self._totals
        clouds = cloud_notes(self._mosaic.period.scenes, dict(totals.masked))
        result = PeriodResult(
            period=self._mosaic.period.period,
            found=self._mosaic.period.found,
            used=totals.used,
            clear_share=totals.share(totals.clear_pixels),
            masked=totals.masked,
            mean_count=totals.mean_count,
            observations=totals.reading.observations,
            lost=totals.reading.lost,
            files=tuple(self._target / name for name in names),
            notes=tuple(sorted({*totals.reading.notes, *clouds})),
            tile=self._plan.tile,
            holes=totals.holes,
            filled=totals.filled,
        )
        item = period_item(self._plan, self._mosaic.period, result, files, self._target, self._fingerprint)
        write_whole(self._staging / names[-1], item)
        publish(self._staging, self._target, names)
        return result
