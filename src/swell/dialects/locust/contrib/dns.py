"""`locust.contrib.dns`: users of name servers, on dnspython.

Rules: every function of `dns.query` is a method of the client. Names and types of requests are Locust's; an error of
DNS is a failed request and the method returns None; an answer without records is a failed request too.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from swell.dialects.locust.contrib.library import library
from swell.dialects.locust.exception import LocustError
from swell.dialects.locust.users import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.dialects.locust.event import EventHook

__all__ = ["DNSClient", "DNSUser"]

_query: Any = library("dns.query", "dnspython", "locust.contrib.dns")
_Error: Any = library("dns.exception", "dnspython", "locust.contrib.dns").DNSException


class DNSClient:
    """Tells `request_event` of each query."""

    def __init__(self, request_event: EventHook) -> None:
        self.request_event = request_event

    def __getattr__(self, function_name: str) -> Callable[..., Any]:
        function = getattr(_query, function_name)

        def ask(message: Any, *args: Any, name: str | None = None, **kwargs: Any) -> Any:
            response, error = None, None
            begun, start = time.time(), time.perf_counter()
            try:
                response = function(message, *args, **kwargs)
            except _Error as raised:
                error = raised
            else:
                if not response.answer:
                    error = LocustError("No answer in DNS response")
            self.request_event.fire(
                request_type="DNS",
                name=name or function_name,
                response_time=(time.perf_counter() - start) * 1000.0,
                response_length=0,
                response=response,
                context={},
                exception=error,
                start_time=begun,
            )
            return response

        return ask


class DNSUser(User):
    """A user with a `client`: `self.client.udp(message, "127.0.0.1")` and so on."""

    abstract: ClassVar[bool] = True

    def __init__(self, environment: Any = None) -> None:
        super().__init__(environment)
        self.client = DNSClient(environment.events.request)
