"""Errors of object stores and servers in words for users, and which of them last."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

from cloudless_mosaic.errors import AccessError, SourceError
from cloudless_mosaic.net.environment.certificates import ADVICE
from cloudless_mosaic.net.environment.proxies import shown_proxies
from cloudless_mosaic.net.redaction import redact

_CERTIFICATE = re.compile(r"InvalidCertificate\(\s*([A-Za-z]+)")
_KINDS = {
    "UnknownIssuer": "signed by an authority that is not trusted here",
    "Expired": "expired",
    "ExpiredContext": "expired",
    "NotValidYet": "not valid yet",
    "NotValidForName": "of another host",
    "NotValidForNameContext": "of another host",
    "CaUsedAsEndEntity": "that of an authority, not of a server",
}
_PROXY = re.compile(r"tunnel|proxy", re.IGNORECASE)
_HEADERS = re.compile(
    r"MissingContentLength|InvalidLastModified|InvalidContentLength|MissingEtag|BadHeader|ContentRange"
)


def lost(href: str, error: BaseException) -> SourceError:
    """The error for a read that failed: with the href, without credentials.

    Args:
        href: What was read.
        error: Why it failed, as the object store, the operating system or this package says it.
    """
    if not isinstance(error, SourceError):
        error = explained(href, error)
    words, shown = " ".join(redact(str(error)).split())[:300], redact(href)
    return type(error)(words if words.startswith(shown) else f"{shown} can't be read: {words}")


def explained(href: str, error: BaseException) -> SourceError:
    """A failure of the object store as a ``SourceError``: an ``AccessError`` where it lasts."""
    text, host = str(error), urlsplit(href).netloc
    if certificate := _CERTIFICATE.search(text):
        kind = _KINDS.get(certificate[1], f"not valid ({certificate[1]})")
        return AccessError(f"the certificate of its server is {kind}; {ADVICE}")
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return AccessError(_refusal(href, host, error))
    if href.startswith("s3://") and "without LOCATION" in text:
        return AccessError(f"bucket {host} is in another region; set AWS_REGION to it")
    if "kind: Connect" in text and _PROXY.search(text):
        return AccessError(f"the proxy in {shown_proxies()} can't be reached or refuses the connection")
    return SourceError(f"{type(error).__name__} {' '.join(redact(text).split())[:200]}")


def has_odd_headers(error: BaseException) -> bool:
    """True where the object store can't read the headers of a response that may be correct."""
    return _HEADERS.search(str(error)) is not None


def _refusal(href: str, host: str, error: BaseException) -> str:
    status = 401 if isinstance(error, UnauthenticatedError) else 403
    if not href.startswith("s3://"):
        return f"{host} refuses access ({status})"
    return (
        f"bucket {host} refuses access ({status}); check the keys (AWS_ACCESS_KEY_ID or AWS_PROFILE), set "
        "AWS_REQUEST_PAYER=requester where the reader pays, or AWS_NO_SIGN_REQUEST=YES for a public bucket"
    )
