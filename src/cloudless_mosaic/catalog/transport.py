"""HTTP to a STAC API: time-outs, retries, bounded responses, no leaked credentials.

The transport of pystac-client retries neither searches (they are POST) nor responses such as 503, waits as
long as ``Retry-After`` says without a limit, and logs headers.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from pystac_client.stac_api_io import StacApiIO
from requests import PreparedRequest, Request, Response, Session
from requests import exceptions as faults
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import InvalidHeader, NameResolutionError, NewConnectionError, ReadTimeoutError
from urllib3.response import BaseHTTPResponse

from cloudless_mosaic.catalog.settings import ApiSettings
from cloudless_mosaic.errors import CloudlessMosaicError, TemporaryError, UsageError
from cloudless_mosaic.net.deadline import run_within
from cloudless_mosaic.net.environment.certificates import ADVICE, refuses_certificate, speaks_no_tls
from cloudless_mosaic.net.environment.proxies import shown_proxies
from cloudless_mosaic.net.environment.sessions import LastingFaultsRetry, trust_environment
from cloudless_mosaic.net.headers import Header
from cloudless_mosaic.net.hosts import is_host, is_private
from cloudless_mosaic.net.own_limits import own_limit
from cloudless_mosaic.net.redaction import quoted, redact, without_credentials
from cloudless_mosaic.net.retry import RetryPolicy
from cloudless_mosaic.net.urls import resolve_url
from cloudless_mosaic.version import __version__

_CHUNK = 1 << 16
_VERIFICATION = re.compile(r"certificate verify failed: ([A-Za-z0-9 .'-]{3,80})")


class StatusError(CloudlessMosaicError):
    """An API answered with an error status. Internal to this package."""

    def __init__(self, status: int, where: str, *, temporary: bool) -> None:
        self.status = status
        """HTTP status."""
        self.temporary = temporary
        """True for a status that was retried without success."""
        super().__init__(f"{where} answers {status}")


class ApiTransport(StacApiIO):
    """The session with one API."""

    def __init__(
        self,
        stac_url: str,
        settings: ApiSettings,
        field: str = "stac_url",
        headers: Iterable[Header] = (),
    ) -> None:
        """Opens the session; sends no request yet.

        Args:
            stac_url: Address of the API, or of one of its documents; may hold user name and password.
            settings: Time-outs and retries.
            field: Field of the request that gives the address; for messages.
            headers: Headers for the host of the address only; secret.
        """
        root, auth = _without_user(stac_url)
        self.move_to(root)
        self._settings = settings
        self._field = field
        self._answered = False
        retries = _CappedRetry.of(settings)
        super().__init__(headers={"User-Agent": f"cloudless-mosaic/{__version__}"}, max_retries=retries)
        self.session = _OneHostSession(root, dict(headers), self.session.headers)
        trust_environment(self.session, retries)
        self.session.auth = auth
        self.session.hooks["response"].append(self._check_redirect)

    def move_to(self, url: str) -> None:
        """Takes another page of the same server for the API.

        Args:
            url: Its address, without user name and password.
        """
        self.root = url
        """Address of the API without user name and password."""
        self.where = urlunsplit((*urlsplit(url)[:3], "", ""))
        """The API in messages."""

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> str:
        """The text of a response; see ``content``."""
        return self.content(href, method, headers, parameters).decode("utf-8", errors="replace")

    def content(
        self,
        href: str,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The body of a response.

        Args:
            href: Where to send the request.
            method: ``GET`` or ``POST``.
            headers: Headers in addition to those of the session.
            parameters: Query of a GET, body of a POST.

        Raises:
            StatusError: if the API answers with an error status.
            UsageError: if the server does not exist.
            TemporaryError: if it fails temporarily.
        """
        href = self._with_query(href, parameters or {})
        request = Request(method or "GET", href, headers=dict(headers or {}))
        if request.method == "POST":
            request.json = dict(parameters or {})
        else:
            request.params = dict(parameters or {})
        self._require_allowed(href)
        deadline = time.monotonic() + self._settings.retry.total
        for attempts_left in reversed(range(self._settings.connection_attempts)):
            try:
                return run_within(max(0.0, deadline - time.monotonic()), lambda: self._exchange(request))
            except TimeoutError:
                raise TemporaryError(f"{self.where} does not answer in time; try again later") from None
            except faults.ChunkedEncodingError as error:
                # the response broke off; retries of the session cover requests up to the start of the body
                if not attempts_left:
                    raise self._explained(error) from None
            except faults.RequestException as error:
                raise self._explained(error) from None
            except ValueError:
                # urllib3 takes chunk sizes for numbers without a look at them
                if not attempts_left:
                    raise TemporaryError(
                        f"{self.where} sends a response that is not valid HTTP; try again later"
                    ) from None
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    def _with_query(self, href: str, parameters: Mapping[str, Any]) -> str:
        """An address with the query of the API's own, such as a key or a version, on the API's host only."""
        own, parts = urlsplit(self.root), urlsplit(href)
        if not own.query or parts.netloc != own.netloc:
            return href
        given = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} | parameters.keys()
        kept = [pair for pair in parse_qsl(own.query, keep_blank_values=True) if pair[0] not in given]
        query = "&".join(filter(None, [parts.query, urlencode(kept)]))
        return urlunsplit((*parts[:3], query, parts.fragment))

    def _check_redirect(self, response: Response, **_: object) -> None:
        """Checks the target of a redirect before it is followed.

        Raises:
            UsageError: if it is not an http or https address, or one that this API must not lead to.
        """
        try:
            target = self.session.get_redirect_target(response)
        except ValueError:  # bytes that are not UTF-8
            target = ""
        if target is None:
            return
        try:
            self._require_target(resolve_url(response.url, target) if target else None)
        except UsageError:
            response.close()  # the session loses it with the error
            raise

    def _require_target(self, url: str | None) -> None:
        """Refuses what no redirect may lead to.

        Raises:
            UsageError: if it is not an address, or one that this API must not lead to.
        """
        if url is None:
            raise UsageError(
                f"{self.where} redirects to something that is not an address; check `{self._field}`"
            )
        self._require_allowed(url)

    def _require_allowed(self, url: str) -> None:
        """Refuses requests into a private network on behalf of a public API.

        Raises:
            UsageError: if the address is in one, or leaves https.
        """
        own, parts = urlsplit(self.root), urlsplit(url)
        host = parts.hostname or ""
        downgrade = own.scheme == "https" and parts.scheme != "https"
        inside = host != own.hostname and (not is_host(host) or is_private(host))
        if (downgrade or inside) and not is_private(own.hostname or ""):
            shown = quoted(redact(without_credentials(url)))
            raise UsageError(f"{self.where} leads to {shown}, open or in a private network; not followed")

    def _exchange(self, request: Request) -> bytes:
        prepared = self.session.prepare_request(request)
        environment = self.session.merge_environment_settings(
            prepared.url, proxies={}, stream=True, verify=None, cert=None
        )
        # the adapter has read the variables that are merged here
        environment["verify"] = True
        # pystac-client overwrites the time-out of the session when it opens an API, so it is set here
        with self.session.send(prepared, timeout=self._settings.timeout, **environment) as response:
            self._answered = True
            if not response.ok:
                status = response.status_code
                raise StatusError(status, self.where, temporary=status in self._settings.retry.statuses)
            return self._body(response)

    def _body(self, response: Response) -> bytes:
        content = bytearray()
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > self._settings.largest_answer:
                raise TemporaryError(
                    f"{self.where} answers with more than {self._settings.largest_answer} bytes; "
                    "narrow the search, or try again later"
                )
        return bytes(content)

    def _explained(self, error: faults.RequestException) -> CloudlessMosaicError:
        """An error for users, without the messages of libraries, which contain addresses with tokens."""
        if isinstance(error, ValueError):
            return UsageError(f"{self.where} is not an address of an API; check `{self._field}`")
        if isinstance(error, faults.TooManyRedirects):
            return UsageError(f"{self.where} redirects endlessly; check `{self._field}`")
        if isinstance(error, faults.SSLError):
            return self._about_tls(error)
        if isinstance(error, faults.ProxyError):
            return UsageError(
                f"the proxy in {shown_proxies()} can't be reached or refuses the connection to {self.where}; "
                "correct or unset it"
            )
        return own_limit(error) or self._about_connection(error)

    def _about_connection(self, error: faults.RequestException) -> CloudlessMosaicError:
        cause = error.args[0] if error.args else None
        reason = getattr(cause, "reason", cause)
        if not self._answered and isinstance(reason, NameResolutionError):
            return UsageError(f"{self.where} can't be found; check `{self._field}` and the network")
        if isinstance(error, faults.ConnectTimeout) or isinstance(reason, NewConnectionError):
            return TemporaryError(
                f"{self.where} can't be reached; is it running? Check `{self._field}`, or try again later"
            )
        late = isinstance(error, faults.Timeout) or isinstance(reason, ReadTimeoutError)
        trouble = "does not answer in time" if late else "breaks the connection off"
        return TemporaryError(f"{self.where} {trouble}; try again later")

    def _about_tls(self, error: faults.SSLError) -> CloudlessMosaicError:
        words = str(error)
        if refuses_certificate(error):
            found = _VERIFICATION.search(words)
            reason = f" ({found[1].strip()})" if found else ""
            return UsageError(f"the certificate of {self.where} is not trusted here{reason}; {ADVICE}")
        if speaks_no_tls(error):
            return UsageError(f"{self.where} speaks no TLS on this port; check `{self._field}`")
        return UsageError(f"TLS with {self.where} fails; check `{self._field}`")


