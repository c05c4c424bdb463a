"""The configuration of the object store for a bucket of S3."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.environment.buckets import BucketSettings
from cloudless_mosaic.net.hosts import is_address

if TYPE_CHECKING:
    from obstore.store import S3Config


def s3_config(bucket: str, access: StorageAccess | None) -> S3Config:
    """What a profile says about a bucket, and for the rest what the environment says.

    Args:
        bucket: Name of the bucket.
        access: How the profile of the provider says that it is read.

    Raises:
        UsageError: if the environment is unusable, or requests have to be signed and nothing can sign them.
    """
    settings = BucketSettings.of_environment()
    own = access or StorageAccess(place=bucket, region="us-east-1")
    anonymous = own.anonymous or (settings.anonymous and not own.requester_pays)
    if settings.missing and not anonymous:
        raise UsageError(f"bucket {bucket} can't be read: {settings.missing}")
    config: S3Config = {"skip_signature": anonymous}
    region = (access.region if access else "") or settings.region
    if region:
        config["region"] = region
    if own.requester_pays or (settings.requester_pays and not anonymous):
        config["request_payer"] = True
    if not anonymous and settings.access_key_id:
        config["access_key_id"] = settings.access_key_id
        config["secret_access_key"] = settings.secret_access_key
        if settings.session_token:
            config["session_token"] = settings.session_token
    return {**config, **_address(bucket, own.endpoint, settings)}


def _address(bucket: str, own_endpoint: str, settings: BucketSettings) -> S3Config:
    """Where requests go: the endpoint, and whether the bucket is a part of the host name."""
    endpoint = (own_endpoint or settings.endpoint).rstrip("/")
    # path-style for the endpoint of a profile, as documented there
    virtual = False if own_endpoint else settings.virtual_hosting
    config: S3Config = {}
    if virtual is not None or endpoint:
        config["virtual_hosted_style_request"] = bool(virtual)
    if endpoint:
        if virtual:
            parts = urlsplit(endpoint)
            if is_address(parts.hostname or ""):
                raise UsageError(
                    "AWS_VIRTUAL_HOSTING puts the bucket before the host name of the endpoint, but "
                    f"{parts.hostname} is an address; unset it, or give the endpoint by name"
                )
            endpoint = f"{parts.scheme}://{bucket}.{parts.netloc}{parts.path}"
        # "endpoint" would lose against the variable of this name
        config["aws_endpoint_url_s3"] = endpoint
    return config
