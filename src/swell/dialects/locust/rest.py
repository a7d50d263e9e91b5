"""`rest()` of HTTP users: requests to JSON interfaces, checked in a block that never raises.

Rules: the block's AssertionError becomes the failure's text (with the body if it ends in a comma), any other exception
becomes a failure with type, text and place; neither reaches the task. What steers the user passes.
"""

from __future__ import annotations

import re
import time
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swell.dialects.locust.exception import STEERING

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

__all__ = ["RestMixin"]

_SHOWN = 200


class RestMixin:
    """For users that have a `client`."""

    client: Any

    @contextmanager
    def rest(self, method: str, url: str, headers: Mapping[str, str] | None = None, **kwargs: Any) -> Generator[Any]:
        """A request with JSON headers; the response has the parsed body as `js` (None if it has none)."""
        own = dict(headers or {})
        for name in ("Content-Type", "Accept"):
            if name not in own and name.lower() not in own:
                own[name] = "application/json"
        with self.client.request(method, url, catch_response=True, headers=own, **kwargs) as response:
            response.js = None
            if response.content is None:
                response.failure(str(response.error))
            elif response.text:
                _parse(response)
            try:
                yield response
            except AssertionError as error:
                _note_assertion(response, error)
            except STEERING:
                raise
            except Exception as error:
                places = ", ".join(_places(error))
                response.failure(f"{type(error).__name__}: {error} at {places}. Response was {_short(response)}")

    @contextmanager
    def rest_(self, method: str, url: str, name: str | None = None, **kwargs: Any) -> Generator[Any]:
        """As `rest`, with a parameter `_` that no cache has seen before."""
        mark = f"{url}{'&' if '?' in url else '?'}_="
        with self.rest(method, f"{mark}{int(time.time() * 1000)}", name=name or f"{mark}...", **kwargs) as response:
            yield response


def _parse(response: Any) -> None:
    try:
        response.js = response.json()
    except ValueError as error:
        response.failure(
            f"Could not parse response as JSON. {response.text[:250]}, response code {response.status_code}, "
            f"error {error}"
        )


def _note_assertion(response: Any, error: AssertionError) -> None:
    text = str(error.args[0]) if error.args else ""
    if not text:
        response.failure("Assertion failed")
    elif text.endswith(","):
        response.failure(f"{text[:-1]}, response was {_short(response)}")
    else:
        response.failure(text)


def _short(response: Any) -> Any:
    return response.text[:_SHOWN] if response.text else response.text


def _places(error: Exception) -> list[str]:
    here = str(Path(__file__).resolve())
    return [
        f"{re.sub(r'/((home|Users)/[^/]*)/', '~/', frame.filename)}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != here
    ]