class _CappedRetry(LastingFaultsRetry):
    """A retry policy for urllib3 that holds for every method and limits ``Retry-After``."""

    policy: RetryPolicy

    @classmethod
    def of(cls, settings: ApiSettings) -> Self:
        policy = settings.retry
        retry = cls(
            total=policy.retries,
            connect=settings.connection_attempts - 1,
            read=settings.connection_attempts - 1,
            backoff_factor=policy.first_delay,
            backoff_max=policy.longest_delay,
            backoff_jitter=policy.first_delay,
            status_forcelist=policy.statuses,
            # the default leaves out POST, the method of searches
            allowed_methods=None,
            raise_on_status=False,
        )
        retry.policy = policy
        return retry

    def new(self, **changes: Any) -> Self:  # noqa: ANN401 - as urllib3 has it
        retry = super().new(**changes)
        retry.policy = self.policy
        return retry

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        try:
            seconds = super().get_retry_after(response)
        except InvalidHeader:
            return None
        return None if seconds is None else self.policy.capped(seconds)


class _OneHostSession(Session):
    """A session with headers for one host, which redirects don't carry on to another."""

    def __init__(self, root: str, secret: Mapping[str, str], usual: Mapping[str, str | bytes]) -> None:
        super().__init__()
        self.headers.update(usual)
        self._root = root
        self._secret = dict(secret)

    def prepare_request(self, request: Request) -> PreparedRequest:
        """See ``Session``."""
        prepared = super().prepare_request(request)
        if self._is_own(prepared.url):
            prepared.headers.update(self._secret)
        return prepared

    def rebuild_auth(self, prepared_request: PreparedRequest, response: Response) -> None:
        """See ``Session``; called for every redirect."""
        super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call] # of requests
        if not self._is_own(prepared_request.url):
            for name in self._secret:
                prepared_request.headers.pop(name, None)

    def _is_own(self, url: str | None) -> bool:
        own, other = urlsplit(self._root), urlsplit(url or "")
        return own.netloc == other.netloc and other.scheme in {own.scheme, "https"}


class _OneHost(AuthBase):
    """Sends a password to one host only, whatever links lead to."""

    def __init__(self, host: str, user: str, password: str) -> None:
        self._host = host
        self._basic = HTTPBasicAuth(user, password)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return self._basic(request) if urlsplit(request.url or "").netloc == self._host else request


def _without_user(stac_url: str) -> tuple[str, AuthBase | None]:
    parts = urlsplit(stac_url)
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return stac_url, None
    name, _, password = user.partition(":")
    root = urlunsplit((parts.scheme, host, parts.path, parts.query, parts.fragment))
    return root, _OneHost(host, unquote(name), unquote(password))
