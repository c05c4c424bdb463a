"""STAC items and catalogs as JSON, the same way for both programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pystac

from cloudless_mosaic.domain.scenes import Scene
from cloudless_mosaic.stac.assets import scene_links
from cloudless_mosaic.storage.documents import json_bytes


def item_json(
    item: pystac.Item,
    assets: Mapping[str, pystac.Asset],
    parents: Iterable[tuple[pystac.RelType, str]],
    scenes: Iterable[Scene],
    folder: Path,
) -> bytes:
    """An item with its assets and links, as JSON. The same arguments give the same bytes.

    Args:
        item: The item, without assets and links.
        assets: Assets by key, in the order of the document.
        parents: Relation and relative address of each document above the item.
        scenes: Scenes that the item is derived from.
        folder: Folder of the item; links to local scenes are relative to it.
    """
    for key, asset in assets.items():
        item.add_asset(key, asset)
    for relation, href in parents:
        item.add_link(pystac.Link(relation, href, pystac.MediaType.JSON))
    item.add_links(scene_links(scenes, folder))
    return json_bytes(document_of(item))


def document_of(stac_object: pystac.STACObject) -> dict[str, Any]:
    """A STAC object as a document: links stay as they are, without one to itself."""
    return stac_object.to_dict(include_self_link=False, transform_hrefs=False)
