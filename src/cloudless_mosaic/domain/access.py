"""How to read a bucket of S3 that differs from what the environment says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cloudless_mosaic.errors import UsageError

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}", re.ASCII)
_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_FIELDS = ("region", "endpoint", "anonymous", "requester_pays")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAccess:
    """Where a bucket is and how requests to it are made. Holds no secret; small to pickle.

    What a field leaves open comes from the environment (``AWS_...``), as for every other bucket.

    Raises:
        UsageError: if a field is unusable; the message names it.
    """

    bucket: str
    """Name of the bucket: hrefs begin with ``s3://`` and this name."""
    region: str = ""
    """Region of the bucket, for example ``eu-central-1``."""
    endpoint: str = ""
    """Address of the service, ``https://HOST[:PORT]``; requests are path-style. Empty for AWS itself."""
    anonymous: bool = False
    """True for a public bucket: requests are not signed."""
    requester_pays: bool = False
    """True where the bucket is read only by accounts that agree to pay for the transfer."""

    def __post_init__(self) -> None:
        label = f"access.{self.bucket}"
        if not isinstance(self.bucket, str) or not _BUCKET.fullmatch(self.bucket):
            raise UsageError(f"access has {self.bucket!r}, which is not the name of a bucket")
        if not isinstance(self.region, str) or (self.region and not _REGION.fullmatch(self.region)):
            raise UsageError(
                f"{label}.region must be the name of a region such as eu-central-1, got {self.region!r}"
            )
        if self.endpoint and not _is_endpoint(self.endpoint):
            raise UsageError(
                f"{label}.endpoint must be an address https://HOST or https://HOST:PORT without user name, "
                f"path and query, got {_shown(self.endpoint)}"
            )
        for name in ("anonymous", "requester_pays"):
            if not isinstance(getattr(self, name), bool):
                raise UsageError(f"{label}.{name} must be true or false, got {getattr(self, name)!r}")
        if self.anonymous and self.requester_pays:
            raise UsageError(
                f"{label} is anonymous and requester_pays, but an unsigned request can't be billed; "
                "give one of them"
            )
        if not (self.region or self.endpoint or self.anonymous or self.requester_pays):
            raise UsageError(f"{label} is empty; give {', '.join(_FIELDS[:-1])} or {_FIELDS[-1]}")


def parse_access(table: object) -> tuple[BucketAccess, ...]:
    """The access to buckets from the table ``access`` of a profile, in the order of their names.

    Args:
        table: Fields of ``BucketAccess`` by the name of the bucket.

    Raises:
        UsageError: if a field is unknown or unusable; the message names it.
    """
    if not isinstance(table, Mapping):
        raise UsageError("access must be a table with one table for each bucket, such as [access.my-bucket]")
    return tuple(_parse_bucket(bucket, table[bucket]) for bucket in sorted(table, key=str))


def _parse_bucket(bucket: str, fields: object) -> BucketAccess:
    if not isinstance(fields, Mapping):
        raise UsageError(f"access.{bucket} must be a table with {', '.join(_FIELDS)}")
    unknown = sorted(set(map(str, fields)) - set(_FIELDS))
    if unknown:
        raise UsageError(f"unknown field {unknown[0]!r} in access.{bucket}; it has {', '.join(_FIELDS)}")
    given: dict[str, Any] = dict(fields)
    return BucketAccess(bucket=bucket, **given)


def access_to(href: str, access: tuple[BucketAccess, ...]) -> BucketAccess | None:
    """The access to the bucket of an href; ``None`` where nothing is said about it."""
    if not access or not href.startswith("s3://"):
        return None
    bucket = urlsplit(href).netloc
    return next((one for one in access if one.bucket == bucket), None)


def _is_endpoint(text: object) -> bool:
    if not isinstance(text, str) or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    rest = parts.path in {"", "/"} and not parts.query and not parts.fragment and "@" not in parts.netloc
    return parts.scheme in {"http", "https"} and bool(host) and rest


def _shown(endpoint: object) -> str:
    """An endpoint for a message, without user name, password and query."""
    if not isinstance(endpoint, str):
        return repr(endpoint)
    return repr(endpoint.rpartition("@")[2].partition("?")[0][:80])
