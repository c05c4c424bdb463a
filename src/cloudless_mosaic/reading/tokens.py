"""Tokens of the Planetary Computer: fetched once per container and process, renewed before they expire.

The token service issues an Azure SAS for reading one container of one storage account. It is valid for about
45 minutes inside Azure and for a day elsewhere. The service throttles, and has issued tokens that had already
expired.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cloudless_mosaic.errors import AccessError, SourceError
from cloudless_mosaic.net.deadline import run_within
from cloudless_mosaic.net.environment.certificates import ADVICE, refuses_certificate
from cloudless_mosaic.net.own_limits import own_limit
from cloudless_mosaic.net.retry import random_factor
from cloudless_mosaic.reading.settings import TOKEN_RETRY

SERVICE = "https://planetarycomputer.microsoft.com/api/sas/v1/token"
"""Where tokens come from; ``PC_SDK_SAS_URL`` overrides it, as in the provider's own library."""

_MARGIN = 300.0
"""Seconds before its expiry at which a token is renewed; half of its life for a short-lived one."""
_EXCHANGE = 60.0
"""Seconds for one request to the service, however slowly its response arrives."""
_FAILURE_LIFE = 30.0
"""Seconds for which a failure is the answer to every further request for the same token."""
_LARGEST_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Token:
    """A token for reading one container."""

    query: str = field(repr=False)
    """Query string that makes an address readable; secret."""
    life: float
    """Seconds that it lives, counted from when it was fetched."""
    renewal: float
    """When to fetch the next one, by the process's monotonic clock."""


class TokenBroker:
    """The tokens of this process. Thread-safe: the first thread that needs a token fetches it for all."""

    def __init__(self, service: str = "", sleep: Callable[[float], None] = time.sleep) -> None:
        """Sends no request yet.

        Args:
            service: Address of the token service; by default that of the environment, else the provider's.
            sleep: Waits between attempts.
        """
        self._service = (service or os.environ.get("PC_SDK_SAS_URL") or SERVICE).rstrip("/")
        self._sleep = sleep
        self._tokens: dict[tuple[str, str], Token] = {}
        self._failures: dict[tuple[str, str], tuple[float, str]] = {}
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._lock = threading.Lock()

    def current(self, account: str, container: str) -> Token | None:
        """The token in use; ``None`` where it is due for renewal. Never waits."""
        token = self._tokens.get((account, container))
        return token if token and time.monotonic() < token.renewal else None

    def token(self, account: str, container: str) -> Token:
        """The token in use, or a new one.

        Raises:
            SourceError: if none is available for now.
            AccessError: if the certificate of the service is not trusted.
        """
        key = account, container
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            token = self.current(account, container)
            if token is None:
                token = self._tokens[key] = self._fetch_unless_failed(key)
        return token

    def reject(self, account: str, container: str, query: str) -> None:
        """Discards a token that the storage refused; a newer one is kept."""
        token = self._tokens.get((account, container))
        if token and token.query == query:
            self._tokens.pop((account, container), None)

    def _fetch_unless_failed(self, key: tuple[str, str]) -> Token:
        since, reason = self._failures.get(key, (float("-inf"), ""))
        if time.monotonic() - since > _FAILURE_LIFE:
            try:
                return self._fetch(*key)
            except _NoTokenError as error:
                reason = str(error)
                self._failures[key] = time.monotonic(), reason
        raise SourceError(
            f"no token for container {key[1]} of {key[0]}: {reason}; the token service of the Planetary "
            "Computer is out of reach or throttles, try again later"
        )

    def _fetch(self, account: str, container: str) -> Token:
        reason = ""
        for attempt in range(1, TOKEN_RETRY.attempts + 1):
            try:
                return run_within(_EXCHANGE, lambda: self._ask(account, container))
            except _NoTokenError as error:
                reason, delay = str(error), error.delay
            except TimeoutError:
                reason, delay = "it does not answer in time", None
            if attempt < TOKEN_RETRY.attempts:
                self._sleep(TOKEN_RETRY.delay_after(attempt) if delay is None else delay + random_factor())
        raise _NoTokenError(reason)

    def _ask(self, account: str, container: str) -> Token:
        from requests import Session  # noqa: PLC0415 - a fifth of a second that only this provider needs
        from requests.exceptions import SSLError  # noqa: PLC0415 - as above

        from cloudless_mosaic.net.environment.sessions import trust_environment  # noqa: PLC0415 - as above

        session = Session()
        trust_environment(session)
        key = os.environ.get("PC_SDK_SUBSCRIPTION_KEY")
        try:
            response = session.get(
                f"{self._service}/{account}/{container}",
                headers={"Ocp-Apim-Subscription-Key": key} if key else {},
                timeout=(10.0, 30.0),
                # the key must not travel on
                allow_redirects=False,
                stream=True,
            )
            with response:
                content = response.raw.read(_LARGEST_ANSWER, decode_content=True)
        except SSLError as error:
            if not refuses_certificate(error):
                raise _NoTokenError("TLS with it fails") from None
            raise AccessError(
                f"the certificate of the token service {urlsplit(self._service).netloc} is not trusted here; "
                f"{ADVICE}"
            ) from None
        except Exception as error:  # noqa: BLE001 - of several libraries, with addresses in their words
            if limit := own_limit(error):
                raise limit from None
            raise _NoTokenError(type(error).__name__) from None
        if response.status_code != 200:
            delay = _requested_delay(response.headers.get("Retry-After"))
            raise _NoTokenError(f"it answers {response.status_code}", delay)
        return _parse(content, response.headers.get("Date"))


class _NoTokenError(Exception):
    """One attempt to get a token failed."""

    def __init__(self, reason: str, delay: float | None = None) -> None:
        self.delay = delay
        """Seconds to wait before the next, where the service says."""
        super().__init__(reason)


def _requested_delay(header: str | None) -> float | None:
    try:
        return TOKEN_RETRY.capped(float(header or ""))
    except ValueError:
        return None


def _parse(content: bytes, date: str | None) -> Token:
    """A token from the service's answer.

    Its life is counted by the service's clock, since the clock of this machine may be wrong.
    """
    try:
        answer: Any = json.loads(content)
        query, end = str(answer["token"]), _instant(str(answer["msft:expiry"]))
        signed = parse_qs(query).get("se")
        end = min(end, _instant(signed[0])) if signed else end
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _NoTokenError("its answer contains no token") from None
    life = (end - _server_time(date)).total_seconds()
    if life <= 0:
        raise _NoTokenError("it gives tokens that have expired")
    return Token(query.lstrip("?"), life, time.monotonic() + life - min(_MARGIN, life / 2))


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _server_time(date: str | None) -> datetime:
    try:
        told = parsedate_to_datetime(date or "")
    except ValueError:
        return datetime.now(UTC)
    return told if told.tzinfo else told.replace(tzinfo=UTC)


@lru_cache(maxsize=1)
def token_broker() -> TokenBroker:
    """The broker of this process."""
    return TokenBroker()
