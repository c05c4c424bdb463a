"""A client connected to a scheduler, and how it is closed."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.net.redaction import redact

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

_CLOSING = 10.0
"""Seconds that closing the client may take."""

_ATTEMPTS = 3
"""Attempts in all; a scheduler that is starting closes connections."""

_PAUSE = 1.0
"""Seconds between them."""

Answer = TypeVar("Answer")

_LOGGERS = (
    "distributed",
    "distributed.client",
    "distributed.comm",
    "distributed.core",
    "tornado.application",
)


@dataclass(frozen=True, slots=True)
class Connection:
    """A connected cluster."""

    client: Client
    """Connected."""
    name: str
    """What messages call the cluster, without credentials."""
    dashboard: str
    """Address of the scheduler's dashboard for a browser; may be empty."""
    hint: str
    """Advice for messages when there are no workers."""


@contextmanager
def connect(
    address: str, name: str, hint: str, dashboard: str | None = None, security: Security | None = None
) -> Iterator[Connection]:
    """Connects to a scheduler; leaving the context leaves the cluster as it is.

    Args:
        address: Of the scheduler.
        name: See ``Connection``.
        hint: See ``Connection``.
        dashboard: See ``Connection``; ``None`` takes the one that the scheduler reports.
        security: How to encrypt, where the scheduler asks for it.

    Raises:
        UsageError: if the address can't be one.
        TemporaryError: if the scheduler does not answer.
    """
    from distributed import Client  # noqa: PLC0415 - a second that only runs on a cluster need
    from distributed.comm.addressing import get_address_host_port  # noqa: PLC0415 - as above

    try:
        get_address_host_port(address, strict=True)
    except ValueError as error:
        raise UsageError(
            f"{name} has no usable address ({error}); give for example tcp://host:8786"
        ) from None
    if address.startswith("tls://"):
        _require_certificates(name, security)
    # a lost connection is reported once, by an error of this package
    for logger in _LOGGERS:
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    try:
        client = ask(
            lambda: Client(address, security=security, set_as_default=False, name="cloudless-mosaic")
        )
    except (TypeError, ValueError, RuntimeError) as error:
        raise UsageError(
            f"{name} can't be connected to ({redact(str(error))[:150]}); check Dask's configuration"
        ) from None
    except OSError as error:
        if isinstance(error, FileNotFoundError | PermissionError | ssl.SSLError):
            raise _unreadable(name, error) from None
        raise TemporaryError(
            f"{name} does not answer ({type(error).__name__} {redact(str(error))[:150]}); is it running?"
        ) from None
    try:
        link = client.dashboard_link if dashboard is None else dashboard
        yield Connection(client, name, redact(link or ""), hint)
    finally:
        client.close(timeout=_CLOSING)


def _require_certificates(name: str, security: Security | None) -> None:
    """Refuses TLS without certificates, which Dask takes for a mistake of the caller.

    Raises:
        UsageError: if the configuration has none, or one that can't be read.
    """
    from distributed.security import Security as Known  # noqa: PLC0415 - as in connect

    try:
        settings = (security or Known()).get_connection_args("client")
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None
    if settings.get("ssl_context") is None:
        raise UsageError(
            f"{name} wants TLS, and Dask's configuration names no certificates; set "
            "distributed.comm.tls.ca-file and distributed.comm.tls.client in it"
        )


def _unreadable(name: str, error: Exception) -> UsageError:
    return UsageError(
        f"a certificate or key for {name} can't be read ({redact(str(error))[:150]}); check "
        "distributed.comm.tls in Dask's configuration"
    )


def ask(question: Callable[[], Answer]) -> Answer:
    """Calls a scheduler, and tries again where the connection is closed meanwhile.

    Args:
        question: The call.

    Raises:
        OSError: if connections are closed in every attempt, or the scheduler does not answer.
    """
    from distributed.comm.core import CommClosedError  # noqa: PLC0415 - as in connect

    for _ in range(_ATTEMPTS - 1):
        try:
            return question()
        except CommClosedError:
            time.sleep(_PAUSE)
    return question()
