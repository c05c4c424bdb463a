"""Errors of object stores and servers in words for users, and which of them last."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

from cloudless_mosaic.errors import AccessError, SourceError, TemporaryError
from cloudless_mosaic.net.environment.certificates import ADVICE
from cloudless_mosaic.net.environment.proxies import proxy_of, shown_proxies
from cloudless_mosaic.net.own_limits import own_limit
from cloudless_mosaic.net.redaction import redact

GUARD = "127.0.0.1:0"
"""Address of the proxy of requests to any host but the server's own; no connection to it succeeds."""

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
_ASKED = re.compile(r"https?://[^\s,\"]+")
_UNKNOWN_HOST = re.compile(
    r"Name or service not known|No address associated|nodename nor servname|No such host"
)
"""Lasting answers of name servers; without a network they say something else."""
_HEADERS = re.compile(
    r"MissingContentLength|InvalidLastModified|InvalidContentLength|MissingEtag|BadHeader|ContentRange"
)
_REDIRECT = re.compile(r"inner: Status \{\s*status: 3\d\d,|kind: Redirect,|source: BadScheme,")


def failure(href: str, error: BaseException) -> SourceError | TemporaryError:
    """The error for a read that failed: of what was read, or of this process, where it is at a limit.

    Args:
        href: What was read.
        error: Why it failed.
    """
    return own_limit(error) or lost(href, error)


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
    if "Connect" in text and (known := _about_connection(href, text)):
        return known
    return SourceError(f"{type(error).__name__} {' '.join(redact(text).split())[:200]}")


def wants_plain_web(error: BaseException) -> bool:
    """True where the object store can't read a response that may be correct, or may not follow a redirect."""
    text = str(error)
    return GUARD in text or any(pattern.search(text) for pattern in (_HEADERS, _REDIRECT))


def is_unknown_host(text: str) -> bool:
    """True where an error says that a host does not exist, False where its name can't be looked up now."""
    return _UNKNOWN_HOST.search(text) is not None


def unknown_host(host: str) -> AccessError:
    """The error for a server whose name no name server knows."""
    return AccessError(f"its server {host} can't be found; check the address, and AWS_ENDPOINT_URL for S3")


def _about_connection(href: str, text: str) -> SourceError | None:
    """A connection that failed for a reason that is known."""
    if "InvalidContentType" in text:
        # the first bytes of the response are no TLS
        bucket = href.startswith("s3://")
        way = "give the endpoint as http://HOST:PORT, or set AWS_HTTPS=NO" if bucket else "use http://"
        return AccessError(f"its server speaks no TLS on this port; {way}")
    asked = _ASKED.search(text)
    if asked and (proxy_of(asked[0]) or ("kind: Connect" in text and _PROXY.search(text))):
        return AccessError(f"the proxy in {shown_proxies()} can't be reached or refuses the connection")
    if is_unknown_host(text):
        return unknown_host(urlsplit(asked[0]).netloc if asked else urlsplit(href).netloc)
    if "Connection refused" in text:
        return SourceError("its server can't be reached: connection refused")
    return None


def _refusal(href: str, host: str, error: BaseException) -> str:
    status = 401 if isinstance(error, UnauthenticatedError) else 403
    if not href.startswith("s3://"):
        return f"{host} refuses access ({status})"
    return (
        f"bucket {host} refuses access ({status}); check the keys (AWS_ACCESS_KEY_ID or AWS_PROFILE), set "
        "AWS_REQUEST_PAYER=requester where the reader pays, or AWS_NO_SIGN_REQUEST=YES for a public bucket"
    )
