"""One request with its redirects, counted as Artillery counts.

Rules: each hop is a request and a response of its own. A redirect repeats the method and the body, only 303 turns it
into GET; a status that only looks like one (304, no Location) is the end, where Artillery hangs. Response time runs
from the request sent to the response's head, in milliseconds with fractions (Artillery: whole ones).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from swell.dialects.artillery.flow.failures import error_code
from swell.http.errors import InvalidUrl, RequestError
from swell.http.urls import resolve_redirect, split_url

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.http_shape import Order
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.http.response import Response

__all__ = ["exchange", "waited"]

_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
_MOST_HOPS: Final = 10


def waited(response: Response) -> float:
    """Milliseconds from the request sent to the head of the response."""
    return response.row[5] * 1000.0


def exchange(vu: Vuser, method: str, name: str, order: Order, *, follow: bool, timeout: float | None) -> Response:
    """Send it, follow redirects, count. Raises VuserFailed, already counted, where there is no response."""
    url, data, headers = order.url, order.data, order.headers
    session, metrics = vu.session, vu.metrics
    options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
    if order.files:
        options["files"] = order.files
    for hop in range(_MOST_HOPS + 1):
        metrics.request()
        try:
            if data is None and headers is None and not options and method == "GET":
                response = session.get(url, name)
            else:
                response = session.request(method, url, name, data=data, headers=headers, **options)
        except InvalidUrl as error:
            raise vu.failure(f"Invalid URL - {url}", error.message) from None
        except OSError as error:  # a file of the body
            raise vu.failure(error_code(error), str(error)) from None
        except (ValueError, TypeError) as error:
            raise vu.failure(str(error)) from None
        status = response.status_code
        if not status:
            error = response.error
            assert error is not None
            raise vu.failure(error_code(error), f"{method} {url}: {error}")
        _count(vu, response, status)
        if status not in _REDIRECTS or not follow or not (location := response.headers.get("location")):
            return response
        if hop == _MOST_HOPS:
            break
        try:
            url, headers = _next(url, location, headers)
        except RequestError as error:
            raise vu.failure(error_code(error), error.message) from None
        if status == 303 and method != "HEAD":
            method, data = "GET", None
            options.pop("files", None)
            headers = {k: v for k, v in (headers or {}).items() if not k.startswith("content-")} or None
    raise vu.failure("ERR_TOO_MANY_REDIRECTS", f"{method} {url}: more than {_MOST_HOPS} redirects")


def _next(url: str, location: str, headers: dict[str, str] | None) -> tuple[str, dict[str, str] | None]:
    """The URL a redirect leads to, and the headers for it: credentials do not go to another host."""
    target = resolve_redirect(url, location)
    if headers and split_url(target).host != split_url(url).host:
        headers = {k: v for k, v in headers.items() if k not in {"authorization", "cookie", "host"}} or None
    return target, headers


def _count(vu: Vuser, response: Response, status: int) -> None:
    vu.metrics.response(status, _size(response), waited(response))
    if vu.test.extended_metrics:
        histogram = vu.metrics.histogram
        timings = response.timings
        histogram("http.dns", round(timings.looking_up * 1000.0, 3))
        histogram("http.tcp", round(timings.connecting * 1000.0, 3))
        histogram("http.tls", round(timings.tls_handshaking * 1000.0, 3))
        histogram("http.total", round((timings.blocked + timings.duration) * 1000.0, 3))


def _size(response: Response) -> int:
    """Bytes of the body as they came over the wire."""
    length = response.field("content-length")
    if length is not None and length.isdecimal():
        return 0 if response.endpoint.method == "HEAD" else int(length)
    return int(response.row[8])
