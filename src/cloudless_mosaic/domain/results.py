"""The results of a run: losses and notes, then files per period, then the whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

from cloudless_mosaic.domain.html import Picture, html_table
from cloudless_mosaic.domain.periods import Period, mosaic_label
from cloudless_mosaic.domain.scenes import DroppedScene
from cloudless_mosaic.errors import LastingFault


@dataclass(frozen=True, slots=True)
class LostObservation:
    """An observation of one block that could not be read, in any of its bands."""

    scene_id: str
    """Id of the STAC item."""
    block: tuple[int, int]
    """Row and column of the block in the plan."""
    reason: str
    """One line, without credentials."""
    lasting: LastingFault = field(default="", compare=False)
    """Why no retry can succeed; empty where one may."""


@dataclass(frozen=True, slots=True, order=True)
class SceneNote:
    """A note for the user on a scene that is used."""

    scene_id: str
    """Id of the STAC item."""
    text: str
    """One line, the same for every block that it holds for."""
    warning: bool = False
    """True where the mosaic is likely to be wrong because of it."""


@dataclass(frozen=True, slots=True)
class MaskCounts:
    """What the steps of a mask took out of a scene, in pixels of the output; adds up over blocks."""

    pixels: int
    """Pixels that the scene was to fill and whose centres lie on its data."""
    by_classes: int
    """Those of them that the scene classification masks."""
    by_dates: int = 0
    """Clear ones that were taken out by comparing dates."""

    @property
    def share(self) -> float:
        """Share of the pixels that all steps took out together, 0 to 1; 0 where there is no pixel."""
        return (self.by_classes + self.by_dates) / self.pixels if self.pixels else 0.0

    def plus(self, other: MaskCounts) -> MaskCounts:
        """The counts of this and other pixels."""
        return MaskCounts(
            self.pixels + other.pixels, self.by_classes + other.by_classes, self.by_dates + other.by_dates
        )


@dataclass(frozen=True, slots=True)
class Holes:
    """Pixels without a clear observation, by reason; adds up over blocks. Filled ones are among them."""

    never_observed: int = 0
    """No scene has data there."""
    always_masked: int = 0
    """Scenes have data there, but none is clear."""
    lost: int = 0
    """A scene that may have been clear there could not be read."""

    def plus(self, other: Holes) -> Holes:
        """The holes of this and other pixels."""
        return Holes(
            self.never_observed + other.never_observed,
            self.always_masked + other.always_masked,
            self.lost + other.lost,
        )

    def shares(self, pixels: int) -> HoleShares:
        """Shares of so many pixels, to six places."""
        never, masked, lost = (
            round(one / pixels, 6) if pixels else 0.0
            for one in (self.never_observed, self.always_masked, self.lost)
        )
        return HoleShares(never, masked, lost)


@dataclass(frozen=True, slots=True)
class HoleShares:
    """Pixels without a clear observation, as shares of all, 0 to 1."""

    never_observed: float = 0.0
    """See ``Holes``."""
    always_masked: float = 0.0
    """See ``Holes``."""
    lost: float = 0.0
    """See ``Holes``."""


@dataclass(frozen=True, slots=True)
class PeriodResult:
    """The result of one period, or of one tile in it."""

    period: Period
    """The period."""
    found: int
    """Scenes that the search found in the period, dropped ones included."""
    used: tuple[str, ...]
    """Ids of the scenes that gave at least one clear pixel, sorted."""
    clear_share: float
    """Share of the grid's pixels with at least one clear observation, 0 to 1, to six places."""
    mean_count: float
    """Clear observations per pixel, mean over the grid, to four places."""
    observations: int
    """Observations (scene and block) that were planned."""
    lost: tuple[LostObservation, ...]
    """Observations that could not be read."""
    files: tuple[Path, ...]
    """Files written, the STAC item last; empty where the period has no scene."""
    notes: tuple[SceneNote, ...] = ()
    """Notes for the user on scenes, sorted."""
    tile: str = ""
    """Name of the tile; empty where there are none."""
    masked: tuple[tuple[str, MaskCounts], ...] = ()
    """What the mask took out of each scene, by id, sorted; only of scenes that have a mask."""
    holes: HoleShares = field(default_factory=HoleShares)
    """Pixels without a clear observation, by reason; filled ones are among them."""
    filled: tuple[tuple[str, float], ...] = ()
    """Shares of the pixels that were filled, by the name of the way, sorted."""

    @property
    def label(self) -> str:
        """Name of the mosaic in paths and ids."""
        return mosaic_label(self.period, self.tile)

    @property
    def mask_counts(self) -> MaskCounts | None:
        """What the mask took out of all scenes; ``None`` where none has a mask."""
        if not self.masked:
            return None
        return reduce(MaskCounts.plus, (counts for _, counts in self.masked))

    @property
    def filled_share(self) -> float:
        """Share of the pixels that were filled, 0 to 1."""
        return sum(share for _, share in self.filled)

    @property
    def empty(self) -> bool:
        """True where no file was written, because no scene was left."""
        return not self.files

    @property
    def lost_percent(self) -> float:
        """Lost observations in percent of the planned ones."""
        return 100 * len(self.lost) / self.observations if self.observations else 0.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What work took, in this process and, on a cluster, on the workers that are there at its end."""

    requests: int = 0
    """Ranges of files that were asked for, without the requests that the object store repeats itself."""
    read_bytes: int = 0
    """Bytes that came, before they were decompressed."""
    processor_seconds: float = 0.0
    """Time on processors."""
    workers: int = 0
    """Processes of the cluster; 0 without one."""

    def since(self, start: Usage) -> Usage:
        """What has been used since then, in one process."""
        return Usage(
            max(0, self.requests - start.requests),
            max(0, self.read_bytes - start.read_bytes),
            max(0.0, self.processor_seconds - start.processor_seconds),
            self.workers,
        )

    def plus(self, other: Usage) -> Usage:
        """The sum of two processes."""
        return Usage(
            self.requests + other.requests,
            self.read_bytes + other.read_bytes,
            self.processor_seconds + other.processor_seconds,
            self.workers + other.workers,
        )


@dataclass(frozen=True, slots=True)
class MosaicResult:
    """Files written by a run, and scenes that it could not use."""

    catalog: Path
    """The root ``catalog.json``."""
    periods: tuple[PeriodResult, ...]
    """One result for every mosaic, and one for every period of the request that has none."""
    dropped: tuple[DroppedScene, ...]
    """Scenes that were found and not used, with the reason."""
    warnings: tuple[str, ...]
    """Warnings for the user, for example that the search was cut."""
    usage: Usage = Usage()
    """What the run took; of work that an earlier run left, nothing."""

    def _repr_html_(self) -> str:
        """The mosaics with their pictures, as a table for notebooks."""
        made = [period for period in self.periods if not period.empty]
        rows = [
            (period.label, _thumbnail(period), f"{100 * period.clear_share:.1f} %", len(period.used))
            for period in made[:_MOST_SHOWN]
        ]
        more = f"and {len(made) - _MOST_SHOWN} more" if len(made) > _MOST_SHOWN else ""
        empty = [period.label for period in self.periods if period.empty]
        without = f"without a scene: {', '.join(empty)}" if empty else ""
        left_out = f"{len(self.dropped)} scenes were left out" if self.dropped else ""
        notes = [more, without, left_out, *self.warnings, f"catalog: {self.catalog}"]
        header = ("period", "", "clear", "scenes")
        return html_table("Mosaics", header, rows, filter(None, notes))


_MOST_SHOWN = 24
"""Mosaics that a notebook shows."""


def _thumbnail(period: PeriodResult) -> object:
    found = [file for file in period.files if file.name.endswith("-thumbnail.png")]
    return Picture(found[0]) if found else ""
