"""What the users of other protocols share: their library, the event of requests, and one way to time a call.

Rules: a library is imported when a test imports the module that needs it, never before. Its threads are fibers, as all
threads are in Locust, so that its callbacks run where the users do.
"""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any

from swell.dialects.locust import names
from swell.runtime import blocking

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.dialects.locust.event import RequestHook

__all__ = ["CollectionClient", "Outcome", "library", "outcome_of", "request_hook", "tell", "told", "with_empty"]

Outcome = dict[str, Any]
"""How a call ended: `success`, `response_time` (ms), and `result` or `exception`."""


def library(module: str, package: str, users: str) -> Any:
    """A module of a client library. ModuleNotFoundError that says which `package` to install for `users`."""
    blocking.install(threads_as_fibers=True)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise ModuleNotFoundError(
            f"{users} needs the library {error.name}, which is not installed here: pip install {package}",
            name=error.name,
        ) from None


def request_hook() -> RequestHook:
    """`events.request` of the test that is loaded."""
    return names.events.request


def outcome_of(call: Callable[[], Any]) -> Outcome:
    """Make a call and time it; an exception is part of the outcome."""
    start = time.perf_counter()
    try:
        result = call()
    except Exception as error:
        return {"success": False, "response_time": (time.perf_counter() - start) * 1000.0, "exception": error}
    return {"success": True, "response_time": (time.perf_counter() - start) * 1000.0, "result": result}


class CollectionClient:
    """A client of one collection of a database; `client` is the library's."""

    client: Any
    collection_name: str

    def close(self) -> None:
        """Close the client."""
        self.client.close()

    def _call(self, method: str, **kwargs: Any) -> Outcome:
        return outcome_of(lambda: getattr(self.client, method)(collection_name=self.collection_name, **kwargs))


def with_empty(found: Outcome, *, empty: bool) -> Outcome:
    """The outcome of a search that went well: one that found nothing is no success."""
    return {**found, "success": not empty, "empty": empty}


def tell(request_type: str, name: str, response_time: float, error: Exception | None = None) -> None:
    """Fire the request event of a call that took `response_time` ms."""
    request_hook().fire(
        request_type=request_type, name=name, response_time=response_time, response_length=0, exception=error
    )


def told(request_type: str, name: str, found: Outcome) -> Outcome:
    """The outcome, told as a request."""
    tell(request_type, name, found["response_time"], found.get("exception"))
    return found
