"""The algorithm of the published application, on this machine: ``run.py ORDER``.

Scenes are stacked lazily, everything above zero is taken for valid, the stack is persisted, each month's
median is computed and written. There is no cloud mask, and the radiometric offset of newer scenes stays in.
Chunks and options of the files are the published ones.

Scenes are cut to the AOI unless the order is for ``whole_scenes``, as the published application leaves them.
It writes only a picture of 8 bits; here the medians are written.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import rioxarray  # noqa: F401 - gives arrays their .rio
import stackstac
import xarray as xr
from dask.distributed import Client, LocalCluster

CHUNKS = (10, 3, 512, 512)
"""Dates, bands, rows and columns of a chunk."""


def main(order: dict[str, Any]) -> None:
    """Makes the mosaics of an order."""
    items = pystac.ItemCollection.from_file(order["items"])
    stack = stackstac.stack(
        items,
        assets=order["assets"],
        epsg=order["epsg"],
        resolution=order["resolution"],
        bounds_latlon=None if order["whole_scenes"] else order["aoi"],
        chunksize=CHUNKS,
    )
    stack = stack.where(stack > 0).persist()
    for month, mosaic in stack.groupby("time.month").median(dim="time").groupby("month"):
        label = f"{order['months'][0][:4]}-{month:02d}"
        write(mosaic.squeeze("month", drop=True), order["epsg"], Path(order["output"]) / f"{label}.tif")


def write(mosaic: xr.DataArray, epsg: int, path: Path) -> None:
    """Writes a mosaic (band, y, x) of floats, NaN where nothing is."""
    whole = mosaic.round().fillna(0).astype(np.uint16).compute()
    whole = xr.DataArray(whole.values, dims=("band", "y", "x"), coords={"y": whole.y, "x": whole.x})
    whole.rio.write_crs(epsg).rio.write_nodata(0).rio.to_raster(
        path,
        driver="COG",
        compress="DEFLATE",
        blocksize=256,
        overview_resampling="nearest",
    )


if __name__ == "__main__":
    with LocalCluster(processes=False, dashboard_address=None) as cluster, Client(cluster):
        main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
