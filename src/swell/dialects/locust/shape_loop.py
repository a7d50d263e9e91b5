"""Runs a load shape: asks it about once a second and steers the users by its answers.

Rules: runs in a fiber beside the users. A new ramp begins only when the answer differs from the last one; the loop then
waits until the ramp is complete, as Locust's does, so that shapes act alike. `tick` is user code: what it raises ends
the test.
"""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

from swell.dialects.locust import log
from swell.dialects.locust.exception import StopTest
from swell.dialects.locust.runners import STATE_INIT, STATE_RUNNING, STATE_SPAWNING

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.dialects.locust.env import Environment

__all__ = ["ShapeLoop"]

_log = logging.getLogger("locust.runners")
_BEAT = 0.05


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
            try:
                answer: Any = shape.tick()
            except StopTest as stop:
                _log.error(str(stop))
                self._end("the shape raised StopTest")
                return
            except Exception:
                log.note_unhandled()
                _log.critical("Unhandled exception in %s.tick(): \n%s", type(shape).__name__, traceback.format_exc())
                return
            if answer is None:
                _log.info("Shape test stopping")
                self._end("the shape is over")
                return
            if answer != runner.shape_last_tick:
                users, rate, *classes = answer
                _log.info("Shape test updating to %d users at %.2f spawn rate", users, rate)
                runner.start(users, rate, user_classes=classes[0] if classes else None)
                runner.shape_last_tick = answer
                while runner.state == STATE_SPAWNING:
                    hub.sleep(_BEAT)
            hub.sleep(max(0.0, 1.0 - (hub.time() - begun)))
