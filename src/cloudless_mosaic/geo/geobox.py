"""odc-geo's GeoBox, without Dask.

odc-geo loads Dask for the sake of one function, which tells Dask's arrays from others. That would be a fourth
of the time that all imports of a run take. An array can't be Dask's before somebody has loaded Dask, so the
question has an answer without it.
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
    """Loads the module that asks before the package that it's a part of; a later one may have no such."""
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

from odc.geo.geobox import GeoBox  # noqa: E402 - that's what it is all for

__all__ = ["GeoBox"]
