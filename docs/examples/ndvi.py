"""The mean NDVI of every month, computed where Dask is connected to.

``python docs/examples/ndvi.py [STAC_URL]`` uses DASK_SCHEDULER_ADDRESS, or a cluster on this computer.
"""

from __future__ import annotations

import os
import sys
from datetime import date

import xarray as xr
from distributed import Client

import cloudless_mosaic as cm


def monthly_ndvi(mosaics: xr.Dataset) -> xr.DataArray:
    """NDVI of shape (time, y, x), float32; NaN where a month has no clear observation."""
    clear = mosaics["count"] > 0
    red, nir = (mosaics[band].where(clear).astype("float32") for band in ("red", "nir"))
    return (nir - red) / (nir + red)


def autumn(stac_url: str | None = None) -> cm.MosaicRequest:
    """Three months east of Seattle."""
    return cm.MosaicRequest(
        start_date=date(2020, 10, 1),
        end_date=date(2020, 12, 31),
        aoi=cm.Aoi(-122.28, 47.54, -121.96, 47.75),
        bands=("red", "nir"),
        **({"stac_url": stac_url} if stac_url else {}),
    )


def main(stac_url: str | None = None) -> None:
    """Brings one number for every month back from the cluster."""
    with Client(os.environ.get("DASK_SCHEDULER_ADDRESS")):
        means = monthly_ndvi(cm.open_mosaics(autumn(stac_url))).mean(("y", "x")).compute()
    for month in means:
        print(f"{month.time.dt.strftime('%Y-%m').item()} {month.item():.5f}")  # noqa: T201 - an example


if __name__ == "__main__":  # the workers of a local cluster import this file
    main(*sys.argv[1:])
