"""Locust's exceptions (the module `locust.exception`): what user code raises and catches by name.

Rules: those that steer a user are the native dialect's, so that the engine and the HTTP client treat them alike.
"""

from __future__ import annotations

from typing import Any

from swell.dialects.python.exceptions import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser
from swell.engine.script import StopVirtualUser

__all__ = [
    "STEERING",
    "CatchResponseError",
    "InterruptTaskSet",
    "LocustError",
    "MissingWaitTimeError",
    "RPCError",
    "RPCReceiveError",
    "RPCSendError",
    "RescheduleTask",
    "RescheduleTaskImmediately",
    "ResponseError",
    "RunnerAlreadyExistsError",
    "StopTest",
    "StopUser",
]


class LocustError(Exception):
    """Wrong use of Locust's API."""


class ResponseError(Exception):
    """Raised in a `catch_response` block: the request failed, the task goes on after the block."""


class CatchResponseError(Exception):
    """What `response.failure("text")` records."""


class MissingWaitTimeError(LocustError):
    """No wait time can be had."""


class StopTest(StopVirtualUser):
    """In `test_start`, a constructor or a shape: end the test. In a task: end this user."""


class RPCError(Exception):
    """Messages between nodes; never raised here."""


class RPCSendError(Exception):
    """As RPCError."""


class RPCReceiveError(Exception):
    """As RPCError."""

    def __init__(self, *args: object, addr: Any = None) -> None:
        super().__init__(*args)
        self.addr = addr


class RunnerAlreadyExistsError(Exception):
    """An environment has one runner."""


STEERING = (StopVirtualUser, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet)
"""These pass through event listeners to whoever fired the event."""
