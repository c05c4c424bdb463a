"""Writes the rasters of a comparison from its blocks."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.burned.compare import BlockChange
from cloudless_mosaic.burned.plan import ChangePlan
from cloudless_mosaic.burned.results import Tally
from cloudless_mosaic.burned.severity import NOT_COMPARED, PALETTE
from cloudless_mosaic.cog.picture import thumbnail
from cloudless_mosaic.cog.writer import CogFile, CogSpec, CogWriter
from cloudless_mosaic.stac.data_mask import data_footprint
from cloudless_mosaic.storage.files import write_whole

INDEX, SEVERITY, PICTURE = "bai.tif", "severity.tif", "severity.png"
"""Names of the files; the first is that of the published program, for every index."""


@dataclass(frozen=True, slots=True)
class ChangeFiles:
    """The finished files."""

    index: CogFile
    """The index, floats."""
    severity: CogFile
    """Classes of severity."""
    picture: CogFile
    """A PNG of the classes in their colours."""
    picture_factor: int
    """Pixels of the grid along the edge of a pixel of the picture."""
    area: BaseGeometry
    """The area with values, in pixels of the grid."""


class ChangeSink:
    """Takes the blocks of a comparison in any order and writes its files."""

    def __init__(self, plan: ChangePlan, folder: Path) -> None:
        """Writes nothing yet.

        Args:
            plan: The run.
            folder: Where to make the files.

        Raises:
            UsageError: if GeoTIFF can't hold the CRS of the plan.
        """
        self._folder = folder
        self._geobox = plan.geobox
        self.tally = Tally(plan.geobox)
        """Sums over the blocks."""
        specs = {
            INDEX: CogSpec(
                geobox=plan.geobox,
                bands=(plan.request.index,),
                dtype="float32",
                reduction="average",
                codec=plan.request.compression,
                nodata=np.nan,
            ),
            SEVERITY: CogSpec(
                geobox=plan.geobox,
                bands=("severity",),
                dtype="uint8",
                reduction="nearest",
                codec=plan.request.compression,
                nodata=NOT_COMPARED,
                palette=PALETTE,
            ),
        }
        self._writers: list[CogWriter] = []
        with ExitStack() as undo:
            undo.callback(self.abort)
            for name, spec in specs.items():
                self._writers.append(CogWriter(folder / name, spec))
            undo.pop_all()

    def write(self, change: BlockChange) -> BlockChange:
        """Takes a block; each exactly once, from any thread.

        Raises:
            TemporaryError: if the disk is full or fails.
        """
        row, column = change.block.rows[0], change.block.columns[0]
        index, severity = self._writers
        index.write(row, column, change.index[None])
        severity.write(row, column, change.severity[None])
        self.tally.add(change)
        return change

    def close(self) -> ChangeFiles:
        """Finishes and checks the files, once all blocks are written.

        Raises:
            TemporaryError: if the disk is full or fails.
            ValueError: if a block is missing.
        """
        with ThreadPoolExecutor(len(self._writers)) as pool:
            index, severity = pool.map(CogWriter.close, self._writers)
        values, classes = self._writers
        picture = thumbnail(np.array(PALETTE, np.uint8)[classes.smallest[0]].transpose(2, 0, 1))
        path = self._folder / PICTURE
        write_whole(path, picture)
        drawn = CogFile(path, len(picture), hashlib.sha256(picture).hexdigest())
        area = data_footprint(np.isfinite(values.smallest), values.smallest_factor, self._geobox)
        return ChangeFiles(index, severity, drawn, classes.smallest_factor, area)

    def abort(self) -> None:
        """Removes what was written; safe to call twice."""
        for writer in self._writers:
            writer.abort()
