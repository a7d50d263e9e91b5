"""`httpDebug`: requests and responses in the log, as they were sent and received.

Rules: pure but for the log. Every hop of a chain of redirects is told; bodies only with "full". Passwords, tokens and
cookies are masked, as in everything that Swell shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.http.errors import RequestError
from swell.http.urls import split_url
from swell.metrics.redaction import redact_text, redact_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.http.headers import Headers
    from swell.http.response import Response

__all__ = ["exchange_texts", "tell_exchange"]

_MOST_CHARACTERS = 64 * 1024  # of a body


def tell_exchange(log: Callable[[str, str, str], Any], response: Response, mode: str) -> None:
    """Log a request with all that came of it. `mode`: "full" for bodies too."""
    for hop in (*response.history, response):
        for text in exchange_texts(hop, full=mode == "full"):
            log("info", text, "http-debug")


def exchange_texts(response: Response, *, full: bool) -> list[str]:
    """The request, and the response if there is one."""
    sent = response.request
    target = split_url(redact_url(response.url)).target
    texts = [
        "Request:\n" + _message(f"{sent.method} {target} HTTP/1.1", sent.headers, _shown(sent.body) if full else "")
    ]
    if response.status_code:
        status = f"{response.http_version} {response.status_code} {response.reason}".rstrip()
        texts.append("Response:\n" + _message(status, response.headers, _body(response) if full else ""))
    return texts


def _message(first: str, fields: Headers, body: str) -> str:
    lines = [first, *(f"{name}: {value}" for name, value in fields.pairs())]
    return "\n".join(redact_text(line) for line in lines) + "\n\n" + redact_text(body)


def _body(response: Response) -> str:
    try:
        return _shown(response.content)
    except RequestError:
        return ""


def _shown(body: bytes) -> str:
    text = body[: 4 * _MOST_CHARACTERS].decode("utf-8", "replace")
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}..."
