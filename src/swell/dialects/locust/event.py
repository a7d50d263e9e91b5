"""Locust's events (the module `locust.event`): hooks with exactly its keyword arguments, called in its order.

Rules: listeners are called with the documented keywords and no others, since many take no `**kwargs`. An error in one
is logged, makes the exit code 2 and does not keep the others from running; exceptions that steer pass through. The
request hook also measures: what fires it by hand is recorded, see `RequestHook`.
"""

from __future__ import annotations

import logging
import time
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from weakref import WeakSet

from swell.dialects.locust import log
from swell.dialects.locust.exception import STEERING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["EventHook", "Events", "RequestHook"]

Listener = TypeVar("Listener", bound="Callable[..., Any]")


class EventHook:
    """One event. Test code may make its own."""

    def __init__(self) -> None:
        self._handlers: list[Callable[..., Any]] = []

    def add_listener(self, handler: Listener) -> Listener:
        """Call `handler` from now on; returns it, so it can be used as a decorator."""
        self._handlers.append(handler)
        return handler

    def remove_listener(self, handler: Callable[..., Any]) -> None:
        """Call it no more. Raises ValueError if it was not added."""
        self._handlers.remove(handler)

    @property
    def listened(self) -> bool:
        """Whether anybody listens."""
        return bool(self._handlers)

    def fire(self, *, reverse: bool = False, **kwargs: Any) -> None:
        """Call all listeners with these keyword arguments, the last added first if `reverse`."""
        self._call(self._handlers[::-1] if reverse else self._handlers.copy(), kwargs)

    def _call(self, handlers: list[Callable[..., Any]], kwargs: dict[str, Any]) -> None:
        for handler in handlers:
            try:
                handler(**kwargs)
            except STEERING:
                raise
            except Exception:
                logging.error("Uncaught exception in event handler: \n%s", traceback.format_exc())  # noqa: TRY400 - Locust's line
                log.note_unhandled()

    @contextmanager
    def measure(
        self, request_type: str, name: str, response_length: int = 0, context: dict[str, Any] | None = None
    ) -> Generator[dict[str, Any]]:
        """Time a block and fire the event with it; the dict given may be edited until the end of the block.

        An exception in the block becomes `exception` and goes no further.
        """
        meta: dict[str, Any] = {
            "request_type": request_type,
            "name": name,
            "response_length": response_length,
            "context": context or {},
            "exception": None,
            "start_time": time.time(),
        }
        start = time.perf_counter()
        try:
            yield meta
        except Exception as error:
            meta["exception"] = error
        finally:
            meta["response_time"] = (time.perf_counter() - start) * 1000.0
            self.fire(**meta)


class RequestHook(EventHook):
    """The event of one finished request, which is also recorded.

    The recorder has its place among the listeners: those added before it come first, and one of them that raises
    StopUser or the like keeps the request from being recorded; those added later come after it. HTTP clients register
    themselves as watchers: they tell the listeners of each request only while there are any.
    """

    def __init__(self) -> None:
        super().__init__()
        self._record: Callable[[dict[str, Any]], None] | None = None
        self._first = 0  # listeners before the recorder
        self._watchers: WeakSet[Any] = WeakSet()

    def set_recorder(self, record: Callable[[dict[str, Any]], None]) -> None:
        """Record what is fired from now on; this is the recorder's place among the listeners."""
        self._record = record
        self._first = len(self._handlers)

    def watch(self, client: Any) -> None:
        """Call `client.set_told(True or False)` whenever that changes, and now."""
        self._watchers.add(client)
        client.set_told(self.listened)

    def add_listener(self, handler: Listener) -> Listener:
        """As `EventHook.add_listener`."""
        super().add_listener(handler)
        self._inform()
        return handler

    def remove_listener(self, handler: Callable[..., Any]) -> None:
        """As `EventHook.remove_listener`."""
        if handler in self._handlers[: self._first]:
            self._first -= 1
        super().remove_listener(handler)
        self._inform()

    def fire(self, *, reverse: bool = False, **kwargs: Any) -> None:
        """Tell and record a request that test code measured itself."""
        del reverse
        self.tell(lambda: self._record_fired(kwargs), **kwargs)

    def tell(self, record: Callable[[], object], /, **kwargs: Any) -> None:
        """Call the listeners, and `record` in the recorder's place."""
        handlers = self._handlers.copy()
        self._call(handlers[: self._first], kwargs)
        record()
        self._call(handlers[self._first :], kwargs)

    def _record_fired(self, kwargs: dict[str, Any]) -> None:
        if self._record is None:
            return
        try:
            self._record(kwargs)
        except (KeyError, TypeError, ValueError):
            # As if the recorder were one more listener that asks for these arguments.
            logging.error("Uncaught exception in event handler: \n%s", traceback.format_exc())  # noqa: TRY400 - Locust's line
            log.note_unhandled()

    def _inform(self) -> None:
        told = self.listened
        for client in tuple(self._watchers):
            client.set_told(told)


