"""The front door for Python: mosaics as files, or as a lazy dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from cloudless_mosaic.arguments import make_request
from cloudless_mosaic.cf import CfVariable, grid_coordinates, reflectance
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.pipeline import Progress, plan_mosaics, run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    import xarray as xr

    from cloudless_mosaic.compositing.composite import Composite
    from cloudless_mosaic.domain.results import MosaicResult
    from cloudless_mosaic.masks import MaskChoice
    from cloudless_mosaic.planning.period_plan import PeriodPlan
    from cloudless_mosaic.planning.plan import MosaicPlan
    from cloudless_mosaic.planning.series import SeriesTask
    from cloudless_mosaic.planning.tasks import BlockTask

_DEFAULTS = MosaicRequest


def mosaic(
    aoi: object,
    dates: object,
    bands: object,
    *,
    stac_url: str | PathLike[str] = _DEFAULTS.stac_url,
    collection: str = _DEFAULTS.collection,
    provider: str | None = None,
    headers: object = (),
    period: str = _DEFAULTS.period,
    resolution: float = _DEFAULTS.resolution,
    crs: object = None,
    clip: bool = False,
    max_items: int = _DEFAULTS.max_items,
    max_cloud_cover: float = _DEFAULTS.max_cloud_cover,
    mask: MaskChoice | PathLike[str] = _DEFAULTS.mask,
    reducer: str = _DEFAULTS.reducer,
    layers: object = (),
    indices: object = (),
    fill: str = _DEFAULTS.fill,
) -> xr.Dataset:
    """Mosaics as a lazy dataset, in one call: ``open_mosaics`` of a request that is made of these values.

    Args:
        aoi: West, south, east, north in degrees; text as the command line takes it; GeoJSON; a geometry of
            shapely; a series or table of geopandas; or the path of a file.
        dates: First and last day, inclusive: ``"2023-06/2023-08"``, ``"2023-06"``, or two values, each a
            text, ``date``, ``datetime``, or of NumPy or pandas.
        bands: Name of a band, or names: ``"red"``, ``["red", "nir"]``.
        stac_url: STAC API, or a catalogue as a file or on the web.
        collection: STAC collection.
        provider: Name of a provider that ships, in place of the two.
        headers: Headers for the host of the catalogue, as a mapping; secret.
        period: ``month``, ``week``, ``season``, ``all``, ...
        resolution: Pixel size, metres, or in the unit of ``crs``.
        crs: CRS of the output as text, EPSG code or object; by default the UTM zone of the area.
        clip: True to leave out what is outside of the polygons.
        max_items: Most scenes to use.
        max_cloud_cover: Leave out scenes with more cloud, percent.
        mask: Name of a recipe for the cloud mask, or a file of TOML.
        reducer: How the clear observations of a pixel become one value.
        layers: Names of layers beside the mosaic.
        indices: Names of spectral indices beside the mosaic.
        fill: Ways to fill pixels that are never clear.

    For all other options make a ``MosaicRequest``, and give it to ``open_mosaics``.

    Raises:
        UsageError: if a value can't be used; the message names the argument.
        NoDataError: if no usable scene was found.
        TemporaryError: if the catalogue is out of reach for now.
    """
    options = {name: value for name, value in locals().items() if name not in {"aoi", "dates", "bands"}}
    return open_mosaics(make_request(aoi, dates, bands, options))


def build(
    aoi: object,
    dates: object,
    bands: object,
    *,
    output_dir: str | PathLike[str] = ".",
    name: str | None = None,
    overwrite: bool = False,
    workers: int | None = None,
    stac_url: str | PathLike[str] = _DEFAULTS.stac_url,
    collection: str = _DEFAULTS.collection,
    provider: str | None = None,
    headers: object = (),
    period: str = _DEFAULTS.period,
    resolution: float = _DEFAULTS.resolution,
    crs: object = None,
    clip: bool = False,
    max_items: int = _DEFAULTS.max_items,
    max_cloud_cover: float = _DEFAULTS.max_cloud_cover,
    mask: MaskChoice | PathLike[str] = _DEFAULTS.mask,
    reducer: str = _DEFAULTS.reducer,
    layers: object = (),
    indices: object = (),
    fill: str = _DEFAULTS.fill,
) -> MosaicResult:
    """Mosaics as files, in one call: ``build_mosaics`` of a request that is made of these values.

    Args:
        aoi: As ``mosaic`` takes it, like all that is not explained here.
        dates: See ``mosaic``.
        bands: See ``mosaic``.
        output_dir: Folder for the mosaics.
        name: Name of the mosaics in ids and paths; by default that of the period.
        overwrite: True to replace what a run of another plan left in the folder.
        workers: Threads; by default two for each core.
        stac_url: See ``mosaic``.
        collection: See ``mosaic``.
        provider: See ``mosaic``.
        headers: See ``mosaic``.
        period: See ``mosaic``.
        resolution: See ``mosaic``.
        crs: See ``mosaic``.
        clip: See ``mosaic``.
        max_items: See ``mosaic``.
        max_cloud_cover: See ``mosaic``.
        mask: See ``mosaic``.
        reducer: See ``mosaic``.
        layers: See ``mosaic``.
        indices: See ``mosaic``.
        fill: See ``mosaic``.

    Raises:
        UsageError: if a value can't be used, the message names the argument; or as ``build_mosaics``.
        NoDataError: if no usable scene was found.
        ObservationsLostError: if more observations were lost than the request allows.
        TemporaryError: as ``build_mosaics``.
    """
    options = {name: value for name, value in locals().items() if name not in {"aoi", "dates", "bands"}}
    return build_mosaics(make_request(aoi, dates, bands, options))


def build_mosaics(request: MosaicRequest, progress: Progress | None = None) -> MosaicResult:
    """Makes the mosaics of a request and writes them with their STAC catalog to its output folder.

    Goes on from what an earlier run of the same request left there, however that ended.

    Args:
        request: The request.
        progress: Receives the progress; ``None`` ignores it.

    Returns:
        What was written, which periods are empty, which scenes were left out, and which observations
        were lost.

    Raises:
        UsageError: if the request can't be carried out, or the output folder can't be written to or has the
            work of another plan.
        NoDataError: if no usable scene was found.
        ObservationsLostError: if more observations were lost than the request allows.
        TemporaryError: if a service or the disk failed in a way that may pass, or another run is writing to
            the output folder.
    """
    return run(request, progress)


def open_mosaics(request: MosaicRequest) -> xr.Dataset:
    """Searches and plans now, and gives the mosaics as a dataset that reads when it is computed.

    The dataset has the dimensions ``(time, y, x)``; ``time`` is the start of each period that has scenes, and
    y decreases. Each band is a variable of its own (uint16, reflectance times 10,000, 0 is nodata), and
    ``count`` (uint16) is the number of clear observations. Layers of the request follow, each band a variable
    by its name, with ``spread_`` before it where the spread is that of the median, then its indices. Each
    chunk is one block of one period and all its scenes, so nothing has to be rechunked. Pixels are the same
    as in the files of ``build_mosaics``.

    Metadata follow the CF conventions: the CRS is in the coordinate ``spatial_ref``, which every variable
    names as its grid mapping, and bands have ``_FillValue``, ``scale_factor`` and ``add_offset``.
    ``xarray.decode_cf(dataset)`` applies these three: reflectance, with NaN for nodata. Files written with
    ``to_netcdf`` or ``to_zarr`` are decoded so when they are opened, unless with ``mask_and_scale=False``.

    Raises:
        UsageError: if the request can't be carried out.
        NoDataError: if no usable scene was found.
        TemporaryError: if the catalogue is out of reach for now.
    """
    import numpy as np  # noqa: PLC0415 - Dask and xarray take seconds to import
    import xarray as xr  # noqa: PLC0415

    if request.shard:
        raise UsageError(f"a lazy dataset holds all mosaics; leave out the shard ({request.shard})")
    plan = plan_mosaics(request)
    periods = [period for period in plan.periods if period.is_made]
    variables = _variables(request)
    stacks = _stacks(plan, periods, {name: one.dtype for name, one in variables.items()})
    starts = [np.datetime64(period.period.start.replace(tzinfo=None), "ns") for period in periods]
    return xr.Dataset(
        {name: (("time", "y", "x"), stack, variables[name].attrs) for name, stack in stacks.items()},
        coords={"time": ("time", starts, {"standard_name": "time"}), **grid_coordinates(plan.geobox)},
        attrs={
            "Conventions": "CF-1.11",
            "crs": str(plan.geobox.crs),
            "transform": list(plan.geobox.affine)[:6],
        },
    )


def _variables(request: MosaicRequest) -> dict[str, CfVariable]:
    """Every variable by its name, in the order of ``_planes``."""
    variables = {band: reflectance(band) for band in request.bands}
    variables["count"] = CfVariable("uint16", "number of clear observations")
    for layer in request.all_layers:
        for band in layer.bands(request.reduction, request.bands):
            name = band if band not in request.bands else f"{layer.name}_{band}"
            variables[name] = CfVariable(layer.dtype, layer.title, layer.nodata)
    return variables


def _stacks(plan: MosaicPlan, periods: list[PeriodPlan], names: dict[str, str]) -> dict[str, object]:
    """One Dask array per variable, of shape (time, y, x)."""
    import dask.array as da  # noqa: PLC0415 - see open_mosaics
    from dask.delayed import delayed  # noqa: PLC0415

    # a cluster may still hold answers to an older plan under its keys
    unique = uuid4().hex
    columns = len(plan.blocks.column_edges) - 1
    layers: dict[str, list[object]] = {name: [] for name in names}
    for period in periods:
        blocks: dict[str, list[object]] = {name: [] for name in names}
        for task in _tasks(plan, period):
            row, column = task.block.index
            key = f"compose-{period.period.label}-{row}-{column}-{unique}"
            planes = delayed(_planes, pure=True, traverse=False)(task, dask_key_name=key)
            for i, name in enumerate(names):
                plane = da.from_delayed(planes[i], task.block.shape, names[name])  # type: ignore[no-untyped-call]
                blocks[name].append(plane)
        for name in names:
            rows = [blocks[name][i : i + columns] for i in range(0, len(blocks[name]), columns)]
            layers[name].append(da.block(rows))  # type: ignore[no-untyped-call]
    return {name: da.stack(layer) for name, layer in layers.items()}  # type: ignore[no-untyped-call]


def _tasks(plan: MosaicPlan, period: PeriodPlan) -> Iterable[BlockTask | SeriesTask]:
    """One task for every block; of a period that others fill, it makes these as well."""
    if not plan.request.fills:
        return plan.tasks(period)
    from cloudless_mosaic.planning.mosaics import Mosaic  # noqa: PLC0415 - see open_mosaics
    from cloudless_mosaic.planning.series import Series  # noqa: PLC0415

    return Series(plan, [Mosaic(plan, period)]).tasks({})


def _planes(task: BlockTask | SeriesTask) -> tuple[object, ...]:
    """A task on a worker: the bands of its composite, and the count; raises if an observation is lost."""
    from cloudless_mosaic.compositing.compose import compose  # noqa: PLC0415 - for workers
    from cloudless_mosaic.compositing.series import compose_series  # noqa: PLC0415
    from cloudless_mosaic.errors import ObservationsLostError  # noqa: PLC0415
    from cloudless_mosaic.planning.series import SeriesTask  # noqa: PLC0415
    from cloudless_mosaic.reading import default_reader  # noqa: PLC0415

    reader = default_reader(task.access)
    composite: Composite
    if isinstance(task, SeriesTask):
        (composite,) = compose_series(task, reader)
    else:
        composite = compose(task, reader)
    if composite.lost:
        first = composite.lost[0]
        raise ObservationsLostError(f"{len(composite.lost)} observations could not be read: {first.reason}")
    layers = (band for layer in composite.layers.values() for band in layer)
    return (*composite.data, composite.count, *layers)
