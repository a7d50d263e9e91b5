"""Runs a load shape: asks it about once a second and steers the users by its answers.

Rules: runs in a fiber beside the users. A new ramp begins only when the answer differs from the last one; the loop then
waits until the ramp is complete, as Locust's does, so that shapes act alike. `tick` is user code: what it raises, and
an answer that makes no sense, ends the test, with exit code 2 as in Locust.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

from swell.dialects.locust import log
from swell.dialects.locust.exception import StopTest
from swell.dialects.locust.runners import STATE_INIT, STATE_RUNNING, STATE_SPAWNING
from swell.engine.tracebacks import user_traceback

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.dialects.locust.env import Environment

__all__ = ["ShapeLoop", "ask"]

_log = logging.getLogger("locust.runners")
_main_log = logging.getLogger("locust.main")
_BEAT = 0.05


def ask(shape: Any) -> tuple[int, float, Any] | None:
    """What a shape says now: users, spawn rate, user classes or None; None when the test is over, which is logged."""
    try:
        answer: Any = shape.tick()
        if answer is None:
            _log.info("Shape test stopping")
            return None
        return _checked(answer)
    except StopTest as stop:
        _log.error(str(stop))
    except Exception as error:
        log.note_unhandled()
        _log.critical("Unhandled exception in %s.tick(): \n%s", type(shape).__name__, user_traceback(error))
    return None


def _checked(answer: Any) -> tuple[int, float, Any]:
    parts: list[Any] = list(answer) if isinstance(answer, tuple | list) else []  # type: ignore[reportUnknownArgumentType]
    numbers = all(isinstance(part, int | float) and math.isfinite(part) for part in parts[:2])
    if len(parts) not in {2, 3} or not numbers or parts[0] < 0 or parts[1] <= 0:
        raise ValueError(
            "tick() gives a number of users from 0 on, a spawn rate above 0 and, if wanted, a list of user classes; "
            f"or None to end the test. It gave {answer!r}"
        )
    return int(parts[0]), float(parts[1]), parts[2] if len(parts) == 3 else None


class ShapeLoop:
    """The loop of one test. `end(reason)` ends the test."""

    def __init__(self, environment: Environment, end: Callable[[str], None]) -> None:
        self._environment = environment
        self._end = end

    def run(self) -> None:
        """Until the shape says that the test is over, or the test ends."""
        environment = self._environment
        runner, shape = environment.runner, environment.shape_class
        assert environment.context is not None
        hub = environment.context.hub
        _log.info("Shape test starting.")
        _log.info("Shape worker starting")
        shape.reset_time()
        while runner.state in {STATE_INIT, STATE_SPAWNING, STATE_RUNNING}:
            begun = hub.time()
            answer = ask(shape)
            if answer is None:
                if getattr(environment.parsed_options, "headless", False):
                    _main_log.info("Shape test completed, shutting down")
                self._end("the shape is over")
                return
            if answer != runner.shape_last_tick:
                users, rate, classes = answer
                _log.info("Shape test updating to %d users at %.2f spawn rate", users, rate)
                runner.start(users, rate, user_classes=classes)
                runner.shape_last_tick = answer
                while runner.state == STATE_SPAWNING:
                    hub.sleep(_BEAT)
            hub.sleep(max(0.0, 1.0 - (hub.time() - begun)))
