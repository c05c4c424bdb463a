"""The command line: options in, screen out, exit codes from errors."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal

import click

from cloudless_mosaic.aoi import Aoi
from cloudless_mosaic.clusters import cluster as cluster_group
from cloudless_mosaic.errors import CloudlessMosaicError, UsageError
from cloudless_mosaic.offsets import OFFSETS
from cloudless_mosaic.profile import read_profile
from cloudless_mosaic.request import Execution, MosaicRequest, parse_date
from cloudless_mosaic.version import __version__

if TYPE_CHECKING:
    from cloudless_mosaic.screen import Screen

_TRACEBACK = "CLOUDLESS_MOSAIC_TRACEBACK"
"""Environment variable for developers; a traceback may hold addresses with credentials."""

_LARGEST_AOI = 32 * 2**20
"""Bytes of the largest GeoJSON file that is read."""
_GO_ON = "the same command goes on from what is done"

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


_OVERWRITE = "Replace what a run of another plan left in the folder."

_REQUEST_OPTIONS = (
    click.option("--start-date", required=True, metavar="YYYY-MM-DD", help="First day, UTC."),
    click.option("--end-date", required=True, metavar="YYYY-MM-DD", help="Last day, UTC, inclusive."),
    click.option(
        "--aoi",
        required=True,
        metavar="W,S,E,N",
        help="Area of interest in degrees, or a GeoJSON file or text with polygons.",
    ),
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
        "--profile",
        type=click.Path(path_type=Path),
        default=None,
        metavar="FILE",
        help="How to read the items of another provider.  [default: by API and collection]",
    ),
    click.option(
        "--boa-offset",
        type=click.Choice(["auto", *map(str, OFFSETS)]),
        default="auto",
        show_default=True,
        help="Add this to the pixels of all scenes, or decide it scene by scene.",
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
    click.option(
        "--compression",
        type=click.Choice(["deflate", "zstd"]),
        default=_default("compression"),
        show_default=True,
        help="Of the GeoTIFFs; not every program reads zstd.",
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
        help="Threads, or workers of --cluster local.  [default: two threads, or one worker, per core]",
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
    click.option("--overwrite", is_flag=True, help=_OVERWRITE),
)
_SCREEN_OPTIONS = (
    click.option("-v", "--verbose", is_flag=True, help="Name every scene that is left out."),
    click.option("-q", "--quiet", is_flag=True, help="Errors only."),
    click.option("--json", "as_json", is_flag=True, help="One JSON object per line, for machines."),
)


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
    with _loading():
        from cloudless_mosaic.pipeline import run as run_pipeline  # noqa: PLC0415 - keeps --help quick

        screen = _screen(verbose=verbose, quiet=quiet, as_json=as_json)
    with screen:
        screen.done(run_pipeline(request, screen))


@cli.command()
@_with(_REQUEST_OPTIONS)
@_with(_SCREEN_OPTIONS)
def plan(verbose: bool, quiet: bool, as_json: bool, **options: Any) -> None:  # noqa: ANN401 - options of the request
    """Shows what a run would read, hold and write; reads no pixel."""
    request = _request(**options)
    with _loading():
        from cloudless_mosaic.pipeline import plan_mosaics  # noqa: PLC0415 - keeps --help quick

        screen = _screen(verbose=verbose, quiet=quiet, as_json=as_json)
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
@click.option("--workers", type=int, default=None, help="Threads.  [default: two per core]")
@click.option("--overwrite", is_flag=True, help=_OVERWRITE)
@_with(_SCREEN_OPTIONS)
def demo(
    output_dir: Path,
    archive_dir: Path,
    workers: int | None,
    overwrite: bool,
    verbose: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Makes three mosaics of a synthetic archive; needs no network and no account."""
    with _loading():
        from cloudless_mosaic.demo import run_demo  # noqa: PLC0415 - keeps --help quick

        screen = _screen(verbose=verbose, quiet=quiet, as_json=as_json)
    with screen:
        screen.done(run_demo(output_dir, archive_dir, workers, screen, overwrite=overwrite))


def _request(
    start_date: str,
    end_date: str,
    aoi: str,
    bands: tuple[str, ...],
    scl_clear: str,
    profile: Path | None,
    boa_offset: str,
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
        aoi=_aoi(aoi),
        bands=bands,
        clear_classes=_codes(scl_clear),
        profile=read_profile(profile) if profile else None,
        boa_offset=None if boa_offset == "auto" else int(boa_offset),
        execution=Execution(
            cluster=cluster,
            worker_memory=worker_memory,
            gateway_url=gateway_url,
            wait_workers=wait_workers,
        ),
        **rest,
    )


def _aoi(text: str) -> Aoi:
    """The area of interest: four numbers, GeoJSON, or a file of it."""
    if not text.lower().endswith((".json", ".geojson")):
        return Aoi.parse(text)
    try:
        path = Path(text)
        if path.stat().st_size > _LARGEST_AOI:
            raise UsageError(f"--aoi {text} is larger than {_LARGEST_AOI >> 20} MiB; simplify it")
        content = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UsageError(f"--aoi {text} can't be read: {reason.lower()}; give a GeoJSON file") from None
    if not content.lstrip().startswith("{"):
        raise UsageError(f"--aoi {text} holds no GeoJSON object; give polygons, or four numbers")
    try:
        return Aoi.parse(content)
    except UsageError as error:
        raise UsageError(f"--aoi {text}: {error}") from None


def _codes(text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({int(code) for code in text.split(",") if code.strip()}))
    except ValueError:
        raise UsageError(f"--scl-clear needs numbers with commas, got {text!r}; for example 4,5,6") from None


def _screen(*, verbose: bool, quiet: bool, as_json: bool) -> Screen:
    from cloudless_mosaic.screen import make_screen  # noqa: PLC0415 - keeps --help quick

    return make_screen(verbose=verbose, quiet=quiet, as_json=as_json)


@contextmanager
def _loading() -> Iterator[None]:
    """Modules are loaded inside: objects by the hundred thousand, which stay, and next to no garbage.

    Neither collecting garbage meanwhile nor looking at them again at the end saves a tenth of a short run.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class _Terminated(BaseException):
    """SIGTERM came. Not an ``Exception``, so that nothing on the way takes it for a fault of its own."""


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """Unwinds, so that files and clusters of this run do not outlive it."""
    raise _Terminated


cli.add_command(cluster_group)


def main() -> None:
    """Runs the command line and exits with the code of whatever went wrong."""
    # nothing here multiplies matrices, and the threads that would wait for it do so at full speed
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, _terminate)
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        _fail(f"interrupted; {_GO_ON}", 130)
    except _Terminated:
        _fail(f"terminated; {_GO_ON}", 143)
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


def _fail(message: str, exit_code: int) -> None:
    from cloudless_mosaic.redaction import redact  # noqa: PLC0415 - keeps --help quick

    click.echo(f"error: {redact(' '.join(message.split()))}", err=True)
    sys.exit(exit_code)
