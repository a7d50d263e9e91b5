"""Requests that test code measured itself: from the arguments of `events.request.fire` to the recorder.

Rules: what Locust's own listener needs is needed here (request_type, name, response_time, response_length). A response
time of None counts the request but not its time (tag `untimed`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.dialects.locust.body_sizes import count_body
from swell.dialects.locust.measured import UNTIMED_TAG
from swell.dialects.locust.wire import flatten
from swell.metrics.tags import EMPTY, TagSet
from swell.runtime.fiber import current_fiber, in_fiber

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.engine.script import WorkerContext

__all__ = ["make_recorder"]


def make_recorder(context: WorkerContext) -> Callable[[dict[str, Any]], None]:
    """What `RequestHook.record` is in a worker."""
    recorder, time = context.recorder, context.hub.time

    def record(arguments: dict[str, Any]) -> None:
        fiber = current_fiber() if in_fiber() else None
        base: TagSet = (fiber.tags if fiber is not None else None) or EMPTY
        error = arguments.get("exception")
        tags = base.with_tags(
            name=str(arguments["name"]),
            method=str(arguments["request_type"]),
            expected_response="false" if error else "true",
        )
        length = arguments["response_length"]
        milliseconds = arguments["response_time"]
        if milliseconds is None:
            tags = tags.with_tags(**{UNTIMED_TAG: "true"})
        seconds = float(milliseconds or 0.0) / 1000.0
        if error:
            recorder.add_error("custom", flatten(error), tags, None)
        now = time()
        lag = fiber.lag if fiber is not None else 0.0
        row = (recorder.request_series(tags), now - seconds, now, lag, 0.0, seconds, 0.0, 0, int(length or 0))
        recorder.add_request(row)
        count_body(recorder, row[0], row[2], row[8])

    return record
