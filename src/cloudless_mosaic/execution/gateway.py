"""Clusters of a Dask Gateway: connecting, starting, stopping, listing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.execution.connection import Connection, connect
from cloudless_mosaic.net.redaction import redact

if TYPE_CHECKING:
    from dask_gateway import Gateway
    from dask_gateway.client import ClusterReport

_POLL = 0.5
"""Seconds between questions whether a cluster has started."""

_START = 600.0
"""Seconds that a new cluster may take; a node may have to be started for it."""


@dataclass(frozen=True, slots=True)
class ClusterSize:
    """What a cluster is made of."""

    worker_cores: float
    """Cores that a worker is promised."""
    worker_cores_limit: float
    """Most cores that a worker may use."""
    worker_memory: float
    """Gigabytes of a worker."""
    max_cores: float
    """Most cores of all workers."""
    max_memory: float
    """Most gigabytes of all workers."""

    @property
    def workers(self) -> int:
        """Workers that fit into both limits.

        Raises:
            UsageError: if none fits.
        """
        for name, value in (
            ("worker_cores", self.worker_cores),
            ("worker_cores_limit", self.worker_cores_limit),
            ("worker_memory", self.worker_memory),
        ):
            if not value > 0:
                raise UsageError(f"`{name}` must be greater than 0, got {value:g}")
        if self.worker_cores > self.worker_cores_limit:
            raise UsageError(
                f"`worker_cores` {self.worker_cores:g} is more than `worker_cores_limit` "
                f"{self.worker_cores_limit:g}; raise the limit"
            )
        workers = int(min(self.max_cores // self.worker_cores_limit, self.max_memory // self.worker_memory))
        if workers < 1:
            raise UsageError(
                f"no worker of {self.worker_cores_limit:g} cores and {self.worker_memory:g} GB fits into "
                f"`max_cores` {self.max_cores:g} and `max_memory` {self.max_memory:g}; raise these, or ask "
                "for smaller workers"
            )
        return workers


@dataclass(frozen=True, slots=True)
class ClusterSummary:
    """A cluster as its Gateway knows it."""

    name: str
    """Name, for ``DASK_CLUSTER``."""
    status: str
    """``pending``, ``running`` or ``stopping``."""
    started: str
    """Start time, as the Gateway reports it."""
    dashboard: str
    """Address of the dashboard, or empty."""


@contextmanager
def gateway_cluster(name: str, url: str | None, timeout: float) -> Iterator[Connection]:
    """Connects to a running cluster, which is left as it is at the end.

    Args:
        name: Name of the cluster.
        url: Address of the Gateway; ``None`` is that of Dask's configuration.
        timeout: Seconds to wait for a cluster that is starting.

    Raises:
        UsageError: if the cluster does not exist, or has stopped.
        TemporaryError: if the Gateway or the cluster does not answer.
    """
    with _gateway(url) as gateway:
        report = _wait_until_running(gateway, name, timeout)
        with connect(
            report.scheduler_address,
            f"cluster {name} of the Gateway at {redact(gateway.address)}",
            "are its limits too small, or is its image out of reach? See cloudless-mosaic cluster list",
            report.dashboard_link,
            report.security,
        ) as connection:
            yield connection


def start_cluster(size: ClusterSize, image: str | None, url: str | None) -> tuple[str, list[str]]:
    """Starts a cluster that outlives this process; it is stopped again if anything goes wrong on the way.

    Args:
        size: What it is made of.
        image: Container image of scheduler and workers; ``None`` is that of the Gateway.
        url: Address of the Gateway; ``None`` is that of Dask's configuration.

    Returns:
        The name of the cluster, and the names of options that the Gateway does not have.

    Raises:
        UsageError: if the size gives no worker, or the Gateway has no such option.
        TemporaryError: if the Gateway does not answer, or the cluster does not start.
    """
    workers = size.workers
    with _gateway(url) as gateway:
        options, unknown = _options(gateway, size, image)
        name = gateway.submit(**options)
        try:
            _wait_until_running(gateway, name, _START)
            gateway.scale_cluster(name, workers)
        except BaseException:
            with suppress(Exception):
                gateway.stop_cluster(name)
            raise
    return str(name), unknown


def stop_cluster(name: str, url: str | None) -> None:
    """Stops a cluster; one that has stopped already is not an error.

    Raises:
        UsageError: if the cluster doesn't exist.
        TemporaryError: if the Gateway does not answer.
    """
    with _gateway(url) as gateway:
        _report(gateway, name)
        gateway.stop_cluster(name)


def list_clusters(url: str | None) -> list[ClusterSummary]:
    """The clusters of this user that have not stopped.

    Raises:
        TemporaryError: if the Gateway does not answer.
    """
    with _gateway(url) as gateway:
        return [
            ClusterSummary(
                name=report.name,
                status=report.status.name.lower(),
                started=f"{report.start_time:%Y-%m-%d %H:%M}" if report.start_time else "",
                dashboard=redact(report.dashboard_link or ""),
            )
            for report in gateway.list_clusters()
        ]


@contextmanager
def _gateway(url: str | None) -> Iterator[Gateway]:
    """A Gateway; its errors become errors of this package."""
    try:
        from aiohttp import ClientError  # noqa: PLC0415 - of an extra
        from dask_gateway import Gateway, GatewayClusterError, GatewayServerError  # noqa: PLC0415 - of an extra
    except ImportError:
        raise UsageError("Dask Gateway needs a package that isn't here; pip install dask-gateway") from None

    class ClosedOnce(Gateway):  # type: ignore[misc] # ships no types
        """The base class closes once more at its end, and complains that it is closed."""

        def __del__(self) -> None: ...

    try:
        gateway = ClosedOnce(url)
    except ValueError:
        raise UsageError(
            "no Dask Gateway is known; give `gateway_url`, or gateway.address in Dask's configuration "
            "(/etc/dask/gateway.yaml)"
        ) from None
    except (KeyError, OSError):
        # raised where the user id has no name, as in containers that run under an arbitrary id
        raise UsageError(
            "a Dask Gateway needs the name of its user, and this one has none; set LOGNAME to the name under "
            "which the cluster was started"
        ) from None
    if urlsplit(gateway.address).scheme not in {"http", "https"}:
        raise UsageError(
            f"{gateway.address!r} is not an address of a Dask Gateway; give for example https://host"
        )
    where = f"the Dask Gateway at {redact(gateway.address)}"
    try:
        with gateway:
            yield gateway
    except (ClientError, OSError, GatewayServerError, GatewayClusterError) as error:
        reason = redact(" ".join(str(error).split()))[:200] or type(error).__name__
        raise TemporaryError(f"{where} does not answer as it should ({reason}); is it running?") from None


def _report(gateway: Gateway, name: str) -> ClusterReport:
    try:
        return gateway.get_cluster(name)
    except ValueError:
        raise UsageError(
            f"the Dask Gateway at {redact(gateway.address)} knows no cluster {name!r}; see cloudless-mosaic "
            "cluster list, or start one with cloudless-mosaic cluster start"
        ) from None


def _wait_until_running(gateway: Gateway, name: str, timeout: float) -> ClusterReport:
    """The report of a cluster once it runs.

    Raises:
        UsageError: if it does not exist, or will never run.
        TemporaryError: if it does not run in time.
    """
    deadline = time.monotonic() + timeout
    while True:
        report = _report(gateway, name)
        status = report.status.name.lower()
        if status == "running":
            return report
        if status != "pending":
            raise UsageError(f"cluster {name} is {status}; start another with cloudless-mosaic cluster start")
        if time.monotonic() > deadline:
            raise TemporaryError(
                f"cluster {name} is still {status} after {timeout:g} seconds; try again later"
            )
        time.sleep(_POLL)


def _options(gateway: Gateway, size: ClusterSize, image: str | None) -> tuple[dict[str, Any], list[str]]:
    """The options that this Gateway has, and the names of those that it hasn't.

    Raises:
        UsageError: if it has no option for the image that was requested.
    """
    known = dict(gateway.cluster_options())
    requested: dict[str, Any] = {
        "worker_cores": size.worker_cores,
        "worker_cores_limit": size.worker_cores_limit,
        "worker_memory": size.worker_memory,
    }
    if image is not None:
        if "image" not in known:
            raise UsageError(
                f"the Dask Gateway at {redact(gateway.address)} does not allow to choose an image; leave "
                "out `image`"
            )
        requested["image"] = image
    chosen = {name: _like(known[name], value) for name, value in requested.items() if name in known}
    return {**known, **chosen}, sorted(set(requested) - set(chosen))


def _like(default: object, value: Any) -> Any:  # noqa: ANN401 - any type that an option may have
    """A value in the type of the option: Gateways take memory as a number or as text, cores whole or not.

    A part of a core stays one where only whole ones are taken, so that the Gateway refuses it.
    """
    if isinstance(default, str) and isinstance(value, float | int):
        return f"{value:g}G"
    if type(default) is int and float(value).is_integer():
        return int(value)
    return value
