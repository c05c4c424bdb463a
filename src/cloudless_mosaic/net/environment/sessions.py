"""Sessions of requests that trust what the environment names. Slow to import."""

from __future__ import annotations

from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.util import Retry

from cloudless_mosaic.net.environment.certificates import trusting_context
from cloudless_mosaic.net.environment.proxies import require_usable_proxies


class TrustingAdapter(HTTPAdapter):
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


def trust_environment(session: Session, retries: Retry | int = 0) -> None:
    """Makes a session trust what the environment names.

    Args:
        session: The session; its adapters are replaced.
        retries: Retries of one request.

    Raises:
        UsageError: if a variable names no certificates, or no usable proxy.
    """
    require_usable_proxies()
    session.mount("https://", TrustingAdapter(max_retries=retries))
    session.mount("http://", HTTPAdapter(max_retries=retries))
