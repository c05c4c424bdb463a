"""``cloudless-mosaic``: makes, plans and demonstrates mosaics."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cloudless_mosaic.cli.clusters import cluster
from cloudless_mosaic.cli.completion import completion
from cloudless_mosaic.cli.ending import add_run_file, say_how_it_ended, start_log
from cloudless_mosaic.cli.merge import merge
from cloudless_mosaic.cli.options import (
    OVERWRITE,
    REPORT,
    REQUEST_OPTIONS,
    RUN_FILE,
    SCREEN_OPTIONS,
    with_options,
)
from cloudless_mosaic.cli.paths import LocalPath
from cloudless_mosaic.cli.process import loading
from cloudless_mosaic.cli.program import RunByDefault, open_screen, run_program
from cloudless_mosaic.cli.providers import providers
from cloudless_mosaic.cli.request_file import REQUEST, SAVE, save_request
from cloudless_mosaic.cli.values import read_requests
from cloudless_mosaic.cli.view import add_report, check_report, view
from cloudless_mosaic.version import __version__


@click.group("cloudless-mosaic", cls=RunByDefault, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cloudless-mosaic")
def cli() -> None:
    """Cloud-free Sentinel-2 mosaics of any period, by default monthly, from any STAC API."""


@cli.command(hidden=True)
@with_options(REQUEST_OPTIONS)
@REQUEST
@REPORT
@RUN_FILE
@with_options(SCREEN_OPTIONS)
def run(
    report: bool,
    run_file: bool,
    verbose: bool,
    quiet: bool,
    as_json: bool,
    log_json: bool,
    **options: Any,  # noqa: ANN401 - options of the request
) -> None:
    """Makes the mosaics."""
    started = datetime.now(UTC)
    log_of = start_log(log_json=log_json)
    requests = read_requests(**options)
    with loading():
        from cloudless_mosaic.output.areas import require_no_other_catalog, write_area_catalog  # noqa: PLC0415
        from cloudless_mosaic.pipeline import run as run_pipeline  # noqa: PLC0415 - keeps --help quick

    if len(requests) > 1:
        require_no_other_catalog(options["output_dir"])
    for one in requests:
        screen = open_screen(verbose=verbose, quiet=quiet, as_json=as_json, log_of=log_of)
        if report:
            check_report(one.request.output_dir)
        with screen:
            if one.name:
                screen.note(f"area {one.name}")
            result = run_pipeline(one.request, screen, one_of_several=len(requests) > 1)
            if report:
                add_report(one.request.output_dir, screen)
            if run_file:
                add_run_file(result, started)
            screen.done(result)
        say_how_it_ended(result)
    if len(requests) > 1:
        write_area_catalog(options["output_dir"], [one.name for one in requests])


@cli.command()
@with_options(REQUEST_OPTIONS)
@REQUEST
@SAVE
@with_options(SCREEN_OPTIONS)
def plan(
    save: Path | None,
    verbose: bool,
    quiet: bool,
    as_json: bool,
    log_json: bool,
    **options: Any,  # noqa: ANN401 - options of the request
) -> None:
    """Shows what a run would read, hold and write; reads no pixel."""
    log_of = start_log(log_json=log_json)
    requests = read_requests(**options)
    with loading():
        from cloudless_mosaic.pipeline import plan_mosaics  # noqa: PLC0415
        from cloudless_mosaic.planning.mosaics import cut_mosaics  # noqa: PLC0415 - keeps --help quick

        screen = open_screen(verbose=verbose, quiet=quiet, as_json=as_json, log_of=log_of, is_log=False)
    for one in requests:
        if one.name:
            screen.note(f"area {one.name}")
        made = plan_mosaics(one.request)
        screen.show_plan(made, cut_mosaics(made))
    if save:
        save_request(save)


@cli.command()
@click.option(
    "--output-dir",
    type=LocalPath(),
    default=Path("demo-output"),
    show_default=True,
    help="Folder for the mosaics.",
)
@click.option(
    "--archive-dir",
    type=LocalPath(),
    default=Path("demo-archive"),
    show_default=True,
    help="Folder for the synthetic scenes; made once, then kept.",
)
@click.option("--workers", type=int, default=None, help="Threads.  [default: two per core]")
@click.option("--overwrite", is_flag=True, help=OVERWRITE)
@REPORT
@with_options(SCREEN_OPTIONS)
def demo(
    output_dir: Path,
    archive_dir: Path,
    workers: int | None,
    overwrite: bool,
    report: bool,
    verbose: bool,
    quiet: bool,
    as_json: bool,
    log_json: bool,
) -> None:
    """Makes three mosaics of a synthetic archive; needs no network."""
    with loading():
        from cloudless_mosaic.cli.demo import run_demo  # noqa: PLC0415 - keeps --help quick

        log_of = start_log(log_json=log_json)
        screen = open_screen(verbose=verbose, quiet=quiet, as_json=as_json, log_of=log_of)
    if report:
        check_report(output_dir)
    with screen:
        result = run_demo(output_dir, archive_dir, workers, screen, overwrite=overwrite)
        if report:
            add_report(output_dir, screen)
        screen.done(result)


cli.add_command(cluster)
cli.add_command(completion)
cli.add_command(merge)
cli.add_command(providers)
cli.add_command(view)


def main() -> None:
    """Runs the command line and exits with the code of whatever went wrong."""
    run_program(cli)
