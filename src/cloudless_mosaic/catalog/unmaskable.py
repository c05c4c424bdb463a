"""Scenes that lack what the mask looks at."""

from __future__ import annotations

from cloudless_mosaic.catalog.search_result import SearchResult
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks import FALLBACK


class UnmaskableError(UsageError):
    """A scene that was asked for, or every scene of a collection, lacks what the mask looks at."""

    def __init__(self, message: str, where: str, missing: tuple[str, ...], working: tuple[str, ...]) -> None:
        self.where = where
        """The scene or the collection."""
        self.missing = missing
        """What it lacks."""
        self.working = working
        """Names of the masks that work."""
        self.searched: SearchResult | None = None
        """What a search has found, for another mask; ``None`` where there was no search."""
        super().__init__(message)

    @property
    def note(self) -> str:
        """Says that another mask takes the place of the default."""
        return (
            f"{self.where} has no {', no '.join(self.missing)}, which the default mask looks at; "
            f"the mask is {FALLBACK}, which leaves more haze"
        )
