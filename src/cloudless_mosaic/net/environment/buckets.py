"""How the environment says that buckets of S3 are read: variables of AWS's tools and of GDAL, and profiles.

Sources: AWS SDKs and Tools Reference Guide (settings and their precedence), GDAL's ``/vsis3/``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.hosts import is_host
from cloudless_mosaic.net.redaction import quoted

_TRUE = frozenset({"1", "y", "yes", "t", "true", "on"})
_FALSE = frozenset({"0", "n", "no", "f", "false", "off"})
_FETCHED = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_METADATA_ENDPOINT",
)
"""Variables with which the object store fetches credentials by itself."""
_FETCHED_BY_PODS = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
"""Likewise, where all of them are set."""

_VENDOR_FILES = ("/sys/devices/virtual/dmi/id/sys_vendor", "/sys/devices/virtual/dmi/id/bios_vendor")
_INDIRECT = (
    *("role_arn", "sso_session", "sso_start_url", "login_session", "credential_process"),
    *("credential_source", "web_identity_token_file", "source_profile"),
)
"""Settings of profiles whose keys come from elsewhere."""


@dataclass(frozen=True, slots=True)
class BucketSettings:
    """How buckets are read where nothing else is said about them."""

    endpoint: str = ""
    """Address of the service, ``https://HOST[:PORT]``; empty for AWS itself."""
    virtual_hosting: bool | None = None
    """True where the bucket is a part of the host name; ``None`` leaves it to the endpoint."""
    region: str = ""
    """Region; empty where unknown."""
    anonymous: bool = False
    """True where requests are not signed."""
    requester_pays: bool = False
    """True where the account agrees to pay for the transfer."""
    access_key_id: str = field(default="", repr=False)
    """Key of the account; secret."""
    secret_access_key: str = field(default="", repr=False)
    """Its secret."""
    session_token: str = field(default="", repr=False)
    """Its token, where the key is a temporary one; secret."""
    missing: str = ""
    """Why requests can't be signed; empty where they can, or need not be."""

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """The settings of this process.

        Args:
            environment: Environment variables; by default those of the process.

        Raises:
            UsageError: if a variable or a profile is unusable.
        """
        variables = os.environ if environment is None else environment
        profile = _Profile.of(variables)
        anonymous = _flag(variables, "AWS_NO_SIGN_REQUEST") or _flag(variables, "AWS_SKIP_SIGNATURE")
        keys = _keys(variables, profile)
        virtual = _flag(variables, "AWS_VIRTUAL_HOSTING")
        if virtual is None:
            virtual = _flag(variables, "AWS_VIRTUAL_HOSTED_STYLE_REQUEST")
        if virtual is None:
            virtual = {"virtual": True, "path": False}.get(profile.nested("s3", "addressing_style"))
        payer = variables.get("AWS_REQUEST_PAYER", "").strip().lower()
        if payer and payer not in {"requester", *_TRUE, *_FALSE}:
            raise UsageError(f"AWS_REQUEST_PAYER must be requester, got {quoted(payer)}; correct or unset it")
        return cls(
            endpoint=_endpoint(variables, profile),
            virtual_hosting=virtual,
            region=_first(variables, "AWS_REGION", "AWS_DEFAULT_REGION") or profile.get("region"),
            anonymous=bool(anonymous),
            requester_pays=payer == "requester" or payer in _TRUE,
            access_key_id=keys[0],
            secret_access_key=keys[1],
            session_token=keys[2],
            missing="" if anonymous or keys[0] else _missing(variables, profile),
        )


