"""Task sets: groups of tasks in which a user stays until it is told to leave.

Rules: as in Locust. A set picks its next task from its queue, else by its own rule (`get_next_task`); it never leaves
by itself. The loop over tasks is not here but in `script.UserScript`, one task per iteration, so that the engine
counts, paces and stops users in sets like any others.
"""

from __future__ import annotations

import random
from collections import deque
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from swell.dialects.python.current import finish
from swell.dialects.python.exceptions import InterruptTaskSet
from swell.dialects.python.tasks import collect_tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.dialects.python.tasks import Task
    from swell.dialects.python.users import User

__all__ = ["DefaultTaskSet", "SequentialTaskSet", "TaskSet"]


class _TaskSetMeta(type):
    """Collects the tasks of a set."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        body["tasks"] = collect_tasks(bases, body)
        return super().__new__(mcs, name, bases, body)


class _SequentialMeta(_TaskSetMeta):
    """Collects the tasks of a sequence: a `tasks` attribute counts where it stands."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        body["tasks"] = collect_tasks(bases, body, in_place=True)
        return type.__new__(mcs, name, bases, body)


class TaskSet(metaclass=_TaskSetMeta):
    """Tasks picked at random by weight, until `interrupt()`.

    `user` is the user, `parent` the set (or user) this set was entered from. A `wait_time` of its own takes the place
    of the user's while the user is in the set.
    """

    tasks: ClassVar[Any] = []

    def __init__(self, parent: Any) -> None:
        self.parent: Any = parent
        self.user: Any = parent.user if isinstance(parent, TaskSet) else parent
        self.vu: Any = getattr(self.user, "vu", None)
        # Made when first needed: most users never schedule a task, and there may be many users.
        self._queue: deque[Task] | None = None
        self._draw: Callable[[], float] | None = None
        if self.vu is not None:
            self._paced_from = self.vu.hub.time()

    @property
    def client(self) -> Any:
        """The user's HTTP client."""
        return self.user.client

    def on_start(self) -> Any:
        """Called when a user enters the set."""

    def on_stop(self) -> Any:
        """Called when a user leaves the set: by `interrupt()`, or because the user ends."""

    def wait_time(self) -> float:
        """Seconds to wait between two tasks of this set: the user's, unless the set has its own."""
        return self.user.wait_time()

    def wait(self) -> None:
        """Wait as between two tasks."""
        self.vu.sleep(self.wait_time())

    def interrupt(self, reschedule: bool = True) -> NoReturn:
        """Leave this set. `reschedule` True: the parent picks its next task at once; False: it waits first."""
        raise InterruptTaskSet(reschedule)

    def schedule_task(self, task: Task, first: bool = False) -> None:
        """Run `task` before any other is picked: after those already scheduled, or before them (`first`)."""
        if self._queue is None:
            self._queue = deque()
        if first:
            self._queue.appendleft(task)
        else:
            self._queue.append(task)

    def get_next_task(self) -> Task:
        """The next task when none is scheduled. To be overridden by sets with a rule of their own."""
        return self._pick(self.tasks)

    def execute_task(self, task: Task) -> Any:
        """Run one task, plain or `async def`."""
        if type(task) is not FunctionType and getattr(task, "__self__", None) is self:
            return finish(task())
        return finish(task(self))

    def take_task(self) -> Task:
        """The next task: a scheduled one, else as `get_next_task`."""
        return self._queue.popleft() if self._queue else self.get_next_task()

    @property
    def queued(self) -> bool:
        """True while tasks are scheduled."""
        return bool(self._queue)

    def child(self, taskset: type[TaskSet]) -> TaskSet:
        """Make a nested set."""
        return taskset(self)

    def _holder(self) -> Any:
        """Whose tasks these are."""
        return self

    def _pick(self, tasks: list[Task]) -> Task:
        count = len(tasks)
        if count == 1:
            return tasks[0]
        if not count:
            raise RuntimeError(f"{type(self._holder()).__qualname__} has no tasks: mark some with @task")
        draw = self._draw
        if draw is None:
            draw = self._draw = random.random if self.vu is None else self.vu.random.random
        return tasks[int(draw() * count)]


class SequentialTaskSet(TaskSet, metaclass=_SequentialMeta):
    """Tasks in the order of the class body, over and over, until `interrupt()`; a weight repeats its task in place.

    Where arrivals start the iterations (an open load), one arrival runs one pass and then leaves the set.
    """

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self._next = 0
        self.passes = 0
        """How often the last task has been reached."""

    def get_next_task(self) -> Task:
        """The task after the one before."""
        tasks: list[Task] = self.tasks
        if not tasks:
            raise RuntimeError(f"{type(self).__qualname__} has no tasks: mark some with @task")
        task = tasks[self._next]
        self._next += 1
        if self._next >= len(tasks):
            self._next = 0
            self.passes += 1
        return task


class DefaultTaskSet(TaskSet):
    """The set a user is in while it is in no other: the tasks of the user itself, which get the user."""

    user: User

    def get_next_task(self) -> Task:
        """One of the user's tasks, by weight."""
        return self._pick(self.user.tasks)

    def execute_task(self, task: Task) -> Any:
        """Run one task with the user as its argument."""
        user = self.user
        if type(task) is not FunctionType and getattr(task, "__self__", None) is user:
            return finish(task())
        return finish(task(user))

    def child(self, taskset: type[TaskSet]) -> TaskSet:
        """Make a set whose parent is the user."""
        return taskset(self.user)

    def _holder(self) -> Any:
        return self.user
