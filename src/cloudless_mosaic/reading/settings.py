"""Time-outs and retries of the readers."""

from __future__ import annotations

from dataclasses import dataclass

from cloudless_mosaic.net.retry import RetryPolicy

_READ_RETRY = RetryPolicy(attempts=3, first_delay=1.0, factor=4.0, total=180.0)
_STORE_RETRY = RetryPolicy(attempts=5, first_delay=0.2, longest_delay=10.0, total=120.0)


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """Time-outs and retries of the readers of one process.

    Retries have two levels. The object store retries a request that the server refuses (429, 5xx) or
    resets before it answers; it does not expose ``Retry-After``. The reader retries above it: bodies that
    end early or stall, and servers that throttle for longer.
    """

    connect_timeout: float = 10.0
    """Seconds to connect."""
    request_timeout: float = 60.0
    """Seconds for one request with its whole body, however slowly it arrives."""
    retry: RetryPolicy = _READ_RETRY
    """Attempts of the reader; the total counts seconds in requests, not waits for other reads."""
    store_retry: RetryPolicy = _STORE_RETRY
    """Attempts of the object store for one request."""


DEFAULT_READ_SETTINGS = ReadSettings()
"""Settings of a run."""

TOKEN_RETRY = RetryPolicy(attempts=6, first_delay=0.5, longest_delay=20.0)
"""Attempts to get a token, whatever made the one before fail."""
