"""``cloudless-mosaic cluster``: clusters of a Dask Gateway, for people and scripts."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from cloudless_mosaic.cli.paths import LocalPath
from cloudless_mosaic.errors import UsageError

_URL = click.option(
    "--gateway-url", default=None, metavar="URL", help="Dask Gateway.  [default: of Dask's configuration]"
)


@click.group()
def cluster() -> None:
    """Starts, stops and lists clusters of a Dask Gateway."""


@cluster.command()
@click.option(
    "--target",
    type=LocalPath(),
    default=Path("dask_cluster_name.txt"),
    show_default=True,
    help="File to source: it exports DASK_CLUSTER.",
)
@_URL
@click.option("--image", default=None, help="Image of the workers.  [default: the Gateway's]")
@click.option("--worker-cores", type=float, default=0.5, show_default=True, help="Promised to a worker.")
@click.option("--worker-cores-limit", type=float, default=1.0, show_default=True, help="Most of a worker.")
@click.option(
    "--worker-memory", type=float, default=2.0, show_default=True, metavar="GB", help="Of a worker."
)
@click.option("--max-cores", type=float, default=5.0, show_default=True, help="Most of all workers.")
@click.option(
    "--max-ram",
    "max_memory",
    type=float,
    default=16.0,
    show_default=True,
    metavar="GB",
    help="Most of all workers.",
)
def start(
    target: Path,
    gateway_url: str | None,
    image: str | None,
    worker_cores: float,
    worker_cores_limit: float,
    worker_memory: float,
    max_cores: float,
    max_memory: float,
) -> None:
    """Starts a cluster and writes its name to a file.

    It runs until it is stopped. There are as many workers as --max-cores divided by --worker-cores-limit and
    --max-ram divided by --worker-memory both allow.
    """
    from cloudless_mosaic.execution.gateway import ClusterSize, start_cluster, stop_cluster  # noqa: PLC0415

    size = ClusterSize(worker_cores, worker_cores_limit, worker_memory, max_cores, max_memory)
    workers = size.workers
    if not target.absolute().parent.is_dir():
        raise UsageError(f"`target` {target} lies in no folder; make {target.parent} first")
    name, unknown = start_cluster(size, image, gateway_url)
    try:
        target.write_text(_exports(name, gateway_url))
    except BaseException as error:
        stop_cluster(name, gateway_url)
        if isinstance(error, OSError):
            raise UsageError(f"`target` {target} can't be written ({error.strerror})") from None
        raise
    if unknown:
        click.echo(
            f"note: this Gateway has no option for {', '.join(unknown)}; its own values hold", err=True
        )
    click.echo(f"cluster {name} with up to {workers} workers; now: source {target}")


@cluster.command()
@click.argument("name", required=False)
@_URL
def stop(name: str | None, gateway_url: str | None) -> None:
    """Stops a cluster: that of NAME, or else of DASK_CLUSTER."""
    from cloudless_mosaic.execution.choose import CLUSTER  # noqa: PLC0415 - keeps --help quick
    from cloudless_mosaic.execution.gateway import stop_cluster  # noqa: PLC0415 - as above

    name = name or os.environ.get(CLUSTER)
    if not name:
        raise UsageError(f"no cluster is named; give its name, or set {CLUSTER}")
    stop_cluster(name, gateway_url)
    click.echo(f"cluster {name} is stopping")


@cluster.command(name="list")
@_URL
def list_(gateway_url: str | None) -> None:
    """Lists the clusters that have not stopped."""
    from cloudless_mosaic.execution.gateway import list_clusters  # noqa: PLC0415 - keeps --help quick

    for found in list_clusters(gateway_url):
        click.echo(
            "  ".join(part for part in (found.name, found.status, found.started, found.dashboard) if part)
        )


def _exports(name: str, gateway_url: str | None) -> str:
    """Lines for a shell."""
    lines = [f"export DASK_CLUSTER={shlex.quote(name)}"]
    if gateway_url:
        lines.append(f"export DASK_GATEWAY__ADDRESS={shlex.quote(gateway_url)}")
    return "\n".join(lines) + "\n"
