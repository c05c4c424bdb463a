"""Sessions of requests that trust what the environment names. Slow to import."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import MaxRetryError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry

from cloudless_mosaic.net.environment.certificates import is_lasting_fault_of_tls, trusting_context
from cloudless_mosaic.net.environment.proxies import proxy_of, require_usable_proxies


class LastingFaultsRetry(Retry):
    """Retries that don't repeat what fails for a lasting reason: certificates, and ports without TLS."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """See ``Retry``."""
        if error is not None and _pool is not None and is_lasting_fault_of_tls(error):
            raise MaxRetryError(_pool, url or "", error)
        return super().increment(method, url, response, error, _pool, _stacktrace)


class _EnvironmentAdapter(HTTPAdapter):
    """Connections through the proxies that ``proxy_of`` names, whatever the session finds."""

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - as requests has it
        timeout: Any = None,  # noqa: ANN401 - likewise
        verify: bool | str = True,  # noqa: FBT001, FBT002 - likewise
        cert: Any = None,  # noqa: ANN401 - likewise
        proxies: Any = None,  # noqa: ANN401 - likewise
    ) -> Response:
        """See ``HTTPAdapter``."""
        del proxies
        url = request.url or ""
        proxy = proxy_of(url)
        own = {urlsplit(url).scheme: proxy} if proxy else {}
        return super().send(request, stream, timeout, verify, cert, own)


class _TrustingAdapter(_EnvironmentAdapter):
    """Connections whose certificates are checked by ``trusting_context``, through proxies as well."""

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 - as requests has it
        **pool_kwargs: Any,  # noqa: ANN401 - likewise
    ) -> None:
        """See ``HTTPAdapter``."""
        super().init_poolmanager(
            connections, maxsize, block, **{**pool_kwargs, "ssl_context": trusting_context()}
        )

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> PoolManager:  # noqa: ANN401 - likewise
        """See ``HTTPAdapter``."""
        context = trusting_context()
        trust = {"ssl_context": context, "proxy_ssl_context": context}
        manager: PoolManager = super().proxy_manager_for(proxy, **{**proxy_kwargs, **trust})
        return manager


def trust_environment(session: Session, retries: LastingFaultsRetry | int = 0) -> None:
    """Makes a session trust what the environment names.

    Args:
        session: The session; its adapters are replaced.
        retries: Retries of one request.

    Raises:
        UsageError: if a variable names no certificates, or no usable proxy.
    """
    require_usable_proxies()
    session.mount("https://", _TrustingAdapter(max_retries=retries))
    session.mount("http://", _EnvironmentAdapter(max_retries=retries))
