"""One user as the engine sees it: picks tasks, runs one per iteration, follows it into task sets and out again.

Rules: the sets a user is in form a stack, the user's own tasks at the bottom. In closed loads an iteration is one
task, wherever the user stands; the engine waits between iterations and may stop the user there. In open loads one
arrival is one task too, except that a SequentialTaskSet counts as one: its pass from first to last task runs in one
iteration. What each exception does is Locust's table; errors of tasks go up to the engine, which counts them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

from swell.dialects.python.current import call, finish
from swell.dialects.python.exceptions import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopUser,
)
from swell.dialects.python.tasksets import DefaultTaskSet, SequentialTaskSet, TaskSet
from swell.engine.script import AbortRun, StopVirtualUser
from swell.model.plan import ArrivalRuns, ArrivalSequence, ArrivalStages

if TYPE_CHECKING:
    from swell.dialects.python.environment import Environment
    from swell.dialects.python.tasks import Task
    from swell.dialects.python.users import User
    from swell.engine.user import VirtualUser

__all__ = ["UserScript"]

_log = logging.getLogger("swell.user")


class UserScript:
    """The `engine.script.Script` of one instance of a user class."""

    __slots__ = ("_open", "_skip_pause", "instance", "stack", "vu")

    def __init__(self, user_class: type[User], vu: VirtualUser, environment: Environment) -> None:
        environment.joining = vu
        try:
            self.instance: User = user_class(environment)
        finally:
            environment.joining = None
        self.vu = vu
        self.stack: list[TaskSet] = [DefaultTaskSet(self.instance)]
        self._skip_pause = False
        self._open = isinstance(vu.workload.profile, (ArrivalStages, ArrivalRuns, ArrivalSequence))

    def start(self) -> None:
        """As `Script.start`: the user's on_start."""
        try:
            call(self.instance.on_start)
        except StopVirtualUser:
            raise
        except BaseException:
            self.instance.release()  # stop() will not be called
            raise

    def warm(self) -> None:
        """As `Script.warm`: the user's connections."""
        self.instance.warm()

    def iterate(self) -> None:
        """As `Script.iterate`: one task, or one pass of a sequence where arrivals start it."""
        if self._open:
            self._serve_arrival()
        else:
            self._step()
        if self.instance.leaving:
            raise StopUser

    def pause(self) -> float:
        """As `Script.pause`: the wait time of the set the user is in."""
        if self._skip_pause:
            return 0.0
        return finish(self.stack[-1].wait_time())

    def stop(self) -> None:
        """As `Script.stop`: on_stop of the sets from the inside out, then of the user."""
        try:
            while len(self.stack) > 1:
                try:
                    self._leave()
                except StopVirtualUser:
                    continue  # it is what happens already
            call(self.instance.on_stop)
        finally:
            self.instance.release()

    def _step(self) -> None:
        self._skip_pause = False
        stack = self.stack
        try:
            holder = stack[-1]
            task: Any = holder.take_task()
            while isinstance(task, type) and issubclass(task, TaskSet):
                child = holder.child(task)
                if not self._enter(child):
                    return
                holder = child
                task = holder.take_task()
            holder.execute_task(cast("Task", task))
        except RescheduleTaskImmediately:
            self._skip_pause = True
        except RescheduleTask:
            pass
        except InterruptTaskSet as interrupt:
            self._skip_pause = interrupt.reschedule
            self._leave()

    def _enter(self, child: TaskSet) -> bool:
        """Run the set's on_start. False: it left at once, without on_stop."""
        try:
            call(child.on_start)
        except InterruptTaskSet as interrupt:
            self._skip_pause = interrupt.reschedule
            return False
        self.stack.append(child)
        return True

    def _serve_arrival(self) -> None:
        """One task, and the rest of the sequence it belongs to."""
        try:
            self._step()
            if len(self.stack) > 1:
                self._finish_sequence()
        except Exception:
            # The next arrival is another journey: it does not begin in the middle of this one.
            while len(self.stack) > 1:
                self._leave()
            raise

    def _finish_sequence(self) -> None:
        """Go on, with waits, until the user is in no sequence any more."""
        stack = self.stack
        while any(isinstance(entered, SequentialTaskSet) for entered in stack):
            top = stack[-1]
            if isinstance(top, SequentialTaskSet) and top.passes and not top.queued:
                self._leave()
                continue
            pause = self.pause()
            if pause > 0:
                self.vu.sleep(pause)
            elif self.vu.stopping:
                raise StopVirtualUser
            self._step()

    def _leave(self) -> None:
        """Leave the innermost set; the user's own tasks cannot be left."""
        if len(self.stack) == 1:
            return
        left = self.stack.pop()
        try:
            call(left.on_stop)
        except (StopVirtualUser, AbortRun):
            raise
        except Exception:
            _log.exception("on_stop of %s failed", type(left).__qualname__)
