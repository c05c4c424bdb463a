"""odc-geo's GeoBox, without Dask.

odc-geo imports Dask for one function that recognises Dask arrays, which would take a quarter of the import
time of a run. An array can be a Dask array only once Dask has been imported, so it need not be imported.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

_INTEROP = "odc.geo._interop"


def _is_dask_collection(thing: object) -> bool:
    dask = sys.modules.get("dask")
    return dask is not None and bool(dask.is_dask_collection(thing))


def _load_interop() -> None:
    """Loads ``odc.geo._interop`` before its package; later versions of odc-geo may not have it."""
    odc = find_spec("odc")
    for folder in (odc and odc.submodule_search_locations) or ():
        path = Path(folder, "geo", "_interop.py")
        spec = spec_from_file_location(_INTEROP, path) if path.is_file() else None
        if spec and spec.loader:
            module = module_from_spec(spec)
            sys.modules[_INTEROP] = module
            spec.loader.exec_module(module)
            module.is_dask_collection = _is_dask_collection  # type: ignore[attr-defined]
            return


if _INTEROP not in sys.modules and "dask" not in sys.modules:
    _load_interop()

from odc.geo.geobox import GeoBox  # noqa: E402 - after the module above

__all__ = ["GeoBox"]
