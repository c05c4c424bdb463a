"""The burned area of the published application, on this machine: ``burned.py ORDER``.

Both scenes are stacked lazily, the normalized burn ratio of each is computed, and their difference written.
There is no cloud mask, and the radiometric offset of newer scenes stays in.

An order is ``tuned`` or not: chunks and options of the file are the published ones, or those that we found
fastest.
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

PUBLISHED = {"blocksize": 256, "overview_resampling": "nearest"}
TUNED = {"level": 1, "predictor": 3, "num_threads": "ALL_CPUS", "overview_resampling": "average"}


def main(order: dict[str, Any]) -> None:
    """Makes the map of an order."""
    items = [pystac.Item.from_file(path) for path in (order["before"], order["after"])]
    stack = stackstac.stack(
        items,
        assets=["B08", "B12"],
        epsg=order["epsg"],
        bounds=order["bounds"],
        resolution=order["resolution"],
        chunksize=2048 if order["tuned"] else 1024,
        # else they are corners, and the file lies half a pixel off
        xy_coords="center",
    )
    nir, swir = stack.sel(band="B08"), stack.sel(band="B12")
    ratio = (nir - swir) / (nir + swir)
    change = (ratio.isel(time=0) - ratio.isel(time=1)).astype(np.float32).compute()
    plain = xr.DataArray(change.values, dims=("y", "x"), coords={"y": change.y, "x": change.x})
    plain.rio.write_crs(order["epsg"]).rio.write_nodata(np.nan).rio.to_raster(
        Path(order["output"]) / "bai.tif",
        driver="COG",
        compress="DEFLATE",
        **(TUNED if order["tuned"] else PUBLISHED),
    )


if __name__ == "__main__":
    with LocalCluster(processes=False, dashboard_address=None) as cluster, Client(cluster):
        main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
