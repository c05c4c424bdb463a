"""Variables that name data files of another installation of PROJ and GDAL.

The wheel of rasterio brings the data of its own PROJ and GDAL. Variables such as ``PROJ_DATA`` come before
them, and other programs set them (conda, QGIS, ArcGIS, PostGIS). With the database of another version, or
without one, codes such as EPSG:3857 are unknown.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

_FOLDERS = {"PROJ_DATA": "proj_data", "PROJ_LIB": "proj_data", "GDAL_DATA": "gdal_data"}
"""Variables, and the folders of rasterio's wheel that they stand for."""


def foreign_data_variables() -> tuple[str, ...]:
    """Variables that are set to another folder than that of rasterio's wheel.

    None where rasterio was not installed from a wheel: it then uses the libraries of the system or of conda,
    and the variables may belong to those.
    """
    named = [name for name in _FOLDERS if os.environ.get(name)]
    spec = find_spec("rasterio") if named else None
    if spec is None or spec.origin is None:
        return ()
    wheel = Path(spec.origin).parent
    return tuple(name for name in named if _is_foreign(Path(os.environ[name]), wheel / _FOLDERS[name]))


def ignore_foreign_data() -> None:
    """Removes such variables from this process; call it before GDAL is loaded."""
    for name in foreign_data_variables():
        del os.environ[name]


def _is_foreign(named: Path, own: Path) -> bool:
    try:
        return own.is_dir() and named.resolve() != own.resolve()
    except (OSError, RuntimeError):
        return True
