"""The options of commands: those of a request, and those of the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from cloudless_mosaic.cli.paths import LocalPath
from cloudless_mosaic.domain.bands import BAND_NAMES
from cloudless_mosaic.domain.grids.named import GRIDS
from cloudless_mosaic.domain.periods import PERIODS
from cloudless_mosaic.domain.radiometry import OFFSETS
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.layers import LAYERS
from cloudless_mosaic.masks import AUTO, MASKS
from cloudless_mosaic.reducers import USAGE

_FIELDS = MosaicRequest.__dataclass_fields__


def _default(field: str) -> Any:  # noqa: ANN401 - click takes any default
    return _FIELDS[field].default


def _completing(names: Iterable[str]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Completes the names that a text may be the start of; the option takes others, too."""
    return lambda _context, _option, text: [name for name in names if name.startswith(text)]


OVERWRITE = "Replace what a run of another plan left in the folder."

_SEARCH_OPTIONS = (
    click.option("--start-date", default=None, metavar="YYYY-MM-DD", help="First day, UTC."),
    click.option("--end-date", default=None, metavar="YYYY-MM-DD", help="Last day, UTC, inclusive."),
    click.option("--month", default=None, metavar="YYYY-MM", help="First and last day are those of a month."),
    click.option("--year", default=None, metavar="YYYY", help="First and last day are those of a year."),
    click.option(
        "--aoi",
        default=None,
        metavar="W,S,E,N",
        help="Area of interest in degrees, or polygons: a file, or GeoJSON or WKT as text.",
    ),
    click.option(
        "--name-from",
        default=None,
        metavar="FIELD",
        help="Make mosaics of each feature of a GeoJSON --aoi, in a folder named by this property.",
    ),
    click.option(
        "--tile",
        "tiles",
        multiple=True,
        metavar="NAME",
        help="Tile of the MGRS, such as 10TET, in place of --aoi: its own grid and extent.  Repeat it for a "
        "folder of each.",
    ),
    click.option(
        "--tiles-of-aoi", is_flag=True, help="Make mosaics of each tile of the MGRS that --aoi meets."
    ),
    click.option(
        "--like",
        type=LocalPath(),
        default=None,
        metavar="FILE",
        help="Raster or STAC item whose grid and extent to take; --aoi may be left out.",
    ),
    click.option(
        "--grid",
        type=click.Choice(list(GRIDS)),
        default=None,
        help="Archive whose CRS and pixels to use.  [default: that of the scenes]",
    ),
    click.option(
        "--bands",
        required=True,
        multiple=True,
        metavar="NAME",
        shell_complete=_completing(BAND_NAMES),
        help="Band by name, such as red or B04; repeat it, or use commas.",
    ),
    click.option("--collection", default=_default("collection"), show_default=True, help="STAC collection."),
    click.option(
        "--resolution",
        type=float,
        default=_default("resolution"),
        show_default=True,
        help="Pixel size, metres, or in the unit of --crs.",
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
        help="STAC API, or a catalog.json, item, ItemCollection or items.parquet, local or on the web.",
    ),
)
PROVIDER_OPTION = click.option(
    "--provider",
    default=None,
    metavar="NAME",
    help="STAC API, collection and profile by name; cloudless-mosaic providers lists them.",
)
PROVIDER_OPTIONS = (
    click.option(
        "--header",
        "headers",
        multiple=True,
        metavar="NAME:VALUE",
        help="Header for the host of the catalogue only, such as an API key; repeat it.  "
        "[default: the lines of CLOUDLESS_MOSAIC_HEADERS]",
    ),
    click.option(
        "--profile",
        type=LocalPath(),
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
)
MASK_OPTION = click.option(
    "--mask-option",
    "mask_options",
    multiple=True,
    metavar="KEY=VALUE",
    help="Option of the mask, such as far=360 or weights=FOLDER; may be repeated.",
)
_MOSAIC_OPTIONS = (
    click.option(
        "--crs", default=None, help="Output CRS, such as EPSG:32633.  [default: UTM zone of the AOI]"
    ),
    click.option(
        "--mask",
        metavar="NAME|FILE",
        shell_complete=_completing((AUTO, *MASKS)),
        default=_default("mask"),
        show_default=True,
        help=f"Recipe of the cloud mask: {', '.join((AUTO, *MASKS))}, or a file of TOML.  auto is multidate, "
        "or scl where the collection lacks a band for it; with none every pixel that has data is taken.",
    ),
    click.option(
        "--scl-clear",
        "clear_classes",
        default=",".join(map(str, _default("clear_classes"))),
        show_default=True,
        metavar="CODES",
        help="Classes that count as clear, with the masks multidate, ukis, omnicloudmask and scl.",
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
        "--compression",
        type=click.Choice(["deflate", "zstd"]),
        default=_default("compression"),
        show_default=True,
        help="Of the GeoTIFFs; not every program reads zstd.",
    ),
    click.option(
        "--tile-size",
        type=int,
        default=None,
        metavar="PIXELS",
        help="Write files for each tile of so many pixels.  [default: one mosaic for each period]",
    ),
    click.option("--shard", default=None, metavar="I/N", help="Make part I of N of the mosaics only."),
    click.option(
        "--period",
        default=_default("period"),
        show_default=True,
        metavar="NAME",
        help=f"Make a mosaic of each of these: {', '.join(PERIODS)}, or another number of days.",
    ),
    click.option(
        "--every-year",
        default=None,
        metavar="MM-DD..MM-DD",
        help="Days of each year that count, such as 06-01..08-31.  [default: all]",
    ),
    click.option(
        "--window",
        default=None,
        metavar="LENGTH",
        help="Take scenes from so much time around each period, such as 3months or 45days.  "
        "[default: the period]",
    ),
    click.option(
        "--fill",
        multiple=True,
        default=(_default("fill"),),
        show_default=True,
        metavar="WAYS",
        help="Fill pixels that are never clear: window:DAYS, neighbours:N, relax or interpolate, or several "
        "in their order, with commas or repeated.",
    ),
    click.option("--clip", is_flag=True, help="Cut to the polygons of --aoi; what is outside is nodata."),
    click.option(
        "--buffer",
        type=float,
        default=0.0,
        metavar="METRES",
        help="Grow the area by so much on all sides.",
    ),
    click.option(
        "--reducer",
        default=_default("reducer"),
        show_default=True,
        metavar="NAME[:PARAMETER]",
        help="How the clear observations of a pixel become one value: "
        f"{USAGE}; for example percentile:25, max:NDVI, nearest:2020-10-15.",
    ),
    click.option(
        "--layer",
        "layers",
        type=click.Choice(list(LAYERS)),
        multiple=True,
        help="Write this beside the mosaic, too; repeat it.",
    ),
    click.option(
        "--index",
        "indices",
        multiple=True,
        metavar="NAME",
        help="Write this spectral index beside the mosaic, such as NDVI; repeat it.",
    ),
    click.option(
        "--index-of",
        type=click.Choice(["composite", "dates"]),
        default=_default("index_of"),
        show_default=True,
        help="Index of the reduced bands, or of the bands of each date and then reduced.",
    ),
    click.option("--exact", is_flag=True, help="Average native pixels instead of reading overviews."),
    click.option(
        "--max-lost",
        type=float,
        default=_default("max_lost"),
        show_default=True,
        metavar="PERCENT",
        help="Observations of a mosaic that may be unreadable.",
    ),
)
EXECUTION_OPTIONS = (
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
        default=_default("wait_workers"),
        show_default=True,
        metavar="SECONDS",
        help="How long a cluster may be without workers.",
    ),
)
_OUTPUT_OPTIONS = (
    click.option(
        "--output-dir",
        type=LocalPath(),
        default=_default("output_dir"),
        help="Folder for the mosaics.  [default: the working directory]",
    ),
    click.option("--overwrite", is_flag=True, help=OVERWRITE),
    click.option(
        "--name",
        default=None,
        metavar="TEXT",
        help="Name of the mosaics in ids and paths, and of their collection, for example that of the area.  "
        "[default: monthly-mosaic]",
    ),
    click.option("--geoparquet", is_flag=True, help="Write a table of all items, items.parquet, too."),
)
REPORT = click.option(
    "--report",
    is_flag=True,
    help="Write report.html beside the catalog, to look at by cloudless-mosaic view.",
)
RUN_FILE = click.option(
    "--run-file", is_flag=True, help="Write run.json beside the catalog: times, requests, losses, versions."
)
REQUEST_OPTIONS = (
    *_SEARCH_OPTIONS,
    PROVIDER_OPTION,
    *PROVIDER_OPTIONS,
    *_MOSAIC_OPTIONS,
    *EXECUTION_OPTIONS,
    *_OUTPUT_OPTIONS,
)
SCREEN_OPTIONS = (
    click.option("-v", "--verbose", is_flag=True, help="Name every scene that is left out."),
    click.option("-q", "--quiet", is_flag=True, help="Errors only."),
    click.option("--json", "as_json", is_flag=True, help="One JSON object per line, for machines."),
    click.option(
        "--log-json", is_flag=True, help="Log to standard error as JSON lines with time, level and run."
    ),
)


def with_options(options: tuple[Callable[[Any], Any], ...]) -> Callable[[Any], Any]:
    """Adds options to a command, in their order."""

    def add(command: Any) -> Any:  # noqa: ANN401 - click's decorators take commands and functions
        for option in reversed(options):
            command = option(command)
        return command

    return add
