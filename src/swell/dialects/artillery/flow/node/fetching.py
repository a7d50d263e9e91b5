"""Requests that a processor makes itself: the host function behind fetch, http and axios.

Rules: they go through a session of the processor's own; what it sends is not in Artillery's metrics. They run in a
fiber of their own, so that the engine is free meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swell.dialects.javascript import HostFunction, JsThrow

__all__ = ["calls"]


def calls() -> Mapping[str, Mapping[str, object]]:
    """By the file they belong to."""
    return {"fetch": {"send": HostFunction(_send, "spawn")}}


def _send(  # noqa: PLR0917 - called by a script's own arguments
    context: Any, method: str, url: str, headers: Any, body: Any, follow: bool
) -> dict[str, Any]:
    """The response: status, reason, headers as pairs, body, url. Raises the failure as an error."""
    processor = context.state
    if processor.session_factory is None:
        raise JsThrow("Error", "requests can be made only while the test runs")
    if processor.session is None:
        processor.session = processor.session_factory()
    pairs: dict[str, str] = {str(name): str(value) for name, value in headers}
    data = body if body is None or isinstance(body, str) else bytes(body)
    if isinstance(data, str):
        data = data.encode("utf-8", "replace")
    try:
        response = processor.session.request(
            method, url, "processor", data=data, headers=pairs, allow_redirects=bool(follow)
        )
    except (ValueError, TypeError) as error:
        raise JsThrow("TypeError", str(error)) from None
    if not response.status_code:
        from swell.dialects.artillery.flow.failures import error_code  # noqa: PLC0415 - failures only

        raise JsThrow("TypeError", f"fetch failed: {error_code(response.error)}: {response.error}")
    return {
        "status": response.status_code,
        "reason": response.reason,
        "headers": [list(pair) for pair in response.headers.pairs()],
        "body": response.content,
        "url": response.url,
        "redirected": bool(response.history),
    }
