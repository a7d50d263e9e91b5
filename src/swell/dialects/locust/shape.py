"""Locust's load shapes (the module `locust.shape`): asked about once a second while the test runs.

Rules: a shape is a live thing: it sees the runner and the statistics so far. How its answers steer the users is
`shape_loop`'s.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

__all__ = ["LoadTestShape", "LoadTestShapeMeta"]


class LoadTestShapeMeta(type):
    """`abstract` is never inherited."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        """As type."""
        body.setdefault("abstract", False)
        return super().__new__(mcs, name, bases, body)


class LoadTestShape(metaclass=LoadTestShapeMeta):
    """Subclass it and define `tick`."""

    runner: Any = None
    abstract: ClassVar[bool] = True
    use_common_options: ClassVar[bool] = False
    start_time: float

    def __new__(cls, *_args: Any, **_options: Any) -> LoadTestShape:  # noqa: D102
        self = super().__new__(cls)
        # Here, so that a subclass whose __init__ does not call ours works all the same.
        self.start_time = time.perf_counter()
        return self

    def reset_time(self) -> None:
        """Count the run time from now on."""
        self.start_time = time.perf_counter()

    def get_run_time(self) -> float:
        """Seconds since the start of the test."""
        return time.perf_counter() - self.start_time

    def get_current_user_count(self) -> int:
        """How many users run now."""
        return self.runner.user_count

    def tick(self) -> Any:
        """(users, spawn_rate), (users, spawn_rate, [user classes]), or None to end the test."""
        raise NotImplementedError(f"{type(self).__name__} has no tick()")
