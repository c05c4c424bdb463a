"""Ranges of files on web servers whose responses the object store can't read.

The object store refuses correct responses without ``Content-Length`` (chunked, HTTP/1.0), with another form
of ``Last-Modified`` and with an ETag beyond ASCII, and it follows redirects only on the server itself. This
client is slower: it is used for such servers, behind a proxy, for addresses with a query, and for files that
GDAL reads. Small files of servers that know no ranges are fetched whole.
"""

from __future__ import annotations

import re
import threading
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cloudless_mosaic.errors import AccessError, SourceError, UsageError
from cloudless_mosaic.net.deadline import run_within
from cloudless_mosaic.net.environment.certificates import ADVICE, refuses_certificate, speaks_no_tls
from cloudless_mosaic.net.environment.proxies import shown_proxies
from cloudless_mosaic.net.hosts import is_host, is_link_local, is_private
from cloudless_mosaic.net.own_limits import own_limit
from cloudless_mosaic.net.redaction import quoted, redact
from cloudless_mosaic.net.retry import TEMPORARY_STATUSES
from cloudless_mosaic.net.urls import resolve_url
from cloudless_mosaic.reading.faults import is_unknown_host, unknown_host
from cloudless_mosaic.reading.settings import ReadSettings
from cloudless_mosaic.reading.whole_files import WholeFile, WholeFiles, read_whole

if TYPE_CHECKING:
    from requests import Response, Session

    from cloudless_mosaic.net.environment.sessions import LastingFaultsRetry

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_MOST_REDIRECTS = 10
_CHUNK = 1 << 16

Part = tuple[bytes, int, str | None]
"""Bytes of a range, the size of the whole file, and its ETag."""


