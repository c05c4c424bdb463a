"""Certificates of authorities that are trusted: those the environment names, and those of the system."""

from __future__ import annotations

import os
import re
import ssl
from functools import lru_cache
from pathlib import Path

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.redaction import quoted

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_CA_BUNDLE")
"""Variables that name a file in PEM, or a folder of such files; any of them serves every request."""

ADVICE = f"set {CA_VARIABLES[2]} to a file (PEM) with the certificate of the authority that signed it"
"""What to do about a certificate that is not trusted."""

_SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where distributions of Linux keep the system's store (Go, ``crypto/x509/root_linux.go``)."""

_CERTIFICATE = re.compile(
    r"-----BEGIN (?:TRUSTED )?CERTIFICATE-----.*?-----END (?:TRUSTED )?CERTIFICATE-----", re.DOTALL
)
_REFUSED = re.compile(r"certificate verify failed|doesn't match", re.IGNORECASE)
_NO_TLS = re.compile("WRONG_VERSION_NUMBER|record layer")
_LARGEST = 16 * 2**20
"""Bytes of the largest file of certificates that is read."""


def refuses_certificate(error: BaseException) -> bool:
    """True for an error of TLS about the server's certificate, False for one of any other kind.

    A port that speaks no TLS, for example, has no certificate that could be trusted.
    """
    return _REFUSED.search(str(error)) is not None


def speaks_no_tls(error: BaseException) -> bool:
    """True for an error of TLS because the port speaks another protocol, such as plain http."""
    return _NO_TLS.search(str(error)) is not None


def is_lasting_fault_of_tls(error: BaseException) -> bool:
    """True for an error that the next attempt has as well."""
    return refuses_certificate(error) or speaks_no_tls(error)


def named_certificates() -> str:
    """The certificates that the environment names, PEM; empty where it names none.

    Raises:
        UsageError: if a variable names no file or folder with certificates.
    """
    return _named(_variables())


def object_store_certificates() -> str:
    """Certificates that the object store lacks, PEM; empty where it needs none.

    The object store knows the system's store and fails without one, as in small containers.

    Raises:
        UsageError: as ``named_certificates``.
    """
    named = named_certificates()
    if _system_file() is None and not ssl.create_default_context().get_ca_certs():
        import certifi  # noqa: PLC0415 - rarely needed

        return f"{named}\n{Path(certifi.where()).read_text(encoding='ascii')}"
    return named


def trusting_context() -> ssl.SSLContext:
    """A context for TLS that trusts the system's store and the certificates that the environment names.

    Raises:
        UsageError: as ``named_certificates``.
    """
    return _context(_variables())


@lru_cache(maxsize=8)
def _context(variables: tuple[tuple[str, str], ...]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    # authorities of companies often lack an extension of RFC 5280; other clients don't ask for it
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if system := _system_file():
        context.load_verify_locations(cafile=system)
    if named := _named(variables):
        context.load_verify_locations(cadata=named)
    return context


def _variables() -> tuple[tuple[str, str], ...]:
    return tuple((name, os.environ.get(name, "").strip()) for name in CA_VARIABLES)


@lru_cache(maxsize=8)
def _named(variables: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(_read(name, value) for name, value in variables if value)


def _read(name: str, value: str) -> str:
    """The certificates that one variable names."""
    found: list[str] = []
    places = [Path(one) for one in (value.split(os.pathsep) if name == "SSL_CERT_DIR" else [value]) if one]
    # as OpenSSL has it, a list may name folders that don't exist
    there = [place for place in places if place.exists()] or places
    for place in there:
        files = sorted(place.iterdir()) if place.is_dir() else [place]
        for file in files:
            found += _certificates(name, file, required=not place.is_dir())
    if not found:
        raise UsageError(f"{name} is {quoted(value)}, which holds no certificate in PEM; correct or unset it")
    return "\n".join(dict.fromkeys(found))


def _certificates(name: str, file: Path, *, required: bool) -> list[str]:
    try:
        if not required and not file.is_file():
            return []
        with file.open(encoding="utf-8", errors="replace") as stream:
            found = [str(one) for one in _CERTIFICATE.findall(stream.read(_LARGEST))]
        if found:
            ssl.create_default_context(cadata="\n".join(found))
    except OSError as error:
        if not required and not isinstance(error, ssl.SSLError):
            return []
        words = "not a valid certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise UsageError(f"{name} names {quoted(str(file))}: {words}; correct or unset it") from None
    return found


def _system_file() -> str | None:
    default = ssl.get_default_verify_paths().openssl_cafile
    return next((path for path in (*_SYSTEM_FILES, default) if Path(path).is_file()), None)
