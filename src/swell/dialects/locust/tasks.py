"""Locust's tasks and task sets (the module `locust.user.task`).

Rules: collected as Locust collects them: tasks of the base classes from left to right, the `tasks` attribute, then the
decorated members in the order of the class body, each as often as its weight says. The marks on functions have Locust's
names. How a user goes through its sets is the native dialect's (`dialects.python.script`).
"""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from swell.dialects.locust.exception import MissingWaitTimeError
from swell.dialects.python import tasksets as native
from swell.dialects.python.tasksets import (
    _SequentialMeta as _NativeSequentialMeta,  # pyright: ignore[reportPrivateUsage] - a metaclass has one heir
)
from swell.dialects.python.tasksets import (
    _TaskSetMeta as _NativeMeta,  # pyright: ignore[reportPrivateUsage] - as above
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "LOCUST_STATE_RUNNING",
    "LOCUST_STATE_STOPPING",
    "LOCUST_STATE_WAITING",
    "DefaultTaskSet",
    "SequentialTaskSet",
    "TaskSet",
    "TaskSetMeta",
    "collect",
    "filter_tasks_by_tags",
    "tag",
    "task",
]

LOCUST_STATE_RUNNING, LOCUST_STATE_WAITING, LOCUST_STATE_STOPPING = "running", "waiting", "stopping"

_log = logging.getLogger("locust.user.task")
T = TypeVar("T")


def task(weight: Any = 1) -> Any:
    """Declare a function or a nested TaskSet as a task: `@task`, `@task(3)`, `@task(weight=3)`."""

    def decorate(function: Any) -> Any:
        _check_name(function)
        function.locust_task_weight = 1 if callable(weight) else weight
        return function

    return decorate(weight) if callable(weight) else decorate


def _check_name(function: Any) -> None:
    name = getattr(function, "__name__", "")
    if name == "run":
        raise Exception(  # noqa: TRY002 - what Locust raises
            "A task cannot be named 'run': users and task sets have a method of that name. Rename the task."
        )
    if name in {"on_start", "on_stop"}:
        _log.warning("%s is marked as a task, but it also runs when a user starts or stops; remove @task", name)


def tag(*tags: str) -> Callable[[T], T]:
    """Mark a task, or each task of a TaskSet, for `--tags` and `--exclude-tags`."""
    if not tags or callable(tags[0]):
        raise ValueError("No tag name was supplied")

    def decorate(marked: Any) -> Any:
        if hasattr(marked, "tasks"):
            marked.tasks = [decorate(one) for one in marked.tasks]
        else:
            if "locust_tag_set" not in marked.__dict__:
                marked.locust_tag_set = set()
            held: Any = marked
            held.locust_tag_set.update(tags)
        return marked

    return decorate


def collect(bases: Iterable[type], body: Mapping[str, Any], *, in_place: bool = False) -> list[Any]:
    """The weighted task list of a class. `in_place`: a `tasks` attribute counts where it stands in the body."""
    found: list[Any] = []
    for base in bases:
        found += getattr(base, "tasks", None) or ()
    if not in_place and body.get("tasks") is not None:
        found += _expanded(body["tasks"])
    for name, member in body.items():
        if in_place and name == "tasks":
            found += _expanded(member)
        elif hasattr(member.__class__, "__getattr__") and not isinstance(member, type):
            continue  # it would answer to any name
        else:
            weight: int | None = getattr(member, "locust_task_weight", None)
            found += [member for _ in range(weight)] if weight is not None else []
    return found


def _expanded(declared: Any) -> list[Any]:
    held: Any = declared or ()
    found: list[Any] = []
    for entry in held.items() if hasattr(held, "items") else held:
        one, count = cast("tuple[Any, int]", entry) if isinstance(entry, tuple) else (entry, 1)
        found += [one for _ in range(count)]
    return found


def filter_tasks_by_tags(
    task_holder: Any,
    tags: set[str] | None = None,
    exclude_tags: set[str] | None = None,
    checked: dict[Any, bool] | None = None,
) -> None:
    """Leave only the tasks that the tags select, in the class itself and in the sets it holds."""
    known: dict[Any, bool] = {} if checked is None else checked
    left: list[Any] = []
    for one in task_holder.tasks:
        if one not in known:
            known[one] = _passes(one, tags, exclude_tags, known)
        if known[one]:
            left.append(one)
    task_holder.tasks = left
    if not left and not _is_markov(task_holder):
        logging.warning("%s had no tasks left after filtering, instantiating it will fail!", task_holder.__name__)


