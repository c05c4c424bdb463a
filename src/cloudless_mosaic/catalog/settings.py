"""How to treat a STAC API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Patience with a STAC API, and what a sane search never reaches."""

    timeout: tuple[float, float] = (10.0, 60.0)
    """Seconds to connect, and between two pieces of an answer."""
    retries: int = 5
    """Attempts after the first, where the server answers that it can't just now."""
    connection_retries: int = 2
    """Attempts after the first, where there is no answer, or only a part of one."""
    backoff: float = 0.5
    """Seconds before the second retry; doubles from there, unless the server says when to come back."""
    longest_wait: float = 60.0
    """Most seconds to wait before a retry, whatever the server asks for."""
    deadline: float = 600.0
    """Seconds for one page, all retries and waits included, however its bytes drip."""
    page_size: int = 100
    """Items asked for at once."""
    most_items: int = 10_000
    """Larger searches are refused."""
    most_pages: int = 2_000
    """Pages that are followed before a search is given up."""
    largest_answer: int = 256 * 2**20
    """Bytes of the largest answer that is read."""
