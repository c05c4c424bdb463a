"""Where the work is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cloudless_mosaic.domain.request.checks import require_between, require_positive
from cloudless_mosaic.domain.request.fields import decides_neither
from cloudless_mosaic.domain.request.part import RequestPart


@dataclass(frozen=True, kw_only=True)
class ExecutionOptions(RequestPart):
    """Threads, or a Dask cluster. Without influence on the output.

    Raises:
        UsageError: if a value is out of its range; the message names the field.
    """

    workers: int | None = field(default=None, metadata=decides_neither())
    """Threads, or workers of a local cluster; ``None`` is two threads or one worker per core."""
    cluster: Literal["local"] | None = field(default=None, metadata=decides_neither())
    """``local`` starts a Dask cluster on this computer; ``None`` goes by the environment."""
    worker_memory: float | None = field(default=None, metadata=decides_neither())
    """GiB of each worker of a local cluster; ``None`` shares out what the computer has."""
    gateway_url: str | None = field(default=None, metadata=decides_neither())
    """Address of the Dask Gateway; ``None`` is that of Dask's configuration."""
    wait_workers: float = field(default=300.0, metadata=decides_neither())
    """Seconds that a cluster may be without a worker."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.workers is not None:
            require_positive("workers", self.workers)
        if self.worker_memory is not None:
            require_positive("worker_memory", self.worker_memory)
        require_between("wait_workers", self.wait_workers, 0, 86400)
