"""Where bytes come from: an object store for every href, with time-outs, retries and credentials."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from obstore.store import AzureStore, HTTPStore, LocalStore, ObjectStore, S3Store

from cloudless_mosaic.reading.credentials import PLANETARY_COMPUTER_HOSTS

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_CLIENT: ClientConfig = {
    "connect_timeout": timedelta(seconds=10),
    "timeout": timedelta(seconds=60),
    "allow_http": True,
    "user_agent": "cloudless-mosaic",
}
_RETRIES: RetryConfig = {
    "max_retries": 4,
    "retry_timeout": timedelta(seconds=120),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=10), "base": 2},
}


class Stores:
    """Object stores by the place they serve, made when first needed; safe to use from many threads."""

    def __init__(self) -> None:
        self._stores: dict[str, ObjectStore] = {}
        self._lock = threading.Lock()

    def locate(self, href: str) -> tuple[ObjectStore, str]:
        """The store that serves an href, and the path of the href in it."""
        parts = urlsplit(href)
        if parts.hostname in PLANETARY_COMPUTER_HOSTS:
            container, _, path = parts.path.lstrip("/").partition("/")
            place = f"https://{parts.hostname}/{container}"
            return self._store(place, _planetary_computer), unquote(path)
        if parts.scheme in {"http", "https"}:
            return self._store(f"{parts.scheme}://{parts.netloc}", _web), unquote(parts.path.lstrip("/"))
        if parts.scheme == "s3":
            return self._store(f"s3://{parts.netloc}", _bucket), unquote(parts.path.lstrip("/"))
        file = Path(href)
        return self._store(str(file.parent), _folder), file.name

    def _store(self, place: str, make: Callable[[str], ObjectStore]) -> ObjectStore:
        with self._lock:
            if place not in self._stores:
                self._stores[place] = make(place)
            return self._stores[place]


def _web(place: str) -> ObjectStore:
    return HTTPStore.from_url(place, client_options=_CLIENT, retry_config=_RETRIES)


def _bucket(place: str) -> ObjectStore:
    """A bucket of S3; credentials and endpoint come from the environment."""
    return S3Store.from_url(place, client_options=_CLIENT, retry_config=_RETRIES)


def _folder(place: str) -> ObjectStore:
    return LocalStore(prefix=place)


def _planetary_computer(place: str) -> ObjectStore:
    """A container of the Planetary Computer; the store renews its tokens when they are about to end."""
    from obstore.auth.planetary_computer import (  # noqa: PLC0415 - needs requests, which only this provider does
        PlanetaryComputerCredentialProvider,
    )

    provider = PlanetaryComputerCredentialProvider(place)
    return AzureStore(credential_provider=provider, client_options=_CLIENT, retry_config=_RETRIES)
