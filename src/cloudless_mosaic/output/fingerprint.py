"""What decides the bytes of a run's output, and its checksum: the same plan gives the same fingerprint."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cloudless_mosaic.domain.request import MosaicRequest, omitted_defaults
from cloudless_mosaic.domain.scenes import DroppedScene, Scene, SourceRaster
from cloudless_mosaic.planning.plan import CompositePlan
from cloudless_mosaic.stac.provenance import derived_from_href, run_parameters
from cloudless_mosaic.version import __version__

_MOST_NAMED = 3
"""Differences that a message names."""


def plan_record(plan: CompositePlan) -> dict[str, Any]:
    """Everything of a plan that decides the pixels of its output, as JSON has it.

    What only decides how the work is done (workers, blocks, shards), where it ends (folder) or when it fails
    (losses) is not in it. Addresses are without credentials, which change from one search to the next. Local
    files count from the folder that they have in common, wherever that is and whatever links lead to it.

    Args:
        plan: The run.
    """
    folder = _common_folder((*plan.scene_set.scenes, *plan.scene_set.spare))
    views = plan.request.reduction.scores_view

    def fields(scene: Scene) -> dict[str, Any]:
        return {**_scene_fields(scene, folder), **({"view": scene.view} if views else {})}

    spare = [[scene.id, _digest(fields(scene))] for scene in plan.scene_set.spare]
    return {
        "software": __version__,
        "parameters": run_parameters(plan),
        "grid": {
            "crs": str(plan.geobox.crs),
            "shape": list(plan.geobox.shape),
            "transform": list(plan.geobox.affine[:6]),
        },
        "scenes": [[scene.id, _digest(fields(scene))] for scene in plan.scene_set.scenes],
        **({"spare": spare} if spare else {}),
        "dropped": [[scene.id, _digest(_dropped_fields(scene))] for scene in plan.scene_set.dropped],
    }


def fingerprint(record: Mapping[str, Any]) -> str:
    """SHA-256 of a record, hexadecimal."""
    return _digest(record)


def differences(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    """In what two records differ, for people; the first that a user can do something about.

    Args:
        theirs: Record of an earlier plan, or as much of it as is known.
        ours: Record of this plan.
    """
    parameters = _changed_parameters(theirs.get("parameters"), ours["parameters"])
    if parameters:
        return parameters
    if "shard" in theirs and theirs["shard"] != ours["shard"]:
        return f"it is shard {_shown(theirs['shard'])} there and {_shown(ours['shard'])} here"
    if "grid" in theirs and theirs["grid"] != ours["grid"]:
        return "its grid is another"
    for kind in ("scenes", "spare", "dropped"):
        if kind in theirs and theirs[kind] != ours.get(kind, []):
            return _changed_scenes(theirs[kind], ours.get(kind, []))
    if theirs.get("software") not in {None, ours["software"]}:
        return f"it was made by version {theirs['software']}, this is {ours['software']}"
    return "the search gives other scenes"


def _changed_parameters(theirs: object, ours: Mapping[str, Any]) -> str:
    if not isinstance(theirs, Mapping):
        return "it doesn't say how it was made"
    defaults = omitted_defaults(MosaicRequest)
    before, now = {**defaults, **theirs}, {**defaults, **ours}
    changed = [
        f"{name} is {_shown(before.get(name))} there and {_shown(now.get(name))} here"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    more = len(changed) - _MOST_NAMED
    return ", ".join(changed[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, list | dict):
        return ",".join(map(str, value)) or "none"
    return str(value)


def _changed_scenes(theirs: list[list[str]], ours: list[list[str]]) -> str:
    """How many scenes came, went and changed since, with an example."""
    before, now = dict(theirs), dict(ours)
    kinds = {
        "new": [name for name in now if name not in before],
        "gone": [name for name in before if name not in now],
        "changed": [name for name in now if name in before and now[name] != before[name]],
    }
    counts = ", ".join(f"{len(names)} {kind}" for kind, names in kinds.items() if names)
    example = next((names[0] for names in kinds.values() if names), "")
    return f"the search gives other scenes ({counts}, {example} for example)" if counts else "scenes changed"


def _common_folder(scenes: Iterable[Scene]) -> Path:
    """The deepest folder that all local files of scenes are below; any folder where none is local."""
    hrefs = (
        href
        for scene in scenes
        for href in (scene.href, *(raster.href for raster in _rasters(scene).values()))
    )
    folders = {Path(href).absolute().parent for href in hrefs if href and not urlsplit(href).netloc}
    return Path(os.path.commonpath(folders)) if folders else Path()


def _rasters(scene: Scene) -> dict[str, SourceRaster]:
    return {**scene.rasters, **({"SCL": scene.scl} if scene.scl else {})}


def _scene_fields(scene: Scene, folder: Path) -> dict[str, Any]:
    """What of a scene decides pixels or is named in an item."""
    return {
        "collection": scene.collection,
        "datetime": scene.datetime.isoformat(),
        "overpass": scene.overpass,
        "footprint": scene.footprint.wkb_hex,
        "rasters": [
            [
                *(band, derived_from_href(raster.href, folder), raster.grid and astuple(raster.grid)),
                *([] if raster.pixels.is_of_product else [list(map(str, astuple(raster.pixels)))]),
            ]
            for band, raster in sorted(_rasters(scene).items())
        ],
        "offset": scene.offset,
        "offset_reason": scene.offset_reason,
        "href": derived_from_href(scene.href, folder),
    }


def _dropped_fields(scene: DroppedScene) -> list[str | None]:
    return [scene.datetime.isoformat() if scene.datetime else None, scene.reason]


def _digest(document: object) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
