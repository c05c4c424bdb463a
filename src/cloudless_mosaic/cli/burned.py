"""``burned-area``: compares a scene before with a scene after a fire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cloudless_mosaic.burned.request import CLEAR_CLASSES, BurnedAreaRequest
from cloudless_mosaic.cli.ending import start_log
from cloudless_mosaic.cli.options import (
    EXECUTION_OPTIONS,
    MASK_OPTION,
    OVERWRITE,
    PROVIDER_OPTIONS,
    SCREEN_OPTIONS,
    with_options,
)
from cloudless_mosaic.cli.paths import LocalPath
from cloudless_mosaic.cli.process import loading
from cloudless_mosaic.cli.program import RunByDefault, run_program, set_output_is_log
from cloudless_mosaic.cli.request_file import REQUEST
from cloudless_mosaic.cli.values import read_aoi, read_codes, read_mask, read_pairs
from cloudless_mosaic.domain.provider import read_profile
from cloudless_mosaic.masks import AUTO, MASKS
from cloudless_mosaic.net.headers import parse_header
from cloudless_mosaic.version import __version__

_FIELDS = BurnedAreaRequest.__dataclass_fields__

_SCENE_OPTIONS = (
    click.option(
        "--pre-fire-url", required=True, metavar="URL", help="STAC item before the fire: address or file."
    ),
    click.option(
        "--post-fire-url", required=True, metavar="URL", help="STAC item after the fire: address or file."
    ),
    click.option(
        "--index",
        type=click.Choice(["dnbr", "rbr", "bai"]),
        default=_FIELDS["index"].default,
        show_default=True,
        help="What bai.tif holds; severity.tif is always by dNBR.",
    ),
    click.option(
        "--aoi",
        default=None,
        metavar="W,S,E,N",
        help="Cut to the rectangle around this: degrees, or polygons in a file, GeoJSON or WKT.  "
        "[default: the overlap of the scenes]",
    ),
    click.option(
        "--resolution",
        type=float,
        default=_FIELDS["resolution"].default,
        show_default=True,
        help="Pixel size, metres.",
    ),
    click.option(
        "--mask",
        metavar="NAME|FILE",
        default=_FIELDS["mask"].default,
        show_default=True,
        help=f"Recipe of the mask of each date: {', '.join((AUTO, *MASKS))}, or a file of TOML.  "
        "auto is multidate, or scl where a scene lacks a band for it; with none every pixel that has data is "
        "compared.",
    ),
    click.option(
        "--scl-clear",
        "clear_classes",
        default=",".join(map(str, CLEAR_CLASSES)),
        show_default=True,
        metavar="CODES",
        help="Classes that are compared.",
    ),
    click.option(
        "--cloud-dilation",
        type=float,
        default=None,
        metavar="METRES",
        help="Grow clouds and shadows before masking, with the masks multidate, ukis, omnicloudmask and scl; "
        "0 is off.  [default: 100 with scl, 120 with the others]",
    ),
    MASK_OPTION,
    click.option(
        "--max-lost",
        type=float,
        default=_FIELDS["max_lost"].default,
        show_default=True,
        metavar="PERCENT",
        help="Observations (scene and block) that may be unreadable.",
    ),
)
_PROVIDER_OPTION = click.option(
    "--provider",
    default=None,
    metavar="NAME",
    help="Profile by name; cloudless-mosaic providers lists them.  [default: by the items]",
)
_OUTPUT_OPTIONS = (
    click.option(
        "--compression",
        type=click.Choice(["deflate", "zstd"]),
        default=_FIELDS["compression"].default,
        show_default=True,
        help="Of the GeoTIFFs; not every program reads zstd.",
    ),
    click.option(
        "--output-dir",
        type=LocalPath(),
        default=_FIELDS["output_dir"].default,
        help="Folder for the files.  [default: the working directory]",
    ),
    click.option("--overwrite", is_flag=True, help=OVERWRITE),
)
_SCREEN_OPTIONS = (
    click.option("-v", "--verbose", is_flag=True, help="Show offsets and every note on the scenes."),
    *SCREEN_OPTIONS[1:],
)


@click.group(
    "burned-area",
    cls=RunByDefault,
    context_settings={
        "help_option_names": ["-h", "--help"],
        # the published program has --pre_fire_url
        "token_normalize_func": lambda token: token.replace("_", "-"),
    },
)
@click.version_option(__version__, prog_name="burned-area")
def cli() -> None:
    """Burned area and its severity between two Sentinel-2 scenes."""


@cli.command(hidden=True)
@with_options(_SCENE_OPTIONS)
@with_options((_PROVIDER_OPTION, *PROVIDER_OPTIONS))
@with_options(EXECUTION_OPTIONS)
@with_options(_OUTPUT_OPTIONS)
@REQUEST
@with_options(_SCREEN_OPTIONS)
def run(verbose: bool, quiet: bool, as_json: bool, log_json: bool, **options: Any) -> None:  # noqa: ANN401 - options of the request
    """Compares two scenes."""
    log_of = start_log(log_json=log_json)
    request = _read_request(**options)
    with loading():
        from cloudless_mosaic.burned.pipeline import run as run_pipeline  # noqa: PLC0415 - keeps --help quick
        from cloudless_mosaic.burned.screen import make_screen  # noqa: PLC0415 - as above

        set_output_is_log(is_log=not as_json)
        screen = make_screen(verbose=verbose, quiet=quiet, as_json=as_json, log_of=log_of)
    with screen:
        screen.done(run_pipeline(request, screen))


@cli.command()
@click.option(
    "--output-dir",
    type=LocalPath(),
    default=Path("burned-area-output"),
    show_default=True,
    help="Folder for the files.",
)
@click.option(
    "--archive-dir",
    type=LocalPath(),
    default=Path("burned-area-archive"),
    show_default=True,
    help="Folder for the synthetic scenes; made once, then kept.",
)
@click.option("--overwrite", is_flag=True, help=OVERWRITE)
@with_options(_SCREEN_OPTIONS)
def demo(
    output_dir: Path,
    archive_dir: Path,
    overwrite: bool,
    verbose: bool,
    quiet: bool,
    as_json: bool,
    log_json: bool,
) -> None:
    """Compares two synthetic scenes; needs no network and no account."""
    log_of = start_log(log_json=log_json)
    with loading():
        from cloudless_mosaic.burned.demo import run_demo  # noqa: PLC0415 - keeps --help quick
        from cloudless_mosaic.burned.screen import make_screen  # noqa: PLC0415 - as above

        set_output_is_log(is_log=not as_json)
        screen = make_screen(verbose=verbose, quiet=quiet, as_json=as_json, log_of=log_of)
    with screen:
        screen.done(run_demo(output_dir, archive_dir, screen, overwrite=overwrite))


def _read_request(
    aoi: str | None,
    mask: str,
    clear_classes: str,
    mask_options: tuple[str, ...],
    profile: Path | None,
    boa_offset: str,
    headers: tuple[str, ...],
    **rest: Any,  # noqa: ANN401 - one for one the fields of the request
) -> BurnedAreaRequest:
    return BurnedAreaRequest(
        aoi=read_aoi(aoi) if aoi is not None else None,
        mask=read_mask(mask),
        clear_classes=read_codes(clear_classes),
        mask_options=read_pairs(mask_options),
        profile=read_profile(profile) if profile else None,
        boa_offset=None if boa_offset == "auto" else int(boa_offset),
        headers=tuple(parse_header(text, "`headers`") for text in headers),
        **rest,
    )


def main() -> None:
    """Runs the command line and exits with the code of whatever went wrong."""
    run_program(cli, "the same command starts over")
