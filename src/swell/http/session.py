"""The HTTP client of one user: `get`, `post` and the rest, blocking for their fiber only.

Rules: a request without special wishes on an open connection takes the short way (`_quick`): one look-up, one write,
one switch to the loop and back, one row, one response. Everything else goes through `chain` and `exchange`, which do
the same with all the options. A session owns what is one user's: cookies, headers, connections, TLS sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from greenlet import getcurrent

from swell.http.body import Body, make_body
from swell.http.catch import CaughtResponse
from swell.http.chain import Chain
from swell.http.endpoints import Endpoint, book_of, shown_name
from swell.http.exchange import Outcome, collect, is_stale, obtain
from swell.http.headers import header_line
from swell.http.pool import Pool
from swell.http.protocol import IDLE, WAITING, Connection
from swell.http.recording import Failure, judge, record
from swell.http.response import Response
from swell.http.settings import UNSET, Call, Certificate, SessionSettings, Timeout, Unset
from swell.http.statuses import Expect, status_set
from swell.http.streams import StreamedResponse
from swell.http.urls import add_params
from swell.http.wire import NEEDS_LENGTH
from swell.runtime.fiber import Fiber, current_fiber

if TYPE_CHECKING:
    from swell.http.headers import HeaderMap, HeaderValue
    from swell.http.urls import Params
    from swell.metrics.recorder import Recorder
    from swell.model.plan import HttpOptions
    from swell.runtime.hub import Hub

__all__ = ["Session"]

# Bytes; larger bodies are written with flow control, which is not for the short way.
_SMALL_BODY: Final = 65536
_EMPTY_BODY: Final = Body(b"")


class Session(SessionSettings):
    """One user's HTTP client. All requests must be made in fibers; several at once are fine.

    `pool`: connections shared with others; by default its own, or the worker's with the option `share_connections`.
    To set: `headers`, `cookies`, `auth`, `base_url`, `verify`, `cert`, `timeout`, `expected_statuses`, `max_redirects`,
    `on_request` (called with each recorded response). For dialects: `record_hops` (each redirect is a request of its
    own), `keep_last_redirect`, `plain_join` (URL = base + path), `path_names` (without a name a request is called by
    path and query of its whole URL), and the classes of responses: `response_type`, `streamed_type`, `caught_type`
    (for `catch_response`).
    """

    __slots__ = ("_add_request", "_discard", "_idle", "_time", "_wait", "caught_type", "response_type", "streamed_type")

    def __init__(
        self, hub: Hub, recorder: Recorder, options: HttpOptions, base_url: str = "", pool: Pool | None = None
    ) -> None:
        super().__init__(hub, recorder, options, base_url, pool)
        # The list that the short way may use; only the plain pool has one.
        self._idle: list[Connection] | None = self.pool.idle if type(self.pool) is Pool else None
        self._time = hub.time
        self._wait: Callable[[], Any] = hub.wait
        self._add_request = recorder.add_request
        self._discard = options.discard_bodies
        self.response_type: type[Response] = Response
        self.streamed_type: type[StreamedResponse] = StreamedResponse
        self.caught_type: type[CaughtResponse] = CaughtResponse

    def get(self, url: str, name: str | None = None, **options: Any) -> Response:
        """GET; `options` as for `request`."""
        if options or self._special:
            return self.request("GET", url, name, **options)
        return self._quick("GET", url, name, None)

    def options(self, url: str, name: str | None = None, **options: Any) -> Response:
        """OPTIONS; `options` as for `request`."""
        return self.request("OPTIONS", url, name, **options)

    def head(self, url: str, name: str | None = None, **options: Any) -> Response:
        """HEAD; `options` as for `request`, but redirects are not followed unless asked for."""
        options.setdefault("allow_redirects", False)
        return self.request("HEAD", url, name, **options)

    def delete(self, url: str, name: str | None = None, **options: Any) -> Response:
        """DELETE; `options` as for `request`."""
        if options or self._special:
            return self.request("DELETE", url, name, **options)
        return self._quick("DELETE", url, name, None)

    def post(
        self, url: str, data: object = None, json: object = None, name: str | None = None, **options: Any
    ) -> Response:
        """POST; `options` as for `request`."""
        if options or self._special:
            return self.request("POST", url, name, data=data, json=json, **options)
        return self._with_body("POST", url, name, make_body(data, json))

    def put(
        self, url: str, data: object = None, json: object = None, name: str | None = None, **options: Any
    ) -> Response:
        """PUT; `options` as for `request`."""
        if options or self._special:
            return self.request("PUT", url, name, data=data, json=json, **options)
        return self._with_body("PUT", url, name, make_body(data, json))

    def patch(
        self, url: str, data: object = None, json: object = None, name: str | None = None, **options: Any
    ) -> Response:
        """PATCH; `options` as for `request`."""
        if options or self._special:
            return self.request("PATCH", url, name, data=data, json=json, **options)
        return self._with_body("PATCH", url, name, make_body(data, json))

    def request(
        self,
        method: str,
        url: str,
        name: str | None = None,
        *,
        params: Params | None = None,
        data: object = None,
        json: object = None,
        files: object = None,
        headers: Mapping[str, HeaderValue | None] | None = None,
        cookies: Mapping[str, str] | None = None,
        auth: object = None,
        timeout: Timeout | Unset = UNSET,
        allow_redirects: bool = True,
        verify: bool | str | None = None,
        cert: Certificate = None,
        stream: bool = False,
        catch_response: bool = False,
        expect: Expect | None = None,
        tags: Mapping[str, object] | None = None,
    ) -> Response:
        """Send a request, follow redirects, record it, and return the response.

        `name`: what it is counted under (default: the URL as given, without `params`). `timeout`: seconds for the whole
        call, or (connect, read) in seconds, where read is the longest silence; None: no limit. `stream`: return when
        the head is there; the time limit ends then. `expect`: the statuses that are a success (`statuses.status_set`).
        `tags`: added to its samples. The other arguments are those of requests. A failure of network or server gives a
        response with status 0 and `error`. Raises InvalidUrl, ValueError or TypeError for arguments that make no
        request, OSError for a file that cannot be read.
        """
        method = method.upper()
        unusual = stream or files or cookies or tags or auth is not None or verify is not None or cert is not None
        if not (unusual or self._special or method == "HEAD" or not isinstance(timeout, Unset)):
            expected = self._expected if expect is None else status_set(expect)
            call = Call(headers, expected, follow=allow_redirects, named=name is not None, catch=catch_response)
            if params:
                name = name or (None if self.path_names else shown_name(url))
                url = add_params(url, params)
            body = make_body(data, json) if data is not None or json is not None else None
            return self._with_body(method, url, name, body, call)
        fiber = current_fiber()
        book = self.book(fiber)
        if tags:
            extra = {key: str(value) for key, value in tags.items()}
            name = extra.pop("name", name)
            book = book_of(book.tags.with_tags(**extra), book.scope)
        if verify is not None or cert is not None:
            book = book_of(book.tags, self._make_scope(verify, cert))
        if params:
            endpoint = book.new(method, url, name or ("" if self.path_names else shown_name(url)), params=params)
        else:
            endpoint = book.endpoint(method, url, name)
        own = self._headers if self._headers is not None else self.client.headers
        chain = Chain(
            self,
            fiber,
            endpoint,
            own.merged(headers) if headers else own,
            self._limits(timeout),
            body=make_body(data, json, files) if data is not None or json is not None or files else None,
            auth=self._auth_for(endpoint, auth, headers),
            cookies=cookies,
            expected=None if expect is None else status_set(expect),
            follow=allow_redirects,
            named=name is not None,
            stream=stream,
        )
        return self._finish(chain.run(), chain.expected, catch=catch_response)

    def headers_with(self, headers: Mapping[str, HeaderValue | None] | None) -> HeaderMap:
        """The session's headers with those of one call on top; None as a value leaves a header out."""
        return (self._headers if self._headers is not None else self.client.headers).merged(headers)

    def warm(self, url: str | None = None) -> bool:
        """Open a connection now, so that the next request to this URL (default: the base URL) finds it.

        False when that fails: the next request will say why. Nothing is recorded.
        """
        endpoint = self.book(current_fiber()).new("GET", url or "", "")
        connection, _ = obtain(self, endpoint.route, self._limits(), Outcome())
        if connection is None:
            return False
        self.pool.give(connection)
        return True

    def close(self) -> None:
        """Close the idle connections, unless they are shared. The session may be used again."""
        if self.pool is not self.client.pool:
            self.pool.close()

    # --- the short way ---

    def _quick(  # noqa: C901 - hot: one piece, since each call costs
        self, method: str, url: str, name: str | None, body: Body | None, call: Call | None = None
    ) -> Response:
        """A request on an open connection. `body` is small and in memory; `call`: the wishes of this call, if any."""
        fiber: Any = getcurrent()
        try:
            tags = fiber.tags
        except AttributeError:
            fiber = current_fiber()  # a greenlet that becomes a fiber by this, or a RuntimeError for people
            tags = fiber.tags
        if tags is not self._tags:
            self._bind(fiber)
        endpoint = self._found.get((method, url, name))
        if endpoint is None:
            endpoint = self._book.endpoint(method, url, name)
        headers = self._headers
        if headers is not None and headers.version != self._version:
            self._renew_tail()
        if body is None and call is None and not self._jar:
            if endpoint.tail is not self._tail:
                endpoint.tail = self._tail
                endpoint.head = endpoint.line + self._tail
            payload = endpoint.head
        else:
            payload = self._payload(endpoint, body, call)
        idle = self._idle
        if not idle or self._special or payload is None:
            return self._careful(fiber, endpoint, body, call or self._plain_call(name))
        connection = idle.pop()
        if connection.state != IDLE or connection.route is not endpoint.shortcut:
            idle.append(connection)
            return self._careful(fiber, endpoint, body, call or self._plain_call(name))

        now = self._time
        start = now()
        deadline = connection.deadline = start + self._seconds
        if deadline < connection.armed:
            self.client.deadlines.watch(connection)
        connection.state = WAITING
        connection.fiber = fiber
        connection.write(payload)
        try:
            data = self._wait()
        except BaseException:
            connection.abort()
            raise
        end = now()
        if data is not None and connection.head.plain:
            idle.append(connection)
            head = connection.head
            number = endpoint.ok.get(head.status, -1)
            row = (number, start, end, fiber.lag, 0.0, end - start, 0.0, len(payload), len(data))
            if self._discard:
                data = head.raw
            response = self.response_type(head.status, row, endpoint, payload, head, data, head.size, connection.peer)
            if call is not None and (call.catch or call.expected is not self._expected):
                return self._finish(response, call.expected, catch=call.catch)
            if number < 0:
                return self._finish(response, self._expected)
            self._add_request(row)
            if self._on_request is not None:
                self._on_request(response)
            return response
        chain = self._chain(fiber, endpoint, body, call or self._plain_call(name))
        chain.limits.total = deadline  # what follows has the rest of this request's time
        outcome = Outcome(start, start, start, bytes_out=len(payload), peer=connection.peer)
        return self._unusual(chain, connection, data, outcome, payload, catch=call is not None and call.catch)

    def _unusual(
        self,
        chain: Chain,
        connection: Connection,
        data: bytes | None,
        outcome: Outcome,
        payload: bytes,
        *,
        catch: bool,
    ) -> Response:
        """The short way met something else than a plain response: go on from there."""
        if data is None and is_stale(connection, chain.endpoint.method, chain.body):
            connection.abort()
            response = chain.run(fresh=True, start=outcome.start)
        else:
            collect(self, connection, data, outcome)
            response = chain.run(outcome, payload)
        return self._finish(response, chain.expected, catch=catch)

    def _with_body(
        self, method: str, url: str, name: str | None, body: Body | None, call: Call | None = None
    ) -> Response:
        if body is None and method in NEEDS_LENGTH:
            body = _EMPTY_BODY
        if body is None or (body.content is not None and len(body.content) <= _SMALL_BODY):
            return self._quick(method, url, name, body, call)
        fiber = current_fiber()
        endpoint = self.book(fiber).endpoint(method, url, name)
        return self._careful(fiber, endpoint, body, call or self._plain_call(name))

    def _payload(self, endpoint: Endpoint, body: Body | None, call: Call | None) -> bytes | None:
        """The request as bytes; None when only the long way gets it right."""
        tail, own_type = self._tail, self._own_type
        if call is not None and call.headers:
            found = self._tail_with(call.headers)
            if found is None:
                return None
            tail, own_type = found
        middle = b""
        if body is not None:
            assert body.content is not None, "only small bodies in memory come here"
            middle = b"Content-Length: %d\r\n" % len(body.content)
            if body.content_type is not None and not own_type:
                middle = b"Content-Type: %b\r\n%b" % (body.content_type.encode("ascii"), middle)
            tail += body.content
        if self._jar and (cookies := self.cookie_header(endpoint.target)):
            middle += header_line("Cookie", cookies)
        return endpoint.line + middle + tail

    # --- the long way ---

    def _careful(self, fiber: Fiber, endpoint: Endpoint, body: Body | None, call: Call) -> Response:
        return self._finish(self._chain(fiber, endpoint, body, call).run(), call.expected, catch=call.catch)

    def _plain_call(self, name: str | None) -> Call:
        """What a request without wishes amounts to."""
        return Call(None, self._expected, named=name is not None)

    def _chain(self, fiber: Fiber, endpoint: Endpoint, body: Body | None, call: Call) -> Chain:
        own = self._headers if self._headers is not None else self.client.headers
        return Chain(
            self,
            fiber,
            endpoint,
            own.merged(call.headers) if call.headers else own,
            self._limits(),
            body=body,
            auth=self._auth_for(endpoint, None, call.headers),
            expected=call.expected,
            follow=call.follow,
            named=call.named,
        )

    def _finish(self, response: Response, expected: frozenset[int], *, catch: bool = False) -> Response:
        """Record the response, now or when the user is done with it."""
        if catch:
            caught = self.caught_type.of(response)
            caught.expect(expected, self._settle)
            return caught
        if isinstance(response, StreamedResponse):
            response.when_read(lambda read: self._settle(read, judge(read, expected)))
            return response
        self._settle(response, judge(response, expected))
        return response

    def _settle(self, response: Response, failure: Failure | None) -> None:
        record(response, failure)
        if self._on_request is not None:
            self._on_request(response)
