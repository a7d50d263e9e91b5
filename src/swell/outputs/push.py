"""Sending to HTTP servers: one request, its answer judged, no redirects followed.

Rules: blocking, with a time limit, for threads of outputs. What a server may accept later (no connection, 429, 5xx) is
an OutputError, what it never will (other 4xx) a hopeless one. Messages name the server without user and password.
"""

from __future__ import annotations

import base64
import http.client
import ssl
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from swell.metrics.redaction import redact_text
from swell.outputs.base import Backlog, OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Endpoint", "HttpPush", "split_url"]

TIMEOUT = 5.0
"""Seconds that a server gets to answer."""


def split_url(url: str) -> SplitResult:
    """A URL with a host; ValueError with a text for people otherwise."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{redact_text(url)!r} is no http:// or https:// address")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError(f"{redact_text(url)!r} has a port that is none") from None
    return parts


class Endpoint:
    """One URL that takes POST (or other) requests; user and password in it become basic authentication.

    `verify`: whether TLS certificates are, or the file of the authorities that are trusted.
    """

    def __init__(
        self,
        url: SplitResult,
        path: str,
        headers: Mapping[str, str],
        *,
        verify: bool | str = True,
        method: str = "POST",
    ) -> None:
        self._url = url
        self._path = path
        self._headers = dict(headers)
        self._verify = verify
        self._method = method
        if url.username is not None and "Authorization" not in self._headers:
            pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
            self._headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        self._connection: http.client.HTTPConnection | None = None

    @property
    def address(self) -> str:
        """Scheme, host and port, for messages."""
        port = f":{self._url.port}" if self._url.port else ""
        return f"{self._url.scheme}://{self._url.hostname}{port}"

    def post(self, body: bytes) -> None:
        """Send it; returns when the server has accepted it. OutputError if not."""
        try:
            status, text = self._exchange(body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise OutputError(f"{self.address} cannot be reached: {reason}") from None
        if status < 300:
            return
        said = f": {redact_text(text)}" if text else ""
        hopeless = 300 <= status < 500 and status != 429
        raise OutputError(f"{self.address} answered {status}{said}", hopeless=hopeless)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, body: bytes) -> tuple[int, str]:
        fresh = self._connection is None
        connection = self._connection = self._connection or self._connect()
        try:
            connection.request(self._method, self._path, body=body, headers=self._headers)
            response = connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if fresh:
                raise
            # The server closed a connection that was idle between two seconds.
            self.close()
            return self._exchange(body)
        text = response.read(65_536).decode("utf-8", "replace")
        if response.will_close:
            self.close()
        return response.status, " ".join(text.split())[:200]

    def _connect(self) -> http.client.HTTPConnection:
        host = self._url.hostname or ""
        if self._url.scheme == "https":
            context = ssl.create_default_context(cafile=self._verify if isinstance(self._verify, str) else None)
            if not self._verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            return http.client.HTTPSConnection(host, self._url.port, timeout=TIMEOUT, context=context)
        return http.client.HTTPConnection(host, self._url.port, timeout=TIMEOUT)


class HttpPush:
    """Parcels on their way to an endpoint, kept while it cannot be reached."""

    def __init__(self, endpoint: Endpoint, *, limit: int = 120) -> None:
        self.endpoint = endpoint
        self.backlog = Backlog(limit)

    def send(self) -> None:
        """All parcels, the oldest first; stops at the first that fails. One that will never be taken is given up."""
        while (parcel := self.backlog.first()) is not None:
            try:
                self.endpoint.post(parcel)
            except OutputError as error:
                if error.hopeless:
                    self.backlog.give_up()
                raise
            self.backlog.done()
