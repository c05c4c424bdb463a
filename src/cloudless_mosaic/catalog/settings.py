"""Time-outs, retries and limits of a STAC API."""

from __future__ import annotations

from dataclasses import dataclass

from cloudless_mosaic.net.retry import TEMPORARY_STATUSES, RetryPolicy

_API_RETRY = RetryPolicy(
    attempts=6, first_delay=0.5, longest_delay=60.0, total=600.0, statuses=TEMPORARY_STATUSES
)


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Time-outs and retries of a STAC API, and limits that no sensible search reaches."""

    timeout: tuple[float, float] = (10.0, 60.0)
    """Seconds to connect, and between two pieces of a response."""
    retry: RetryPolicy = _API_RETRY
    """Attempts for one page. The first retry follows at once, so ``first_delay`` comes before the second one.
    The total includes all delays and the time of the response, however slowly it arrives."""
    connection_attempts: int = 3
    """Attempts where the connection fails, or breaks off in the response."""
    page_size: int = 100
    """Items per page."""
    most_items: int = 10_000
    """Larger searches are refused."""
    most_pages: int = 2_000
    """Pages that are read before a search is given up."""
    largest_answer: int = 256 * 2**20
    """Bytes of the largest response that is read."""
