"""Object stores for hrefs, with time-outs, retries and credentials."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from obstore.store import AzureStore, HTTPStore, LocalStore, ObjectStore, S3Store

from cloudless_mosaic.domain.access import StorageAccess, access_to
from cloudless_mosaic.errors import AccessError, UsageError
from cloudless_mosaic.net.environment.certificates import object_store_certificates
from cloudless_mosaic.net.environment.proxies import (
    names_proxies,
    proxy_of,
    require_usable_proxies,
    shown_proxies,
)
from cloudless_mosaic.reading.buckets import s3_config
from cloudless_mosaic.reading.credentials import authorization, planetary_computer_container
from cloudless_mosaic.reading.faults import GUARD
from cloudless_mosaic.reading.plain_web import PlainWeb
from cloudless_mosaic.reading.ranges import Store
from cloudless_mosaic.reading.settings import DEFAULT_READ_SETTINGS, ReadSettings
from cloudless_mosaic.reading.tokens import Token, TokenBroker, token_broker

if TYPE_CHECKING:
    from obstore.store import AzureConfig, AzureSASToken, ClientConfig, RetryConfig


_PLAIN = "plain "
"""Before the address of a server that is read without the object store."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file in an object store, as it can be read now."""

    store: Store
    """The store."""
    path: str
    """Key or path of the file in the store."""
    server: str = ""
    """Address of the web server; empty for any other place."""
    local: bool = False
    """True for a file of this machine, for which retries are pointless."""
    container: tuple[str, str] | None = None
    """Account and container of the token; ``None`` without a token."""
    token: Token | None = None
    """The token that the store uses."""


