"""``cloudless-mosaic providers``: the providers that ship, and what is known of each."""

from __future__ import annotations

import click

from cloudless_mosaic.cli.program import set_output_is_log


@click.command()
@click.argument("name", required=False, metavar="[NAME]")
def providers(name: str | None) -> None:
    """Lists the names that --provider takes, or explains one of them."""
    from cloudless_mosaic.domain.providers import NAMED_PROVIDERS, named_provider  # noqa: PLC0415 - quick --help

    set_output_is_log(is_log=False)
    if name is None:
        width = max(map(len, NAMED_PROVIDERS))
        for key, provider in NAMED_PROVIDERS.items():
            click.echo(f"{key:{width}}  {provider.profile.name}, {provider.collection}")
        return
    provider = named_provider(name)
    fields = {
        "--stac-url": provider.stac_url,
        "--collection": provider.collection,
        "red band": f"asset {provider.red}",
        "offset": provider.offset,
        "access": provider.access,
        "checked against": provider.evidence,
    }
    click.echo(f"{name}: {provider.profile.name}")
    for label, text in fields.items():
        click.echo(f"  {label:17}{text}")
