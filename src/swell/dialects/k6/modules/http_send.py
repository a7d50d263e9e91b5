"""From a script's request to the HTTP client and back.

Rules: nothing is recorded here; the client's session does that, under the fiber's tags, to which a request's own are
added while it runs. A request that fails gives a response with status 0 and a warning in the log, or throws, as the
option `throw` says; a URL that is none does the same and counts as no request.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from swell.dialects.javascript import JsThrow
from swell.dialects.k6.modules.http_failures import failure_line, failure_text, url_advice
from swell.dialects.k6.modules.http_state import HttpState, NoResponse, option, state_of
from swell.dialects.k6.modules.http_wishes import Wishes, wishes_of
from swell.http.auth import DigestAuth
from swell.http.errors import InvalidUrl
from swell.http.multipart import multipart_body
from swell.http.urls import encode_pairs, split_url
from swell.metrics.tags import EMPTY, TagSet
from swell.runtime.fiber import current_fiber
from swell.runtime.together import run_together

if TYPE_CHECKING:
    from swell.http.session import Session

__all__ = ["LARGE", "get", "later", "send", "send_all"]

LARGE: Final = 32 * 1024  # bytes received: such responses are not kept longer than needed
_SMALL: Final = 2 * 1024  # bytes received
_NO_BODY: Final = frozenset({0, 204, 304})
_FORM: Final = "application/x-www-form-urlencoded"


def get(context: Any, number: int, url: str) -> int | str:
    """GET without wishes, as most requests are. Returns the status, 1000 more if large; keeps it as `number`.

    A small plain body comes at once, behind the three digits of the status: most scripts look at it, and asking for it
    is another call.
    """
    state: HttpState = state_of(context)
    session = cast("Session", state.vu.session if state.vu is not None else None)
    if session is not state.session or not state.plain:
        session = state.begin()
        if not state.plain:
            return send(context, number, "GET", url, None, 0, None, None)
    try:
        response = session.get(url)
    except InvalidUrl as error:
        return _refused(state, number, "GET", url, error, state.throw)
    status = response.status_code
    if not status:
        _failed(state, "GET", url, failure_text(response.error), state.throw)
    state.kept[number] = response
    size = response.row[8]
    if size < _SMALL and response.plain_body and status not in _NO_BODY:
        data = response.content
        if data.isascii() and b"\0" not in data:
            return f"{status}{data.decode('ascii')}"
    return status if size < LARGE else status + 1000


def send(  # noqa: PLR0917 - called by a script's own arguments
    context: Any, number: int, method: str, url: str, name: str | None, kind: int, data: Any, params: str | None
) -> int:
    """Any request. `kind` and `data` are the body as http.js tells it. Returns the status."""
    state = state_of(context)
    session = state.begin()
    wishes = wishes_of(params)
    if state.limit is not None:
        state.limit.wait()
    throw = state.throw if wishes.throw is None else wishes.throw
    fiber = current_fiber()
    tags = fiber.tags
    if wishes.tags:
        fiber.tags = _with(tags or EMPTY, wishes.tags)
    try:
        response = _exchange(state, session, wishes, method, url, wishes.name or name, kind, data)
    except InvalidUrl as error:
        return _refused(state, number, method, url, error, throw)
    finally:
        fiber.tags = tags
    if state.debug:
        from swell.dialects.k6.modules.http_debug import tell_exchange  # noqa: PLC0415 - few tests show this

        tell_exchange(state.vu.log, response, state.debug)
    if not response.status_code:
        _failed(state, method, url, failure_text(response.error), throw)
    state.kept[number] = response
    kept_as = wishes.response_type or ("none" if state.discard else "")
    if kept_as and kept_as != "text":
        state.types[number] = kept_as
    return response.status_code if response.row[8] < LARGE else response.status_code + 1000


def later(context: Any, *order: Any) -> int:
    """As `send`, in a fiber of its own."""
    return send(context, *order)


def send_all(context: Any, orders: list[list[Any]]) -> list[int]:
    """The requests of a batch, side by side; their statuses in order."""
    state = state_of(context)
    state.begin()
    statuses = [0] * len(orders)

    def one(index: int, order: list[Any]) -> None:
        statuses[index] = send(context, *order)

    jobs = [(_host(cast("str", order[2])), partial(one, index, order)) for index, order in enumerate(orders)]
    vu = state.vu
    try:
        run_together(vu.hub, jobs, int(option(vu, "batch", 20)), int(option(vu, "batchPerHost", 6)))
    except BaseException:
        for order in orders:  # the script never gets these responses
            state.kept.pop(order[0], None)
            state.types.pop(order[0], None)
        raise
    return statuses


def _exchange(  # noqa: PLR0917 - one call site
    state: HttpState,
    session: Session,
    wishes: Wishes,
    method: str,
    url: str,
    name: str | None,
    kind: int,
    data: Any,
) -> Any:
    headers = wishes.headers
    body = data
    if kind >= 2:
        body, content_type = _body(kind, data)
        if content_type:
            headers = _with_type(headers, content_type)
    if wishes.plain:
        if headers is None and wishes.expected is None:
            return session.request(method, url, name, data=body)
        return session.request(method, url, name, data=body, headers=headers, expect=wishes.expected)
    if wishes.compression and body:
        body = body.encode() if isinstance(body, str) else body
        for each in wishes.compression:
            body = _compressed(body, each)
        headers = {**(headers or {}), "Content-Encoding": ", ".join(wishes.compression)}
    if wishes.jar or wishes.redirects:
        session = state.sibling(session, wishes.jar, wishes.redirects)
    options: dict[str, Any] = {}
    if wishes.timeout is not None:
        options["timeout"] = wishes.timeout
    if wishes.auth == "digest":
        userinfo = split_url(url).userinfo
        if userinfo is None:
            raise JsThrow("Error", 'auth "digest" needs user and password in the URL: http://user:password@host/')
        options["auth"] = DigestAuth(*userinfo)
    return session.request(
        method,
        url,
        name,
        data=body,
        headers=headers,
        cookies=wishes.cookies,
        expect=wishes.expected,
        allow_redirects=wishes.redirects != 0,
        **options,
    )


def _with(tags: TagSet, extra: Mapping[str, str]) -> TagSet:
    if "self" in extra:  # a name that with_tags() cannot take
        return TagSet.of({**tags.as_dict(), **extra})
    return tags.with_tags(**extra)


def _with_type(headers: dict[str, str] | None, content_type: str) -> dict[str, str]:
    """The headers with this content type, unless the script names its own."""
    if headers is None:
        return {"Content-Type": content_type}
    if any(name.lower() == "content-type" for name in headers):
        return headers
    return {**headers, "Content-Type": content_type}


def _body(kind: int, data: Any) -> tuple[str | bytes, str]:
    """The body of kinds 2 (form as JSON), 3 (bytes) and 4 (parts), and its content type."""
    if kind == 2:
        return _form(msgspec.json.decode(data)), _FORM
    if kind == 3:
        return _bytes(data), ""
    fields: list[tuple[str, object]] = []
    files: list[tuple[str, object]] = []
    for part in cast("list[list[Any]]", data):
        if len(part) == 2:
            fields.append((part[0], [_shown(each) for each in _each(part[1])]))
        else:
            files.append((part[0], (part[2], _bytes(part[1]), part[3])))
    made = multipart_body(fields, files)
    return made.content or b"", made.content_type or ""


def _bytes(data: Any) -> bytes:
    if isinstance(data, str):
        return data.encode("utf-8", "replace")
    return data if isinstance(data, bytes) else memoryview(data).tobytes()


def _form(fields: dict[str, Any]) -> str:
    """Form fields, sorted by name, as k6 sends them."""
    pairs = [(name, _shown(each)) for name in sorted(fields) for each in _each(fields[name])]
    return encode_pairs(pairs)


def _each(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _shown(value: Any) -> str:
    """A field's value; objects have no form in a form."""
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _compressed(body: bytes, name: str) -> bytes:
    if name == "gzip":
        return gzip.compress(body, mtime=0)
    if name == "deflate":
        return zlib.compress(body)
    if name == "br":
        import brotli  # noqa: PLC0415 # pyright: ignore[reportMissingTypeStubs] - few tests compress

        return cast("bytes", cast("Any", brotli).compress(body))
    import zstandard  # noqa: PLC0415 - as above

    return zstandard.ZstdCompressor().compress(body)


def _host(url: str) -> str:
    try:
        return split_url(url).host
    except ValueError:
        return ""


def _refused(  # noqa: PLR0917 - all are positions of one call
    state: HttpState, number: int, method: str, url: str, error: InvalidUrl, throw: bool
) -> int:
    message = url_advice(url, error.message)
    _failed(state, method, url, message, throw)
    state.kept[number] = NoResponse(method, url, message, error.code)
    return 0


def _failed(state: HttpState, method: str, url: str, message: str, throw: bool) -> None:
    line = failure_line(method, url, message)
    if throw:
        raise JsThrow("Error", line)
    state.vu.log("warn", "Request Failed", error=line)
