"""One call of a user: the request, and what must follow it (redirects, an answer to a challenge) to get a response.

Rules: a chain is one recorded request, from the first byte of the first hop to the last byte of the last, under the
first name; with `record_hops` each hop is one of its own, as in k6. Cookies of every hop go to the session's jar. The
time limit is for the whole chain. Nothing here reads a socket: hops are `exchange`s.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from swell.http.auth import Auth
from swell.http.connector import Opening
from swell.http.cookies import merge_header
from swell.http.endpoints import Endpoint, shown_name
from swell.http.errors import InvalidUrl, RequestError
from swell.http.exchange import Limits, Outcome, Wire, exchange
from swell.http.recording import judge, record
from swell.http.response import Extra, Response
from swell.http.streams import StreamedResponse
from swell.http.urls import (
    REDIRECT_STATUSES,
    keeps_credentials,
    redirect_method,
    resolve_redirect,
    split_url,
)
from swell.http.wire import request_line, wire_head

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.http.body import Body
    from swell.http.headers import HeaderMap
    from swell.http.routes import Route
    from swell.http.session import Session
    from swell.http.urls import Target
    from swell.runtime.fiber import Fiber

__all__ = ["Chain"]

_MOST_CHALLENGES: Final = 2


class Chain:
    """One call on its way. Fill in, then `run()`."""

    __slots__ = (
        "_add_blocked",
        "_challenges",
        "_first",
        "_follows",
        "_history",
        "_hop",
        "_opening",
        "_sent",
        "auth",
        "body",
        "cookies",
        "endpoint",
        "expected",
        "fiber",
        "follow",
        "headers",
        "limits",
        "named",
        "session",
        "stream",
    )

    def __init__(
        self,
        session: Session,
        fiber: Fiber,
        endpoint: Endpoint,
        headers: HeaderMap,
        limits: Limits,
        *,
        body: Body | None = None,
        auth: Auth | None = None,
        cookies: Mapping[str, str] | None = None,
        expected: frozenset[int] | None = None,
        follow: bool = True,
        named: bool = False,
        stream: bool = False,
    ) -> None:
        self.session = session
        self.fiber = fiber
        self.endpoint = endpoint
        self.headers = headers
        self.limits = limits
        self.body = body
        self.auth = auth
        self.cookies = cookies
        self.expected = session.expected_statuses if expected is None else expected
        self.follow = follow
        self.named = named
        self.stream = stream
        self._challenges = 0
        self._follows = 0
        self._history: list[Response] = []
        self._first: list[float] = []
        self._opening: Opening | None = None
        self._add_blocked = 0.0
        self._sent = b""

    def run(
        self, outcome: Outcome | None = None, sent: bytes = b"", *, fresh: bool = False, start: float = 0.0
    ) -> Response:
        """Go through all hops. `outcome` and `sent` are those of a first hop that was made already.

        `fresh`: open a new connection for the first hop, which began at `start` (a kept one was found closed).

        Returns the last response, not recorded yet (hops before it are, with `record_hops`).
        """
        self._sent = sent
        if outcome is None:
            outcome = self._exchange(fresh=fresh)
            outcome.start = start or outcome.start
        while True:
            response = self._response(outcome)
            error = self._next(outcome, response)
            if error is None:
                self._hops_done(response)
                outcome = self._exchange()
                continue
            if error is not _LAST:
                response = self._failed(response, error)
            return response

    # --- one hop ---

    def _exchange(self, *, fresh: bool = False) -> Outcome:
        session, endpoint = self.session, self.endpoint
        target = endpoint.target
        cookies = session.cookie_header(target)
        if self.cookies:
            cookies = merge_header(cookies, self.cookies)
        authorization = self.auth.header(endpoint.method, target.target) if self.auth is not None else None
        body = self.body
        head = wire_head(
            endpoint.method,
            target,
            endpoint.route,
            self.headers,
            cookies=cookies,
            authorization=authorization,
            body=body,
        )
        chunked = body is not None and (
            "transfer-encoding" in self.headers if body.length is not None or "content-length" in self.headers else True
        )
        self._sent = head + body.content if body is not None and body.content else head
        return exchange(
            session,
            self.fiber,
            Wire(endpoint.method, endpoint.route, head, body, chunked),
            self.limits,
            stream=self.stream,
            fresh=fresh,
        )

    def _response(self, outcome: Outcome) -> Response:
        """The response of this hop; times and bytes are those of the chain so far, unless hops stand alone."""
        times = [
            outcome.start,
            outcome.end,
            outcome.sent - outcome.sent_from,
            max(outcome.first - outcome.sent, 0.0),
            outcome.end - max(outcome.first, outcome.sent),
            outcome.bytes_out,
            outcome.bytes_in,
        ]
        if self._first:
            first = self._first
            times[0] = first[0]
            times[2:] = [old + new for old, new in zip(first[2:], times[2:], strict=True)]
        self._first = times
        start, end, sending, waiting, receiving, bytes_out, bytes_in = times
        if outcome.opening is not None:
            opening, old = outcome.opening, self._opening
            if old is not None:
                opening.looking_up += old.looking_up
                opening.connecting += old.connecting
                opening.tls_handshaking += old.tls_handshaking
            self._opening = opening
            self._add_blocked += outcome.blocked
        extra = None
        if self._opening is not None or outcome.error is not None or self._history:
            extra = Extra(
                error=outcome.error,
                history=list(self._history) or None,
                opening=self._opening,
                blocked=self._add_blocked,
            )
        head = outcome.head
        session = self.session
        response_type = session.response_type if outcome.stream is None else session.streamed_type
        response = response_type(
            head.status if head is not None else 0,
            (0, start, end, self.fiber.lag, sending, waiting, receiving, bytes_out, bytes_in),
            self.endpoint,
            self._sent,
            head,
            outcome.data,
            outcome.offset,
            outcome.peer,
            extra,
        )
        if isinstance(response, StreamedResponse):
            assert outcome.stream is not None, "the type says so"
            response.attach(outcome.stream, self.session.pool)
        return response

    def _hops_done(self, response: Response) -> None:
        """A hop is over and another follows."""
        if self.session.record_hops:
            record(response, judge(response, self.expected))
            self._first = []
            self._opening = None
            self._add_blocked = 0.0

    def _failed(self, response: Response, error: RequestError) -> Response:
        """The chain ends in an error though the last hop had a response."""
        response.close()
        extra = Extra(
            error=error,
            history=[*self._history, response],
            opening=self._opening,
            blocked=self._add_blocked,
        )
        response_type = self.session.response_type
        return response_type(0, response.row, self.endpoint, self._sent, None, b"", 0, response.remote, extra)

    # --- what comes next ---

    def _next(self, outcome: Outcome, response: Response) -> RequestError | None:
        """Prepare the next hop and return None; _LAST when this was the last one, or why the chain fails."""
        head = outcome.head
        if head is None:
            return _LAST
        session, endpoint = self.session, self.endpoint
        if not head.plain:
            lines = head.headers.get_all("set-cookie")
            if lines:
                session.cookies.store(endpoint.target, lines, time.time())
        if head.status == 401 and self.auth is not None and self._challenges < _MOST_CHALLENGES:
            replayable = self.body is None or self.body.replayable
            if replayable and self.auth.challenged(head.headers.get_all("www-authenticate")):
                self._challenges += 1
                response.close()
                return None
        if not self.follow or head.status not in REDIRECT_STATUSES:
            return _LAST
        location = head.headers.get("location")
        if location is None:
            return _LAST
        if self._follows >= session.max_redirects:
            if session.keep_last_redirect:
                if callable(session.keep_last_redirect):
                    session.keep_last_redirect(endpoint.target.url)
                return _LAST
            return RequestError("too_many_redirects", f"more than {session.max_redirects} redirects")
        return self._follow(head.status, location, response)

    def _follow(self, status: int, location: str, response: Response) -> RequestError | None:
        endpoint = self.endpoint
        try:
            url = resolve_redirect(endpoint.target.url, location)
            target = split_url(url)
        except RequestError as error:
            return RequestError(error.kind, error.message)
        except InvalidUrl as error:
            return RequestError("malformed", f"the redirect leads nowhere: {error}")
        method, keep_body = redirect_method(endpoint.method, status)
        if not keep_body:
            self.body = None
            self.headers = self.headers.merged(
                {"Content-Type": None, "Content-Length": None, "Transfer-Encoding": None}
            )
        elif self.body is not None and not self.body.replayable:
            return RequestError("generic", f"a redirect with status {status} needs the body again, which is read up")
        if not keeps_credentials(endpoint.target, target):
            self.auth = None
            self.headers = self.headers.merged({"Authorization": None, "Cookie": None, "Host": None})
        response.close()
        self._follows += 1
        self._history.append(response)
        self.endpoint = self._hop_endpoint(method, target, url)
        return None

    def _hop_endpoint(self, method: str, target: Target, url: str) -> Endpoint:
        old = self.endpoint
        route: Route = self.session.client.route(target, old.route.verify, old.route.cert, old.route.key)
        series = old.series
        if self.session.record_hops:
            name = old.series.name if self.named else shown_name(url)
            series = self.session.book(self.fiber).series(method, name)
        endpoint = Endpoint(method, target, route, series)
        endpoint.line = request_line(method, target, route)
        return endpoint


# Stands for "no error, and nothing to follow".
_LAST: Any = RequestError("generic", "")
