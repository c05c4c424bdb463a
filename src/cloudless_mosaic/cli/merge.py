"""``cloudless-mosaic merge``: the mosaics of all shards in one folder."""

from __future__ import annotations

from pathlib import Path

import click

from cloudless_mosaic.cli.paths import LocalPath


@click.command()
@click.argument("shards", nargs=-1, required=True, type=LocalPath(), metavar="SHARD_DIR...")
@click.option(
    "--output-dir",
    type=LocalPath(),
    required=True,
    help="Folder for the mosaics; a new one, or that of a merge that was cut short.",
)
def merge(shards: tuple[Path, ...], output_dir: Path) -> None:
    """Makes one catalog of the folders that --shard 1/N to N/N made."""
    from cloudless_mosaic.output.merge import merge_shards  # noqa: PLC0415 - keeps --help quick

    click.echo(f"catalog: {merge_shards(shards, output_dir)}")
