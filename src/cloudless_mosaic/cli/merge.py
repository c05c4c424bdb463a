"""``cloudless-mosaic merge``: the mosaics of all shards, or of several areas, in one folder."""

from __future__ import annotations

from pathlib import Path

import click

from cloudless_mosaic.cli.paths import LocalPath
from cloudless_mosaic.cli.program import set_output_is_log


@click.command()
@click.argument("folders", nargs=-1, required=True, type=LocalPath(), metavar="DIR...")
@click.option(
    "--output-dir",
    type=LocalPath(),
    required=True,
    help="Folder for the mosaics; a new one, or that of a merge that was cut short.",
)
def merge(folders: tuple[Path, ...], output_dir: Path) -> None:
    """Makes one catalog of the folders that --shard 1/N to N/N made, or of runs with different --name."""
    from cloudless_mosaic.output.merge import is_shard, merge_shards  # noqa: PLC0415 - keeps --help quick
    from cloudless_mosaic.output.merge_areas import merge_areas  # noqa: PLC0415

    set_output_is_log(is_log=True)
    merge_all = merge_shards if any(map(is_shard, folders)) else merge_areas
    click.echo(f"catalog: {merge_all(folders, output_dir)}")
