"""Events: functions of the test file that are called when something happens in a worker.

Rules: names and keyword arguments are Locust's. Listeners are called in the order in which they were added; an error
in one is logged and does not keep the others from running, but exceptions that steer a user or the run pass
through. `events` itself holds nothing: it leads to the hooks of the file that is being loaded or runs.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from swell.dialects.python.exceptions import (
    AbortRun,
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
)
from swell.engine.script import StopVirtualUser
from swell.runtime.fiber import current_fiber, in_fiber

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from swell.http.response import Response

__all__ = ["EventHook", "Events", "RequestHook", "events"]

_log = logging.getLogger("swell.events")
_STEERING = (StopVirtualUser, AbortRun, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet)

Listener = TypeVar("Listener", bound="Callable[..., Any]")


class EventHook:
    """One event. Test code may make its own."""

    def __init__(self) -> None:
        self.listeners: list[Callable[..., Any]] = []

    def add_listener(self, listener: Listener) -> Listener:
        """Call `listener` from now on; returns it, so it can be used as a decorator."""
        self.listeners.append(listener)
        return listener

    def remove_listener(self, listener: Callable[..., Any]) -> None:
        """Call it no more. Raises ValueError if it was not added."""
        self.listeners.remove(listener)

    def fire(self, **arguments: Any) -> None:
        """Call all listeners with these keyword arguments."""
        # A copy: a listener may add and remove listeners.
        for listener in tuple(self.listeners):
            try:
                _call_listener(listener, arguments)
            except _STEERING:
                raise
            except Exception:
                _log.exception("a listener failed: %s", getattr(listener, "__qualname__", listener))


def _call_listener(listener: Callable[..., Any], arguments: dict[str, Any]) -> None:
    from swell.dialects.python.current import call  # noqa: PLC0415 - events are there before anything runs

    if in_fiber():
        call(lambda: listener(**arguments))
    else:
        listener(**arguments)


class RequestHook(EventHook):
    """The event of one finished request. Firing it by hand also measures: that is how custom clients report."""

    def fire(self, **arguments: Any) -> None:
        """Call the listeners and record the request.

        `request_type` (recorded as the method), `name`, `response_time` in milliseconds, `response_length` in bytes,
        `exception` (None: the request succeeded); `context`, `response`, `start_time` and `url` go to listeners only.
        """
        super().fire(**arguments)
        if in_fiber():
            _record(arguments)

    def tell(self, **arguments: Any) -> None:
        """Call the listeners only; for requests that the HTTP client has recorded."""
        super().fire(**arguments)

    def tell_response(self, response: Response) -> None:
        """Call the listeners with a response of the HTTP client."""
        row, series = response.row, response.endpoint.series
        seconds = row[2] - row[1]
        exception: BaseException | None = None
        if series.ok.get(response.status_code) != row[0]:
            exception = response.error or RuntimeError(f"{response.status_code} {response.reason} for {series.name}")
        self.tell(
            request_type=series.method,
            name=series.name,
            response_time=seconds * 1000.0,
            response_length=int(row[8]),
            exception=exception,
            context={},
            response=response,
            start_time=time.time() - seconds,
            url=response.url,
        )

    @contextmanager
    def measure(
        self, request_type: str, name: str, response_length: int = 0, context: dict[str, Any] | None = None
    ) -> Generator[dict[str, Any]]:
        """Time a block and report it as a request; the dict given may be edited until the end of the block.

        An exception in the block makes the request a failed one and goes no further.
        """
        meta: dict[str, Any] = {
            "request_type": request_type,
            "name": name,
            "response_length": response_length,
            "context": context or {},
            "response": None,
            "exception": None,
            "start_time": time.time(),
        }
        clock = _clock()
        start = clock()
        try:
            yield meta
        except _STEERING:
            raise
        except Exception as error:
            meta["exception"] = error
        meta.setdefault("response_time", (clock() - start) * 1000.0)
        self.fire(**meta)


def _clock() -> Callable[[], float]:
    if in_fiber() and current_fiber().user is not None:
        return current_fiber().user.hub.time
    return time.perf_counter


def _record(arguments: dict[str, Any]) -> None:
    """Write one request of a custom client to the recorder."""
    fiber = current_fiber()
    user = fiber.user
    if user is None:
        return
    error: BaseException | str | None = arguments.get("exception")
    tags = fiber.tags.with_tags(
        name=str(arguments["name"]),
        method=str(arguments["request_type"]),
        expected_response="false" if error else "true",
    )
    if error:
        text = str(error) or type(error).__name__
        tags = tags.with_tags(error="custom")
        user.recorder.add_error("custom", text, tags, None)
    seconds = float(arguments.get("response_time") or 0.0) / 1000.0
    length = int(arguments.get("response_length") or 0)
    now = user.hub.time()
    series = user.recorder.request_series(tags)
    user.recorder.add_request((series, now - seconds, now, fiber.lag, 0.0, seconds, 0.0, 0, length))


class Events:
    """The hooks of one load of one test file."""

    def __init__(self) -> None:
        self.init = EventHook()
        """The worker is ready. `environment`."""
        self.test_start = EventHook()
        """Before setup and before any user, in every worker. `environment`."""
        self.test_stop = EventHook()
        """After all users, in every worker. `environment`."""
        self.request = RequestHook()
        """A request has ended: `request_type`, `name`, `response_time` (ms), `response_length`, `exception`,
        `context`, `response`, `start_time`, `url`."""
        self.user_error = EventHook()
        """User code raised: `user_instance` (the task set or user), `exception`, `tb`."""
        self.spawning_complete = EventHook()
        """All users of this worker that the plan asks for run. `user_count`."""


class _CurrentEvents:
    """The `events` of the Python API: leads to the hooks of the test file at hand."""

    init: EventHook
    test_start: EventHook
    test_stop: EventHook
    request: RequestHook
    user_error: EventHook
    spawning_complete: EventHook

    def __init__(self) -> None:
        self._outside = Events()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._find(), name)

    def _find(self) -> Events:
        from swell.dialects.python.scope import current_scope  # noqa: PLC0415 - scopes are made of events

        if in_fiber():
            user = current_fiber().user
            environment = getattr(user, "environment", None)
            if environment is None:
                script = getattr(user, "script", None)
                environment = getattr(getattr(script, "instance", None), "environment", None)
            if environment is not None:
                return environment.events
        scope = current_scope()
        return self._outside if scope is None else scope.events


events = _CurrentEvents()
"""The events of the running test."""
