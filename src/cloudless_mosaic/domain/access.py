"""How storage is read that needs more than its address: buckets of S3, and web servers that want tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cloudless_mosaic.errors import UsageError

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(:[0-9]{1,5})?", re.ASCII)
_AZURE = re.compile(r"[a-z0-9]{3,24}\.blob\.core\.windows\.net", re.ASCII)
_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_FIELDS = ("region", "endpoint", "anonymous", "requester_pays", "signer")

PLANETARY_COMPUTER, BEARER = "planetary-computer", "bearer"
SIGNERS = (PLANETARY_COMPUTER, BEARER)
"""What signs requests to web servers: tokens of the Planetary Computer's service for containers of Azure, and
a token from ``TOKEN_VARIABLE``."""

TOKEN_VARIABLE = "CLOUDLESS_MOSAIC_TOKEN"  # noqa: S105 - its name, not its value
"""Environment variable with the token that ``bearer`` sends. A profile can't name another, or it could have
other secrets sent to a server of its choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageAccess:
    """Where storage is and how requests to it are made. Holds no secret; small to pickle.

    What a field of a bucket leaves open comes from the environment (``AWS_...``), as for every other bucket.

    Raises:
        UsageError: if a field is unusable; the message names it.
    """

    place: str
    """Name of a bucket, whose hrefs begin with ``s3://`` and this name; with a signer, host (and port) of a
    web server, whose hrefs begin with ``https://`` and this."""
    region: str = ""
    """Region of the bucket, for example ``eu-central-1``."""
    endpoint: str = ""
    """Address of the service, ``https://HOST[:PORT]``; requests are path-style. Empty for AWS itself."""
    anonymous: bool = False
    """True for a public bucket: requests are not signed."""
    requester_pays: bool = False
    """True where the bucket is read only by accounts that agree to pay for the transfer."""
    signer: str = ""
    """What signs requests to a web server, one of ``SIGNERS``; empty for a bucket."""

    def __post_init__(self) -> None:
        label = f"access.{self.place}"
        if self.signer:
            self._check_signer(label)
            return
        if not isinstance(self.place, str) or not _BUCKET.fullmatch(self.place):
            raise UsageError(f"access has {self.place!r}, which is not the name of a bucket")
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

    def _check_signer(self, label: str) -> None:
        if self.signer not in SIGNERS:
            raise UsageError(
                f"{label}.signer must be one of {', '.join(SIGNERS)}, got {str(self.signer)[:40]!r}; buckets "
                "of S3 need none, their keys come from the environment"
            )
        given = [name for name in _FIELDS[:-1] if getattr(self, name)]
        if given:
            raise UsageError(f"{label} has {given[0]}, which is of buckets, and a signer; give one of them")
        if not isinstance(self.place, str) or not _HOST.fullmatch(self.place):
            raise UsageError(f"access has {self.place!r}, which is not the host of a web server")
        if self.signer == PLANETARY_COMPUTER and not _AZURE.fullmatch(self.place):
            raise UsageError(
                f"{label}.signer {self.signer} is for ACCOUNT.blob.core.windows.net, not for {self.place!r}"
            )

    def holds(self, href: str) -> bool:
        """True for an href of this storage."""
        parts = urlsplit(href)
        if not self.signer:
            return parts.scheme == "s3" and parts.netloc == self.place
        return parts.scheme in {"https", "http"} and parts.netloc.lower() == self.place.lower()


PLANETARY_COMPUTER_STORAGE = StorageAccess(
    place="sentinel2l2a01.blob.core.windows.net", signer=PLANETARY_COMPUTER
)
"""Where the Planetary Computer keeps its Sentinel-2 files. Holds for every run, since items that were saved
name these files, too."""


def parse_access(table: object) -> tuple[StorageAccess, ...]:
    """The access to storage from the table ``access`` of a profile, in the order of their names.

    Args:
        table: Fields of ``StorageAccess`` by the name of the bucket or host.

    Raises:
        UsageError: if a field is unknown or unusable; the message names it.
    """
    if not isinstance(table, Mapping):
        raise UsageError(
            "access must be a table with one table for each bucket or host, such as [access.my-bucket]"
        )
    return tuple(_parse_place(place, table[place]) for place in sorted(table, key=str))


def _parse_place(place: str, fields: object) -> StorageAccess:
    if not isinstance(fields, Mapping):
        raise UsageError(f"access.{place} must be a table with {', '.join(_FIELDS)}")
    unknown = sorted(set(map(str, fields)) - set(_FIELDS))
    if unknown:
        raise UsageError(f"unknown field {unknown[0]!r} in access.{place}; it has {', '.join(_FIELDS)}")
    given: dict[str, Any] = dict(fields)
    return StorageAccess(place=place, **given)


def access_to(href: str, access: tuple[StorageAccess, ...]) -> StorageAccess | None:
    """The access to the storage of an href; ``None`` where nothing is said about it."""
    return next((one for one in (*access, PLANETARY_COMPUTER_STORAGE) if one.holds(href)), None)


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