def _passes(one: Any, tags: set[str] | None, exclude: set[str] | None, known: dict[Any, bool]) -> bool:
    if hasattr(one, "tasks"):
        filter_tasks_by_tags(one, tags, exclude, known)
        return bool(one.tasks) or _is_markov(one)
    own: set[str] = getattr(one, "locust_tag_set", set())
    if tags is not None and not own & tags:
        return False
    return exclude is None or not own & exclude


def _is_markov(holder: object) -> bool:
    return type(holder).__name__ == "MarkovTaskSetMeta"


class TaskSetMeta(_NativeMeta):
    """Collects the tasks of a set."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        """As type."""
        body["tasks"] = collect(bases, body)
        return type.__new__(mcs, name, bases, body)


class TaskSet(native.TaskSet, metaclass=TaskSetMeta):
    """Tasks picked at random by weight, until `interrupt()`."""

    tasks: ClassVar[Any] = []
    min_wait: Any = None
    max_wait: Any = None
    wait_function: Any = None

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        user = self.user
        self._cp_last_wait_time = 0.0
        if not self.min_wait and user.min_wait:
            self.min_wait = user.min_wait
        if not self.max_wait and user.max_wait:
            self.max_wait = user.max_wait

    @property
    def _user(self) -> Any:
        return self.user

    @property
    def _parent(self) -> Any:
        return self.parent

    def get_next_task(self) -> Any:
        """The next task when none is scheduled. To be overridden by sets with a rule of their own."""
        if not self.tasks:
            raise Exception(_no_tasks(self, "TaskSet"))  # noqa: TRY002 - what Locust raises
        return self._pick(self.tasks)

    def wait_time(self) -> float:
        """Seconds to wait between two tasks of this set: the user's, unless the set has its own."""
        user = self.user
        own = (self.min_wait, self.max_wait)
        # Locust before 1.0: milliseconds, on the set or on the user. Today's Locust ignores them without a word.
        if (
            own[0] is not None
            and own[1] is not None
            and (own != (user.min_wait, user.max_wait) or user.waits_by_default())
        ):
            return random.uniform(own[0], own[1]) / 1000.0
        if user.wait_time:
            return user.wait_time()
        raise MissingWaitTimeError(
            f"You must define a wait_time method on either the {type(user).__name__} or {type(self).__name__} class"
        )

    def _sleep(self, seconds: float) -> None:
        self.vu.hub.sleep(seconds)


def _no_tasks(holder: Any, what: str) -> str:
    on_user = what == "User"
    extra = "."
    if getattr(holder, "task", None):
        where = " on your class" if on_user else ""
        extra = f", but you have set a 'task' attribute{where} - maybe you meant to set 'tasks'?"
    if on_user:
        end = "Use the @task decorator or set the 'tasks' attribute of the User (or mark it as abstract = True if you "
        end += "only intend to subclass it)"
    else:
        end = "use the @task decorator or set the 'tasks' attribute of the " + what
    return f"No tasks defined on {type(holder).__name__}{extra} {end}"


class SequentialTaskSetMeta(TaskSetMeta, _NativeSequentialMeta):
    """Collects the tasks of a sequence: a `tasks` attribute counts where it stands."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        """As type."""
        body["tasks"] = collect(bases, body, in_place=True)
        return type.__new__(mcs, name, bases, body)


class SequentialTaskSet(TaskSet, native.SequentialTaskSet, metaclass=SequentialTaskSetMeta):
    """Tasks in the order of the class body, over and over, until `interrupt()`."""

    tasks: ClassVar[Any] = []

    def get_next_task(self) -> Any:
        """The task after the one before."""
        if not self.tasks:
            raise Exception(_no_tasks(self, "SequentialTaskSet"))  # noqa: TRY002 - what Locust raises
        return native.SequentialTaskSet.get_next_task(self)


class DefaultTaskSet(TaskSet, native.DefaultTaskSet):
    """The set a user is in while it is in no other: the tasks of the user itself, which get the user."""

    def get_next_task(self) -> Any:
        """One of the user's tasks, by weight."""
        tasks = self.user.tasks
        if not tasks:
            raise Exception(_no_tasks(self.user, "User"))  # noqa: TRY002 - what Locust raises
        return self._pick(tasks)

    execute_task = native.DefaultTaskSet.execute_task
    child = native.DefaultTaskSet.child
