"""The command line: options in, screen out, exit codes from errors."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal

import click

from cloudless_mosaic.aoi import Aoi
from cloudless_mosaic.clusters import cluster as cluster_group
from cloudless_mosaic.errors import CloudlessMosaicError, UsageError
from cloudless_mosaic.request import Execution, MosaicRequest, parse_date
from cloudless_mosaic.version import __version__

if TYPE_CHECKING:
    from cloudless_mosaic.screen import Screen

_TRACEBACK = "CLOUDLESS_MOSAIC_TRACEBACK"
"""Environment variable for developers; a traceback may hold addresses with credentials."""

_FIELDS = MosaicRequest.__dataclass_fields__


def _default(field: str) -> Any:  # noqa: ANN401 - click takes any default
    return _FIELDS[field].default


class _RunByDefault(click.Group):
    """A group that runs ``run`` when no subcommand is named, as the published application does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in {"--help", "-h", "--version"}):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Shows the options of ``run`` as those of the command itself."""
        run.format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


_REQUEST_OPTIONS = (
    click.option("--start-date", required=True, metavar="YYYY-MM-DD", help="First day, UTC."),
    click.option("--end-date", required=True, metavar="YYYY-MM-DD", help="Last day, UTC, inclusive."),
    click.option("--aoi", required=True, metavar="W,S,E,N", help="Area of interest in degrees."),
    click.option(
        "--bands",
        required=True,
        multiple=True,
        metavar="NAME",
        help="Band by name, such as red or B04; repeat it.",
    ),
    click.option("--collection", default=_default("collection"), show_default=True, help="STAC collection."),
    click.option(
        "--resolution",
        type=float,
        default=_default("resolution"),
        show_default=True,
        help="Pixel size, metres.",
    ),
    click.option(
        "--max-items", type=int, default=_default("max_items"), show_default=True, help="Most scenes to use."
    ),
    click.option(
        "--max-cloud-cover",
        type=float,
        default=_default("max_cloud_cover"),
        show_default=True,
        help="Leave out scenes with more cloud, percent.",
    ),
    click.option(
        "--stac-url",
        default=_default("stac_url"),
        show_default=True,
        help="STAC API, or a local catalog.json, item or ItemCollection.",
    ),
    click.option(
        "--crs", default=None, help="Output CRS, such as EPSG:32633.  [default: UTM zone of the AOI]"
    ),
    click.option(
        "--mask",
        type=click.Choice(["scl", "none"]),
        default=_default("mask"),
        show_default=True,
        help="Mask clouds by the scene classification, or not at all.",
    ),
    click.option(
        "--scl-clear",
        default=",".join(map(str, _default("clear_classes"))),
        show_default=True,
        metavar="CODES",
        help="Classes that count as clear.",
    ),
    click.option(
        "--cloud-dilation",
        type=float,
        default=_default("cloud_dilation"),
        show_default=True,
        metavar="METRES",
        help="Grow clouds and shadows before masking; 0 is off.",
    ),
    click.option("--exact", is_flag=True, help="Average native pixels instead of reading overviews."),
    click.option(
        "--max-lost",
        type=float,
        default=_default("max_lost"),
        show_default=True,
        metavar="PERCENT",
        help="Observations of a month that may be unreadable.",
    ),
    click.option(
        "--workers",
        type=int,
        default=None,
        help="Threads, or workers of --cluster local.  [default: one per core]",
    ),
    click.option(
        "--cluster",
        type=click.Choice(["local"]),
        default=None,
        help="Start a Dask cluster on this computer.  [default: that of DASK_CLUSTER or "
        "DASK_SCHEDULER_ADDRESS, else threads]",
    ),
    click.option(
        "--worker-memory", type=float, default=None, metavar="GB", help="Of each worker of --cluster local."
    ),
    click.option(
        "--gateway-url",
        default=None,
        metavar="URL",
        help="Dask Gateway of DASK_CLUSTER.  [default: of Dask's configuration]",
    ),
    click.option(
        "--wait-workers",
        type=float,
        default=Execution.__dataclass_fields__["wait_workers"].default,
        show_default=True,
        metavar="SECONDS",
        help="How long a cluster may be without workers.",
    ),
    click.option(
        "--output-dir",
        type=click.Path(path_type=Path),
        default=_default("output_dir"),
        help="Folder for the mosaics.  [default: the working directory]",
    ),
)
_SCREEN_OPTIONS = (
    click.option("-v", "--verbose", is_flag=True, help="Name every scene that is left out."),
    click.option("-q", "--quiet", is_flag=True, help="Errors only."),
    click.option("--json", "as_json", is_flag=True, help="One JSON object per line, for machines."),
)


class _Terminated(BaseException):
    """The process was asked to end; not an ``Exception``, so that nothing but clean-up stops it."""


def _with(options: tuple[Callable[[Any], Any], ...]) -> Callable[[Any], Any]:
    def add(command: Any) -> Any:  # noqa: ANN401 - click's decorators take commands and functions
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.group(cls=_RunByDefault, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cloudless-mosaic")
def cli() -> None:
    """Monthly cloud-free Sentinel-2 mosaics from any STAC API."""


@cli.command(hidden=True)
@_with(_REQUEST_OPTIONS)
@_with(_SCREEN_OPTIONS)
def run(verbose: bool, quiet: bool, as_json: bool, **options: Any) -> None:  # noqa: ANN401 - options of the request
    """Makes the mosaics."""
    request = _request(**options)
    screen = _screen(verbose=verbose, quiet=quiet, as_json=as_json)
    from cloudless_mosaic.pipeline import run as run_pipeline  # noqa: PLC0415 - keeps --help quick

    with screen:
        screen.done(run_pipeline(request, screen))


@cli.command()
@_with(_REQUEST_OPTIONS)
@_with(_SCREEN_OPTIONS)
def plan(verbose: bool, quiet: bool, as_json: bool, **options: Any) -> None:  # noqa: ANN401 - options of the request
    """Shows what a run would read, hold and write; reads no pixel."""
    request = _request(**options)
    screen = _screen(verbose=verbose, quiet=quiet, as_json=as_json)
    from cloudless_mosaic.pipeline import plan_mosaics  # noqa: PLC0415 - keeps --help quick

    screen.show_plan(plan_mosaics(request))


@cli.command()
@click.option(
    "--output-dir",
    type=click.Path(path_type=Path),
    default=Path("demo-output"),
    show_default=True,
    help="Folder for the mosaics.",
)
@click.option(
    "--archive-dir",
    type=click.Path(path_type=Path),
    default=Path("demo-archive"),
    show_default=True,
    help="Folder for the synthetic scenes; made once, then kept.",
)
@click.option("--workers", type=int, default=None, help="Threads.  [default: one per core]")
@_with(_SCREEN_OPTIONS)
def demo(
    output_dir: Path, archive_dir: Path, workers: int | None, verbose: bool, quiet: bool, as_json: bool
) -> None:
    """Makes three mosaics of a synthetic archive; needs no network and no account."""
    screen = _screen(verbose=verbose, quiet=quiet, as_json=as_json)
    from cloudless_mosaic.demo import run_demo  # noqa: PLC0415 - keeps --help quick

    with screen:
        screen.done(run_demo(output_dir, archive_dir, workers, screen))


def _request(
    start_date: str,
    end_date: str,
    aoi: str,
    bands: tuple[str, ...],
    scl_clear: str,
    cluster: Literal["local"] | None,
    worker_memory: float | None,
    gateway_url: str | None,
    wait_workers: float,
    **rest: Any,  # noqa: ANN401 - one for one the fields of the request
) -> MosaicRequest:
    """The options of a command as a request."""
    return MosaicRequest(
        start_date=parse_date("--start-date", start_date),
        end_date=parse_date("--end-date", end_date),
        aoi=Aoi.parse(aoi),
        bands=bands,
        clear_classes=_codes(scl_clear),
        execution=Execution(
            cluster=cluster,
            worker_memory=worker_memory,
            gateway_url=gateway_url,
            wait_workers=wait_workers,
        ),
        **rest,
    )


def _codes(text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({int(code) for code in text.split(",") if code.strip()}))
    except ValueError:
        raise UsageError(f"--scl-clear needs numbers with commas, got {text!r}; for example 4,5,6") from None


def _screen(*, verbose: bool, quiet: bool, as_json: bool) -> Screen:
    from cloudless_mosaic.screen import make_screen  # noqa: PLC0415 - keeps --help quick

    return make_screen(verbose=verbose, quiet=quiet, as_json=as_json)


cli.add_command(cluster_group)


def main() -> None:
    """Runs the command line and exits with the code of whatever went wrong."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        cli.main(standalone_mode=False)
    except _Terminated:
        _fail("terminated; nothing of an unfinished month was written", 143)
    except click.exceptions.Abort:
        _fail("interrupted; nothing of an unfinished month was written", 130)
    except click.ClickException as error:
        _fail(f"{error.format_message()}; see cloudless-mosaic --help", error.exit_code)
    except CloudlessMosaicError as error:
        _fail(str(error), error.exit_code)
    except MemoryError:
        _fail("out of memory; use fewer --workers or a smaller AOI", 75)
    except Exception as error:
        if os.environ.get(_TRACEBACK):
            raise
        _fail(f"a bug, please report it: {type(error).__name__} {error}; {_TRACEBACK}=1 shows where", 1)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """Unwinds, so that files and clusters of this run do not outlive it."""
    raise _Terminated


def _fail(message: str, exit_code: int) -> None:
    from cloudless_mosaic.redaction import redact  # noqa: PLC0415 - keeps --help quick

    click.echo(f"error: {redact(' '.join(message.split()))}", err=True)
    sys.exit(exit_code)
