"""The exceptions of the Python API: those that steer a user, and those that tell a person what to correct.

Rules: steering exceptions have Locust's names and meaning; `steers_user` tells the HTTP client that they say nothing
about the request in whose block they are raised. Errors for people carry `for_people = True` and a text
that stands alone: what is wrong, where (file:line), what to do; it never shows frames of this package.
"""

from __future__ import annotations

from typing import ClassVar

from swell.engine.script import AbortRun, StopVirtualUser

__all__ = [
    "AbortRun",
    "FeederError",
    "InterruptTaskSet",
    "OptionError",
    "RescheduleTask",
    "RescheduleTaskImmediately",
    "StopUser",
    "TestFileError",
]


class StopUser(StopVirtualUser):
    """Raised in a task: `on_stop` runs, this user ends and is not replaced."""

    steers_user: ClassVar[bool] = True


class RescheduleTask(Exception):
    """Raised in a task: end it without an error, wait as usual, go on."""

    steers_user: ClassVar[bool] = True


class RescheduleTaskImmediately(Exception):
    """Raised in a task: end it without an error, go on without a wait."""

    steers_user: ClassVar[bool] = True


class InterruptTaskSet(Exception):
    """Raised in a TaskSet (by `interrupt()`): leave the set. `reschedule`: the parent goes on without a wait."""

    steers_user: ClassVar[bool] = True

    def __init__(self, reschedule: bool = True) -> None:
        super().__init__(reschedule)
        self.reschedule = reschedule


class TestFileError(Exception):
    """The test file cannot be used. `path` and `line` (0: the file as a whole) say where, `trace` is the user's
    own traceback or empty, `problem` the text without them.
    """

    __test__: ClassVar[bool] = False  # for pytest: no test class
    for_people: ClassVar[bool] = True

    def __init__(self, problem: str, *, path: str, line: int = 0, trace: str = "") -> None:
        self.problem = problem
        self.path = path
        self.line = line
        self.trace = trace
        where = f"{path}:{line}" if line else path
        super().__init__(f"{where}: {problem}" + (f"\n\n{trace}" if trace else ""))


class OptionError(ValueError):
    """What was asked for on the command line makes no sense for this test file."""

    for_people: ClassVar[bool] = True


class FeederError(ValueError):
    """The data of a feeder cannot be read, or no row is left."""

    for_people: ClassVar[bool] = True
