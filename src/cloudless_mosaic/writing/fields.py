"""Names and marks that the writers of STAC documents and their reader share."""

CATALOG_ID = "cloudless-mosaic"
COLLECTION_ID = "monthly-mosaics"

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