class Stores:
    """Object stores by host, bucket or folder, made when first needed. Thread-safe."""

    def __init__(
        self,
        settings: ReadSettings = DEFAULT_READ_SETTINGS,
        broker: TokenBroker | None = None,
        access: tuple[StorageAccess, ...] = (),
    ) -> None:
        """Opens no store yet.

        Args:
            settings: Time-outs and retries.
            broker: Where tokens come from; by default the process's own.
            access: Storage that the profile of the provider describes.
        """
        self._settings = settings
        self._broker = broker
        self._access = access
        self._stores: dict[str, Store] = {}
        self._odd: set[str] = set()
        self._signed: dict[tuple[str, str], tuple[Token, ObjectStore]] = {}
        self._lock = threading.Lock()

    async def locate(self, href: str, *, plainly: bool = False) -> Place:
        """The place of an href, with a token that is valid now.

        Args:
            href: Address or path.
            plainly: True for a client that checks every redirect of a web server, and is slower.

        Raises:
            SourceError: if it needs a token and none is available.
            AccessError: if what the environment says can't be used, or lacks credentials.
        """
        container = planetary_computer_container(href, self._access)
        if container is None:
            try:
                return self._unsigned(href, plainly=plainly)
            except UsageError as error:
                raise AccessError(str(error)) from None
        broker = self._broker or token_broker()
        token = broker.current(*container)
        if token is None:
            token = await asyncio.to_thread(broker.token, *container)
        path = urlsplit(href).path.lstrip("/").partition("/")[2]
        try:
            store = self._with_token(container, token)
        except UsageError as error:
            raise AccessError(str(error)) from None
        return Place(store, unquote(path), container=container, token=token)

    def refuse(self, place: Place) -> None:
        """Discards the token of a place that was refused."""
        if place.container and place.token:
            (self._broker or token_broker()).reject(*place.container, place.token.query)

    def read_plainly(self, place: Place) -> bool:
        """Has a web server read without the object store from now on.

        Returns:
            False where it was already, or where the place is on no web server.
        """
        if not isinstance(place.store, HTTPStore):
            return False
        with self._lock:
            self._odd.add(place.server)
        return True

    def _unsigned(self, href: str, *, plainly: bool) -> Place:
        parts = urlsplit(href)
        path = unquote(parts.path.lstrip("/"))
        if parts.scheme in {"http", "https"}:
            server = f"{parts.scheme}://{parts.netloc}"
            if server not in self._stores and proxy_of(server):
                self._odd.add(server)
            # the object store has no query of a path
            if plainly or parts.query or server in self._odd or self._sends_whole_files(server):
                plain = self._store(f"{_PLAIN}{server}", self._plain_web)
                asked = f"?{parts.query}" if parts.query else ""
                return Place(plain, f"{parts.path.lstrip('/')}{asked}", server)
            return Place(self._store(server, self._web), path, server)
        if parts.scheme == "s3":
            return Place(self._store(f"s3://{parts.netloc}", self._bucket), path)
        file = Path(href)
        return Place(self._store(str(file.parent), _folder), file.name, local=True)

    def _sends_whole_files(self, server: str) -> bool:
        plain = self._stores.get(f"{_PLAIN}{server}")
        return isinstance(plain, PlainWeb) and plain.sends_whole_files

    def _store(self, place: str, make: Callable[[str], Store]) -> Store:
        with self._lock:
            if place not in self._stores:
                self._stores[place] = make(place)
            return self._stores[place]

    def _with_token(self, container: tuple[str, str], token: Token) -> ObjectStore:
        """The store for a container of the Planetary Computer and its current token."""
        with self._lock:
            known, store = self._signed.get(container, (None, None))
            if store is None or known is not token:
                store = AzureStore(
                    credential_provider=_FixedToken(container, token),
                    # the endpoint is plain http on loopback only, and only by the environment
                    client_options=self._client(allow_http=True) | _proxied(_account_address(container[0])),
                    retry_config=self._retries(),
                )
                self._signed[container] = token, store
            return store

    def _plain_web(self, place: str) -> PlainWeb:
        """A web server, read without the object store.

        Raises:
            UsageError: if it wants a token and there is none.
        """
        server = place.removeprefix(_PLAIN)
        return PlainWeb(server, self._settings, authorization(server, self._access))

    def _web(self, place: str) -> ObjectStore:
        """A web server.

        Raises:
            UsageError: as ``_plain_web``.
        """
        # https must not redirect to http, which most private services use, and nothing to another host: such
        # redirects go to a proxy that doesn't exist, and the file is then read by a client that checks them.
        # Subdomains count as the host; a private one has no certificate of its parent
        client = self._client(allow_http=place.startswith("http://"))
        client |= {"proxy_url": f"http://{GUARD}", "proxy_excludes": urlsplit(place).hostname or ""}
        if token := authorization(place, self._access):
            # not sent on to another host
            client["default_headers"] = {"authorization": token}
        return HTTPStore.from_url(place, client_options=client, retry_config=self._retries())

    def _bucket(self, place: str) -> ObjectStore:
        """A bucket of S3; what its access leaves open comes from the environment.

        Raises:
            UsageError: if the environment is unusable, or lacks credentials.
        """
        client = self._client(allow_http=True)
        bucket = place.removeprefix("s3://")
        config = s3_config(bucket, access_to(place, self._access))
        if config.get("skip_signature") or config.get("access_key_id"):
            # no other server is asked for keys
            client |= _proxied(config.get("aws_endpoint_url_s3") or f"https://{bucket}.s3.amazonaws.com")
        return S3Store(bucket, config=config, client_options=client, retry_config=self._retries())

    def _client(self, *, allow_http: bool) -> ClientConfig:
        require_usable_proxies()
        client: ClientConfig = {
            "connect_timeout": timedelta(seconds=self._settings.connect_timeout),
            "timeout": timedelta(seconds=self._settings.request_timeout),
            "allow_http": allow_http,
            "user_agent": "cloudless-mosaic",
        }
        if certificates := object_store_certificates():
            client["root_certificate"] = certificates
        return client

    def _retries(self) -> RetryConfig:
        policy = self._settings.store_retry
        return {
            "max_retries": policy.retries,
            "retry_timeout": timedelta(seconds=policy.total),
            "backoff": {
                "init_backoff": timedelta(seconds=policy.first_delay),
                "max_backoff": timedelta(seconds=policy.longest_delay),
                "base": policy.factor,
            },
        }


class _FixedToken:
    """One token as a credential provider, which takes precedence over Azure keys of the environment."""

    prefix = None

    def __init__(self, container: tuple[str, str], token: Token) -> None:
        self.config: AzureConfig = {"account_name": container[0], "container_name": container[1]}
        self._token = token

    def __call__(self) -> AzureSASToken:
        # the store is replaced before the token expires
        return {"sas_token": self._token.query, "expires_at": datetime.now(UTC) + timedelta(days=1)}


def _proxied(address: str) -> ClientConfig:
    """The proxy of an address, as ``proxy_of`` has it; the object store reads the variables otherwise.

    Raises:
        UsageError: if it is a SOCKS proxy.
    """
    if proxy := proxy_of(address):
        if proxy.startswith("socks"):
            raise UsageError(
                f"the proxy in {shown_proxies()} is a SOCKS proxy, through which S3 and Azure are not read; "
                "give one of http://, or name their host in NO_PROXY"
            )
        return {"proxy_url": proxy}
    # subdomains count as the host
    direct: ClientConfig = {
        "proxy_url": f"http://{GUARD}",
        "proxy_excludes": urlsplit(address).hostname or "",
    }
    return direct if names_proxies() else {}


def _account_address(account: str) -> str:
    """Where a storage account of Azure is; the environment may name a server in its place, as for tests."""
    return os.environ.get("AZURE_STORAGE_ENDPOINT") or f"https://{account}.blob.core.windows.net"


def _folder(place: str) -> ObjectStore:
    return LocalStore(prefix=place)