class PlainWeb:
    """One web server. Thread-safe."""

    def __init__(self, root: str, settings: ReadSettings, authorization: str = "") -> None:
        """Sends no request yet.

        Args:
            root: Address of the server, ``https://HOST[:PORT]``.
            settings: Time-outs.
            authorization: Header for this server only; secret, and empty without one.
        """
        self._root = root
        self._authorization = authorization
        self._settings = settings
        self._whole = WholeFiles()
        self._opened: Session | None = None
        self._lock = threading.Lock()

    @property
    def sends_whole_files(self) -> bool:
        """True once the server has sent a whole file where a range was asked for."""
        return self._whole.found

    def get(self, path: str, start: int, end: int) -> tuple[bytes, int, str | None]:
        """Fetches a range.

        Args:
            path: Path of the file, quoted, with its query if it has one.
            start: First byte.
            end: Byte after the last.

        Returns:
            The bytes, the size of the whole file, and its ETag.

        Raises:
            AccessError: if it refuses access, its certificate is not trusted, or it knows no ranges and the
                file is large.
            SourceError: if it redirects to where nothing may be read.
            FileNotFoundError: if it has no such file.
            DoubtfulResponseError: if it does not send the range; a retry may succeed.
        """
        url = f"{self._root}/{path}"
        if self.sends_whole_files:
            found: Part | WholeFile | None = self._whole.get(path, lambda: self._whole_file(url))
        else:
            found = self._within(url, start, end)
            if isinstance(found, WholeFile):
                found = self._whole.get(path, partial(_given, found))
        found = found or self._within(url, start, end)
        return found.part(start, end) if isinstance(found, WholeFile) else found

    def _whole_file(self, url: str) -> WholeFile | None:
        found = self._within(url, 0, 1)
        return found if isinstance(found, WholeFile) else None

    def _within(self, url: str, start: int, end: int) -> Part | WholeFile:
        timeout = self._settings.request_timeout
        try:
            return run_within(timeout, lambda: self._follow(url, start, end))
        except TimeoutError:
            raise DoubtfulResponseError(f"it takes longer than {timeout:g} s") from None

    def _follow(self, url: str, start: int, end: int) -> Part | WholeFile:
        for _ in range(_MOST_REDIRECTS):
            outcome = self._request(url, start, end)
            if not isinstance(outcome, str):
                return outcome
            url = _next_hop(url, outcome)
        raise SourceError("it is redirected endlessly")

    def _request(self, url: str, start: int, end: int) -> Part | WholeFile | str:
        """The range, the whole file, or where a redirect leads."""
        host = urlsplit(url).netloc
        try:
            with self._session().get(
                url,
                headers=self._headers(url, start, end),
                timeout=(self._settings.connect_timeout, self._settings.request_timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                return (
                    str(response.headers["Location"])
                    if response.is_redirect
                    else _range(response, start, end)
                )
        except UsageError as error:
            raise AccessError(str(error)) from None
        except (SourceError, FileNotFoundError, DoubtfulResponseError):
            raise
        except ValueError:
            raise SourceError("it is at, or its server redirects to, what is no address") from None
        except Exception as error:  # noqa: BLE001 - of several libraries, for any malformed response
            raise _explained(error, host) from None

    def _headers(self, url: str, start: int, end: int) -> dict[str, str]:
        headers = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
        if self._authorization and url.startswith(f"{self._root}/"):
            # redirects to other servers don't carry it on
            headers["Authorization"] = self._authorization
        return headers

    def _session(self) -> Session:
        """The session with the server."""
        from requests import Session  # noqa: PLC0415 - a fifth of a second that few servers need

        from cloudless_mosaic.net.environment.sessions import trust_environment  # noqa: PLC0415 - as above

        with self._lock:
            if self._opened is None:
                session = Session()
                trust_environment(session, _retries(self._settings))
                # threads share the session
                session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
                self._opened = session
            return self._opened


class DoubtfulResponseError(ConnectionError):
    """A response without the range that was asked for; a retry may succeed."""


def _explained(error: Exception, host: str) -> Exception:
    """What a request that failed means, without the words of libraries, which may hold addresses.

    Args:
        error: Of requests, or of a library below it.
        host: The server.
    """
    from requests import exceptions as faults  # noqa: PLC0415 - a fifth of a second that few servers need

    if isinstance(error, faults.SSLError):
        return _about_tls(error, host)
    if limit := own_limit(error):
        return limit
    if isinstance(error, faults.ProxyError):
        return AccessError(f"the proxy in {shown_proxies()} can't be reached or refuses the connection")
    if is_unknown_host(str(error)):
        return unknown_host(host)
    return DoubtfulResponseError(f"its server sends what can't be read ({type(error).__name__})")


def _about_tls(error: Exception, host: str) -> Exception:
    if refuses_certificate(error):
        return AccessError(f"the certificate of {host} is not trusted here; {ADVICE}")
    if speaks_no_tls(error):
        return AccessError(f"{host} speaks no TLS on this port; use http://")
    return DoubtfulResponseError(f"TLS with {host} fails")


def _given(file: WholeFile) -> WholeFile:
    return file


def _range(response: Response, start: int, end: int) -> Part | WholeFile:
    """The bytes of a response, its size and its ETag; the whole file where the server knows no ranges.

    Raises:
        AccessError: if the server refuses access, or the whole file is too large.
        FileNotFoundError: if it has no such file.
        DoubtfulResponseError: if the response is not the range.
    """
    status = response.status_code
    if status in {401, 403}:
        raise AccessError(f"{urlsplit(response.url).netloc} refuses access ({status})")
    if status in {404, 410}:
        raise FileNotFoundError(f"its server answers {status}")
    if status == 200 and (whole := read_whole(response)):
        return whole
    where = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if status != 206 or where is None:
        raise DoubtfulResponseError(f"its server answers {status} to the request for a range")
    first, last, size = map(int, where.groups())
    if first != start or last != min(end, size) - 1:
        raise DoubtfulResponseError(f"its server sends bytes {first} to {last}, not {start} to {end - 1}")
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > last - first + 1:
            break
    if len(body) != last - first + 1:
        raise DoubtfulResponseError(f"{len(body)} bytes came of {last - first + 1} at {first}")
    return bytes(body), size, response.headers.get("ETag")


def _retries(settings: ReadSettings) -> LastingFaultsRetry:
    from cloudless_mosaic.net.environment.sessions import LastingFaultsRetry  # noqa: PLC0415 - slow

    policy = settings.store_retry
    return LastingFaultsRetry(
        total=policy.retries,
        redirect=False,
        backoff_factor=policy.first_delay,
        backoff_max=policy.longest_delay,
        status_forcelist=TEMPORARY_STATUSES,
        raise_on_status=False,
        # without a limit otherwise
        respect_retry_after_header=False,
    )


def _next_hop(url: str, location: str) -> str:
    """The address that a redirect leads to, under the same policy as hrefs.

    Raises:
        SourceError: if it leaves https, or leads from a public server into a private network.
    """
    target = resolve_url(url, location)
    shown = quoted(redact(location.partition("?")[0]))
    if target is None:
        raise SourceError(f"its server redirects to {shown}, which is no address")
    here, there = urlsplit(url), urlsplit(target)
    host = there.hostname or ""
    elsewhere = host != here.hostname
    inside = elsewhere and (not is_host(host) or is_private(host)) and not is_private(here.hostname or "")
    if (here.scheme == "https" != there.scheme) or inside or (elsewhere and is_link_local(host)):
        raise SourceError(f"its server redirects to {shown}, open or in a private network; not followed")
    return target