@dataclass(frozen=True, slots=True)
class _Profile:
    """A profile of AWS's tools: its values in ``~/.aws/credentials`` and ``~/.aws/config``."""

    name: str
    values: Mapping[str, str]
    services: str = ""

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Self:
        chosen = _first(variables, "AWS_PROFILE", "AWS_DEFAULT_PROFILE")
        name = chosen or "default"
        config = _parse(_first(variables, "AWS_CONFIG_FILE") or "~/.aws/config")
        secret = _parse(_first(variables, "AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials")
        section = name if name == "default" else f"profile {name}"
        found = [
            parser[one] for parser, one in ((config, section), (secret, name)) if parser.has_section(one)
        ]
        if chosen and not found:
            raise UsageError(
                f"AWS_PROFILE is {quoted(chosen)}, which ~/.aws has no profile of; correct or unset it"
            )
        values = {key: value.strip() for one in found for key, value in one.items()}
        services = f"services {values.get('services', '')}"
        kept = config[services].get("s3", "") if config.has_section(services) else ""
        return cls(name, values, kept)

    def get(self, key: str) -> str:
        return self.values.get(key, "")

    def nested(self, key: str, inner: str) -> str:
        """A value of an indented block, such as ``s3 =`` with ``addressing_style`` under it."""
        return _indented(self.get(key), inner)

    @property
    def endpoint(self) -> str:
        return _indented(self.services, "endpoint_url") or self.get("endpoint_url")


def _indented(block: str, key: str) -> str:
    pairs = (line.partition("=") for line in block.splitlines())
    return next((value.strip() for name, _, value in pairs if name.strip() == key), "")


def _parse(path: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, default_section="", strict=False)
    try:
        parser.read(Path(path).expanduser(), encoding="utf-8")
    except (ConfigError, UnicodeError, OSError, RuntimeError):
        raise UsageError(f"{path} is not a readable configuration of AWS's tools; correct it") from None
    return parser


def _first(variables: Mapping[str, str], *names: str) -> str:
    return next((variables[name].strip() for name in names if variables.get(name, "").strip()), "")


def _flag(variables: Mapping[str, str], name: str) -> bool | None:
    """The value of a variable that is yes or no; ``None`` where it is not set."""
    value = variables.get(name, "").strip().lower()
    if not value:
        return None
    if value not in _TRUE | _FALSE:
        raise UsageError(f"{name} must be YES or NO, got {quoted(value)}")
    return value in _TRUE


def _endpoint(variables: Mapping[str, str], profile: _Profile) -> str:
    names = ("AWS_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    address = _first(variables, *names) or profile.endpoint
    if address and "://" not in address:
        # as GDAL has it: a host, and the scheme in a variable of its own
        secure = _flag(variables, "AWS_HTTPS")
        address = f"{'http' if secure is False else 'https'}://{address}"
    if address and not address.startswith(("http://", "https://")):
        raise UsageError(
            f"the endpoint of S3 must be http:// or https://, got {quoted(address.partition(':')[0])}"
        )
    if address and not _is_server(address):
        shown = quoted(address.rpartition("@")[2].partition("?")[0])
        raise UsageError(
            f"the endpoint of S3 is {shown}, which is no address of a server; give https://HOST or "
            "https://HOST:PORT, without user name and query"
        )
    return address.rstrip("/")


def _is_server(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    return is_host(parts.hostname or "") and "@" not in parts.netloc and not parts.query


def _keys(variables: Mapping[str, str], profile: _Profile) -> tuple[str, str, str]:
    """Key, secret and session token: those of the environment, else those of the profile."""
    key, secret = _first(variables, "AWS_ACCESS_KEY_ID"), _first(variables, "AWS_SECRET_ACCESS_KEY")
    if key and secret:
        return key, secret, _first(variables, "AWS_SESSION_TOKEN", "AWS_TOKEN")
    key, secret = profile.get("aws_access_key_id"), profile.get("aws_secret_access_key")
    return (key, secret, profile.get("aws_session_token")) if key and secret else ("", "", "")


def _missing(variables: Mapping[str, str], profile: _Profile) -> str:
    """What is missing for signed requests; empty where the object store fetches credentials by itself."""
    fetched = _first(variables, *_FETCHED) or all(_first(variables, name) for name in _FETCHED_BY_PODS)
    if fetched or (_on_ec2() and not _flag(variables, "AWS_EC2_METADATA_DISABLED")):
        return ""
    indirect = next((name for name in _INDIRECT if profile.get(name)), "")
    if indirect:
        return (
            f"profile {profile.name} of AWS gets its keys by {indirect}, which is not read here; "
            f"put them into the environment: aws configure export-credentials --profile {profile.name}"
        )
    lacking = [name for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if not _first(variables, name)]
    return (
        f"no credentials for S3: set {' and '.join(lacking)}, or AWS_PROFILE; for a public bucket "
        "AWS_NO_SIGN_REQUEST=YES"
    )


def _on_ec2() -> bool:
    """True on a virtual machine of AWS, the only place where its metadata service answers."""
    for path in _VENDOR_FILES:
        try:
            if "amazon" in Path(path).read_text(encoding="ascii", errors="replace").lower():
                return True
        except OSError:
            continue
    return False
