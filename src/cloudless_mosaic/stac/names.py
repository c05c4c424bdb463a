"""Names of files and of STAC fields that the writers of STAC documents and their readers share."""

from __future__ import annotations

CATALOG_ID = "cloudless-mosaic"

PREFIX = "cloudless_mosaic:"
"""Of the fields that are this program's own."""

PLAN = f"{PREFIX}plan"
"""Fingerprint of the plan that a document belongs to."""

SHARD = f"{PREFIX}shard"
"""The part of the plan that a catalog lists; all of it where there is no such field."""

PARAMETERS = f"{PREFIX}parameters"
"""What was asked for."""

SHA256 = "1220"
"""Head of a SHA-256 multihash: its code and its length, 32 bytes."""

CATALOG = "catalog.json"
COLLECTION = "collection.json"
ITEMS = "items.parquet"
"""All items in one table (stac-geoparquet), where it was asked for."""
