"""What k6 calls the failures of requests: in `error` of a response, in the tag `error`, in the log.

Rules: pure. Scripts, and programs that read k6's log, look for these texts ("request timeout", "connection refused"),
so they are k6's where it has one; other failures keep the message of the HTTP client.
"""

from __future__ import annotations

import json
from typing import Final

from swell.http.errors import RequestError
from swell.metrics.redaction import redact_url

__all__ = ["WORDS", "failure_line", "failure_text", "url_advice"]

WORDS: Final = {
    "broken_pipe": "write: broken pipe",
    "closed_early": "EOF",
    "connect_timeout": "dial: i/o timeout",
    "dns_not_found": "lookup: no such host",
    "read_timeout": "request timeout",
    "refused": "dial: connection refused",
    "reset": "read: connection reset by peer",
    "total_timeout": "request timeout",
}
"""By the kinds of swell.http.errors."""


def failure_text(error: object) -> str:
    """Why a request failed, as a response tells it."""
    return WORDS.get(error.kind, error.message) if isinstance(error, RequestError) else str(error)


def failure_line(method: str, url: str, text: str) -> str:
    """The same with the request, as k6 logs and throws it; passwords in the URL do not show."""
    return f"{method.capitalize()} {json.dumps(redact_url(url), ensure_ascii=False)}: {text}"


def url_advice(url: str, message: str) -> str:
    """Why this URL cannot be requested: k6 has no base URL that could be set, and `undefined/x` is the usual reason."""
    if "://" in url or not url:
        return message
    return f"{url!r} has no http:// or https:// in front: write the whole URL, such as http://localhost:8000/path"