class Events:
    """All hooks. A subclass with further annotations `name: EventHook` has these too."""

    NAMES: ClassVar[tuple[str, ...]] = (
        "user_error",
        "report_to_master",
        "worker_report",
        "worker_connect",
        "spawning_complete",
        "quitting",
        "quit",
        "init",
        "init_command_line_parser",
        "test_start",
        "test_stopping",
        "test_stop",
        "reset_stats",
        "cpu_warning",
        "heartbeat_sent",
        "heartbeat_received",
        "usage_monitor",
    )

    request: RequestHook
    user_error: EventHook
    report_to_master: EventHook
    worker_report: EventHook
    worker_connect: EventHook
    spawning_complete: EventHook
    quitting: EventHook
    quit: EventHook
    init: EventHook
    init_command_line_parser: EventHook
    test_start: EventHook
    test_stopping: EventHook
    test_stop: EventHook
    reset_stats: EventHook
    cpu_warning: EventHook
    heartbeat_sent: EventHook
    heartbeat_received: EventHook
    usage_monitor: EventHook

    def __init__(self) -> None:
        self.request = RequestHook()
        for name in self.NAMES:
            setattr(self, name, EventHook())
        for name, kind in type(self).__annotations__.items():
            if str(kind).rpartition(".")[2].startswith("EventHook") and not hasattr(self, name):
                setattr(self, name, EventHook())

    @property
    def request_success(self) -> EventHook:
        """Gone from Locust since 2.15, still in many files: called for requests that succeeded."""
        return _Outcome(self.request, failed=False)

    @property
    def request_failure(self) -> EventHook:
        """As `request_success`, for requests that failed."""
        return _Outcome(self.request, failed=True)


class _Outcome(EventHook):
    """A view of the request hook for the listeners of old files, with the keywords of their time."""

    def __init__(self, hook: RequestHook, *, failed: bool) -> None:
        super().__init__()
        self._hook = hook
        self._failed = failed

    def add_listener(self, handler: Listener) -> Listener:
        failed = self._failed

        def listen(
            request_type: str,
            name: str,
            response_time: float,
            response_length: int = 0,
            exception: BaseException | None = None,
            **_: Any,
        ) -> None:
            if failed is not bool(exception):
                return
            known = {"request_type": request_type, "name": name, "response_time": response_time}
            if failed:
                handler(**known, response_length=response_length, exception=exception)
            else:
                handler(**known, response_length=response_length)

        self._hook.add_listener(listen)
        return handler

    def fire(self, *, reverse: bool = False, **kwargs: Any) -> None:
        """Custom clients of old files: record what they measured."""
        kwargs.setdefault("response_length", 0)
        kwargs.setdefault("exception", None)
        self._hook.fire(reverse=reverse, **kwargs)
