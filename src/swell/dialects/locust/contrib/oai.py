"""`locust.contrib.oai`: users of the OpenAI API, on the library openai.

Rules: each HTTP response is a request: its type the method, its name the path or what `rename_request` says, its length
the number of output tokens, which says more than the bytes. Needs OPENAI_API_KEY in the environment.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, ClassVar

from swell.dialects.locust.contrib.library import library
from swell.dialects.locust.renaming import RenamesRequests
from swell.dialects.locust.users import User

if TYPE_CHECKING:
    from swell.dialects.locust.event import EventHook

__all__ = ["OpenAIClient", "OpenAIUser"]

openai: Any = library("openai", "openai", "locust.contrib.oai")
httpx: Any = library("httpx", "httpx", "locust.contrib.oai")

if "OPENAI_API_KEY" not in os.environ:
    raise RuntimeError("OpenAIUser needs the environment variable OPENAI_API_KEY (any text, for a server of your own)")

_START = "swell_start"


class OpenAIClient(RenamesRequests, openai.OpenAI):
    """An `openai.OpenAI` that tells `request_event`; other arguments are the library's."""

    def __init__(self, request_event: EventHook, user: Any, *args: Any, **kwargs: Any) -> None:
        self.user = user
        self.request_event = request_event
        hooks = {"request": [_begin], "response": [self._end]}
        parent: Any = super()
        parent.__init__(*args, **kwargs, http_client=httpx.Client(event_hooks=hooks))

    def _end(self, response: Any) -> None:
        response.read()
        request = response.request
        begun, start = request.extensions[_START]
        took = time.perf_counter() - start
        error = None
        try:
            response.raise_for_status()
        except httpx.HTTPStatusError as raised:
            error = raised
        self.request_event.fire(
            request_type=request.method,
            name=self.request_name or response.url.path,
            response_time=took * 1000.0,
            response_length=_tokens(response),
            response=response,
            context={},
            exception=error,
            start_time=begun,
            url=response.url,
        )


class OpenAIUser(User):
    """A user with a `client`."""

    abstract: ClassVar[bool] = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        environment: Any = self.environment
        self.client: Any = OpenAIClient(environment.events.request, user=self)


def _begin(request: Any) -> None:
    request.extensions = {**request.extensions, _START: (time.time(), time.perf_counter())}


def _tokens(response: Any) -> int:
    """Output tokens as the answer says, by either of the names that the API has for them; 0 where it does not."""
    try:
        usage = response.json()["usage"]
        return int(usage.get("output_tokens") or usage.get("completion_tokens") or 0)
    except (ValueError, KeyError, TypeError, AttributeError):
        return 0
