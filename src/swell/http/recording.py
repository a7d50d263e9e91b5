"""From a finished response to rows of the recorder.

Rules: each response is recorded once. What makes it a failure is decided here and nowhere else: a transport error, a
status that was not expected, or the word of a test (`catch_response`). Examples of errors are made once per kind and
endpoint; the recorder takes secrets out of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from swell.http.errors import RequestError

if TYPE_CHECKING:
    from swell.http.response import Response

__all__ = ["Failure", "judge", "marked", "record"]

_SHOWN_BODY: Final = 500


class Failure(msgspec.Struct, frozen=True, gc=False):
    """Why a request counts as failed: `kind` groups, `message` is for people, `tag` is the tag `error` if any."""

    kind: str
    message: str
    tag: str = ""
    code: int = 0


def judge(response: Response, expected: frozenset[int]) -> Failure | None:
    """What transport and status say."""
    error = response.error
    if isinstance(error, RequestError):
        return Failure(error.kind, error.message, error.kind, error.code)
    if response.status_code:
        if response.status_code in expected:
            return None
        status = f"{response.status_code} {response.reason}".strip()
        return Failure(f"http_{response.status_code}", f"status {status} was not expected")
    return Failure("generic", str(error) or type(error).__name__, "generic", 1000)


def marked(error: BaseException | str) -> Failure:
    """What a test says: a text, or an exception."""
    if isinstance(error, RequestError):
        return Failure(error.kind, error.message, error.kind, error.code)
    if isinstance(error, BaseException):
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return Failure("failed_check", text, "failed_check")
    return Failure("failed_check", str(error), "failed_check")


def record(response: Response, failure: Failure | None) -> None:
    """Add the response's rows; `failure` None counts it as a success."""
    endpoint = response.endpoint
    series = endpoint.series
    client = series.client
    recorder = client.recorder
    if client.connection_tags and (peer := response.remote) is not None:
        series = series.on(peer, response.http_version)
        # The short way counts successes with this: a URL's connections are all of one kind.
        endpoint.ok = series.ok
    if failure is None:
        number = series.success(response.status_code)
    else:
        number = series.failure(response.status_code, failure.tag, failure.code)
    row = response.row = (number, *response.row[1:])
    recorder.add_request(row)
    extra = response.extra
    if extra is not None and extra.opening is not None:
        opening = extra.opening
        recorder.add_connect(
            (number, row[2], extra.blocked, opening.looking_up, opening.connecting, opening.tls_handshaking)
        )
    if failure is not None:
        key = (failure.kind, failure.message)
        example = None
        if key not in series.shown and len(series.shown) < 1000:
            series.shown.add(key)
            example = _example(response)
        recorder.add_error(failure.kind, failure.message, series.tags, example)


def _example(response: Response) -> dict[str, Any]:
    request = response.request
    example: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "status": response.status_code,
        "request_headers": dict(request.headers),
    }
    if response.status_code:
        example["response_headers"] = dict(response.headers)
        try:
            example["body"] = response.content[:_SHOWN_BODY].decode("utf-8", "replace")
        except RequestError as error:
            example["body"] = f"({error.message})"
    return example
