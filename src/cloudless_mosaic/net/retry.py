"""When a failed request is sent again."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

TEMPORARY_STATUSES = frozenset({429, 500, 502, 503, 504})
"""HTTP statuses of a server that is overloaded or restarting."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Number of attempts and the delays between them.

    Delays grow exponentially. Each is multiplied by a random factor between 0.5 and 1.5, so that clients that
    failed together do not come back together.
    """

    attempts: int
    """Attempts in all, the first one included."""
    first_delay: float
    """Seconds before the second attempt."""
    factor: float = 2.0
    """Growth of the delay from one attempt to the next."""
    longest_delay: float = inf
    """Upper limit of a delay in seconds, also for one that the server asks for (``Retry-After``)."""
    total: float = inf
    """Seconds for all attempts together."""
    statuses: frozenset[int] = frozenset()
    """HTTP statuses that are retried; empty where the caller retries every failure."""

    @property
    def retries(self) -> int:
        """Attempts after the first one."""
        return self.attempts - 1

    def delay_after(self, attempt: int, *, jitter: bool = True) -> float:
        """Seconds to wait after a failed attempt.

        Args:
            attempt: The attempt that failed; 1 is the first.
            jitter: False for the delay without its random factor.
        """
        factor = random_factor() if jitter else 1.0
        return min(factor * self.first_delay * self.factor ** (attempt - 1), self.longest_delay)

    def capped(self, seconds: float) -> float:
        """A delay that the server asks for, between 0 and the longest delay."""
        return min(max(seconds, 0.0), self.longest_delay)


def random_factor() -> float:
    """A random number between 0.5 and 1.5."""
    import random  # noqa: PLC0415 - keeps --help quick

    return random.uniform(0.5, 1.5)  # noqa: S311 - only spreads requests
