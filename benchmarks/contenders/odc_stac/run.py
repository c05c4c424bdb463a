"""The same mosaics by odc-stac and xarray, as one who knows both would write it: ``run.py ORDER``."""

import json
import sys
from pathlib import Path
from typing import Any

import dask
import geomad
import numpy as np
import odc.stac
import pystac
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.geom import BoundingBox

MASK_RESOLUTION = 20
FIRST_BASELINE_WITH_OFFSET = 4.0
OFFSET = 1000

# the items say nothing of data types
CONFIG = {
    "sentinel-2-l2a": {
        "assets": {"*": {"data_type": "uint16", "nodata": 0}, "SCL": {"data_type": "uint8", "nodata": 0}}
    }
}


def main(order: dict[str, Any]) -> None:
    """Makes the mosaics of an order."""
    odc.stac.configure_rio(cloud_defaults=True)
    items = pystac.ItemCollection.from_file(order["items"])
    crs = f"EPSG:{order['epsg']}"
    # clouds are masked before pixels are averaged, so coarse mosaics are read at the resolution of the mask
    fine = min(order["resolution"], MASK_RESOLUTION)
    geobox = GeoBox.from_bbox(BoundingBox(*order["bounds"], crs=crs), resolution=fine)
    factor = order["resolution"] // fine
    mosaics = []
    for month in order["months"]:
        chosen = [item for item in items if f"{item.datetime:%Y-%m}" == month]
        data = load(chosen, order, geobox, factor)
        bands, count = reduce(data, offsets(chosen, data), order, factor)
        layers = [*bands, count] if order["count"] else bands
        mosaics.append(xr.concat(layers, "band").astype(np.uint16))
    # at once: the cores stay busy over the end of a month
    for month, mosaic in zip(order["months"], dask.compute(*mosaics), strict=True):
        write(mosaic, Path(order["output"]) / f"{month}.tif")


def load(items: list[pystac.Item], order: dict[str, Any], geobox: GeoBox, factor: int) -> xr.Dataset:
    """Lazy bands and scene classification (time, y, x), one date per solar day."""
    # whole tiles of the files where the grid allows, and whole pixels of the mosaic
    edge = 1024 // factor * factor
    return odc.stac.load(
        items,
        bands=[*order["assets"], "SCL"],
        geobox=geobox,
        chunks={"time": order["dates_per_chunk"], "y": edge, "x": edge},
        groupby="solar_day",
        resampling={"SCL": "nearest", "*": "average"},
        stac_cfg=CONFIG,
    )


def offsets(items: list[pystac.Item], data: xr.Dataset) -> xr.DataArray:
    """Digital number that is too much in each date: newer processing baselines add 1000."""
    by_day = {
        f"{item.datetime:%Y-%m-%d}": OFFSET
        * (float(item.properties["s2:processing_baseline"]) >= FIRST_BASELINE_WITH_OFFSET)
        for item in items
    }
    days = data.time.dt.strftime("%Y-%m-%d").values
    return xr.DataArray(np.array([by_day[day] for day in days], np.float32), dims="time")


def reduce(
    data: xr.Dataset, offset: xr.DataArray, order: dict[str, Any], factor: int
) -> tuple[list[xr.DataArray], xr.DataArray]:
    """The bands, reduced over the clear dates, 0 where there is none, and their number.

    Pixels are ``factor`` times as large as those of ``data``, and means of its clear ones.
    """
    clear = data.SCL.isin(order["clear_classes"])
    bands = []
    for asset in order["assets"]:
        valid = data[asset].where(clear & (data[asset] > 0))
        reflectance = (valid - offset).clip(min=1)
        if factor > 1:
            reflectance = reflectance.coarsen(x=factor, y=factor).mean()
        bands.append(reflectance)
    if order["reducer"] == "geomedian":
        reduced = geomedian(bands)
    else:
        reduced = [band.median("time", skipna=True) for band in bands]
    bands = [band.round().fillna(0) for band in reduced]
    return bands, (clear & (data[order["assets"][0]] > 0)).sum("time")


def geomedian(bands: list[xr.DataArray]) -> list[xr.DataArray]:
    """Geometric median over time, as Digital Earth Africa computes it: to a tenth of a digital number."""

    def of_block(block: np.ndarray) -> np.ndarray:
        # its axes are y, x, band and time
        return geomad.nangeomedian_pcm(np.ascontiguousarray(block), maxiters=1000, eps=0.1, num_threads=1)

    reduced = xr.apply_ufunc(
        of_block,
        xr.concat(bands, "band").astype(np.float32).chunk({"band": -1, "time": -1}),
        input_core_dims=[["band", "time"]],
        output_core_dims=[["band"]],
        dask="parallelized",
        output_dtypes=[np.float32],
    )
    return [reduced.isel(band=i) for i in range(len(bands))]


def write(mosaic: xr.DataArray, path: Path) -> None:
    """Writes a mosaic (band, y, x)."""
    mosaic.rio.write_nodata(0).rio.to_raster(
        path,
        driver="COG",
        compress="DEFLATE",
        level=1,
        predictor=2,
        num_threads="ALL_CPUS",
        overview_resampling="average",
    )


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
