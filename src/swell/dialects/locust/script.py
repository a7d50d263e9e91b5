"""One user of a locustfile as the engine sees it.

Rules: the native script (`dialects.python.script`) with Locust's classes: which set stands for the user's own tasks,
what counts as its error, and names on users that no test file takes.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NoReturn

from swell.dialects.locust.exception import StopUser
from swell.dialects.locust.locustfiles import exit_code_of
from swell.dialects.locust.tasks import DefaultTaskSet
from swell.dialects.python.current import call
from swell.dialects.python.script import UserScript
from swell.engine.script import StopVirtualUser
from swell.model.plan import ArrivalRuns, ArrivalSequence, ArrivalStages

if TYPE_CHECKING:
    from swell.dialects.locust.env import Environment
    from swell.engine.user import VirtualUser

__all__ = ["LocustScript"]

_log = logging.getLogger("locust.main")


class LocustScript(UserScript):
    """The `engine.script.Script` of one user. `phase`: "start", "run" or "stop"."""

    __slots__ = ("phase",)

    instance: Any

    def __init__(self, user_class: Any, vu: VirtualUser, environment: Environment) -> None:
        self.phase = "start"
        environment.joining = vu
        try:
            self.instance = user_class(environment)
        finally:
            environment.joining = None
        self.vu = vu
        self.stack = [DefaultTaskSet(self.instance)]
        self._skip_pause = False
        self._open = isinstance(vu.workload.profile, (ArrivalStages, ArrivalRuns, ArrivalSequence))

    def start(self) -> None:
        """As `Script.start`: the user's on_start."""
        try:
            call(self.instance.on_start)
        except StopVirtualUser:
            raise
        except SystemExit as end:
            self._exit(end)
        except BaseException:
            self._release()  # stop() will not be called
            raise
        self.phase = "run"

    def iterate(self) -> None:
        """As `Script.iterate`: one task."""
        try:
            if self._open:
                self._serve_arrival()
            else:
                self._step()
        except SystemExit as end:
            self._exit(end)
        if self.instance.swell_leaving:
            raise StopUser

    def _exit(self, end: SystemExit) -> NoReturn:
        """`sys.exit()` in a task: the test ends with that exit code, and what was measured is kept."""
        code = end.code
        _log.info("sys.exit(%r) called by %s", code, type(self.instance).__name__)
        if isinstance(code, str):
            _log.error(code)
        environment: Any = self.instance.environment
        environment.process_exit_code = exit_code_of(code)
        environment.runner.quit()
        raise StopUser

    def stop(self) -> None:
        """As `Script.stop`: on_stop of the sets from the inside out, then of the user."""
        self.phase = "stop"
        try:
            while len(self.stack) > 1:
                try:
                    self._leave()
                except StopVirtualUser:
                    continue  # it is what happens already
            call(self.instance.on_stop)
        finally:
            self._release()

    def _release(self) -> None:
        client = self.instance.__dict__.get("client")
        close = getattr(client, "close", None)
        if close is not None and type(client).__module__.startswith("swell."):
            close()
