"""Local archives stand in for public catalogues, so that examples run as they are written.

Python imports this module at its start when its folder is on PYTHONPATH. STAND_INS holds, as JSON, addresses
of STAC APIs or of single items, and the local catalogs and items that answer in their place; everything else
of a run is the real thing.
"""

import json
import os
from dataclasses import replace

try:
    from cloudless_mosaic import pipeline
    from cloudless_mosaic.burned import pair
except ImportError:  # not installed yet
    pipeline = pair = None

LOCAL = json.loads(os.environ.get("STAND_INS", "{}"))


def _catalog(find_scenes):
    def find(request, *rest, **options):
        local = LOCAL.get(request.stac_url, request.stac_url)
        return find_scenes(replace(request, stac_url=local), *rest, **options)

    return find


def _item(load_scene):
    def find(location, *rest):
        return load_scene(LOCAL.get(location, location), *rest)

    return find


if pipeline:
    pipeline.find_scenes = _catalog(pipeline.find_scenes)
    pair.load_scene = _item(pair.load_scene)
