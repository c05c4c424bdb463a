"""The catalog above those of several areas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pystac

from cloudless_mosaic.stac.documents import document_of
from cloudless_mosaic.stac.names import CATALOG

AREAS_ID = "cloudless-mosaic-areas"
"""Id of the catalog."""


def area_catalog(names: Sequence[str]) -> dict[str, Any]:
    """A catalog whose children are those of areas.

    Args:
        names: Folders of the areas, beside the catalog.
    """
    catalog = pystac.Catalog(
        id=AREAS_ID,
        title="Cloud-free Sentinel-2 mosaics of several areas",
        description=f"Cloud-free Sentinel-2 mosaics of {len(names)} areas: {', '.join(names)}.",
    )
    catalog.clear_links()
    links = [
        pystac.Link(pystac.RelType.CHILD, f"./{name}/{CATALOG}", pystac.MediaType.JSON, name)
        for name in names
    ]
    root = pystac.Link(pystac.RelType.ROOT, f"./{CATALOG}", pystac.MediaType.JSON)
    return document_of(catalog) | {"links": [link.to_dict(transform_href=False) for link in (root, *links)]}
