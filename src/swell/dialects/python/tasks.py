"""Tasks: the decorators `task` and `tag`, how a class comes by its list of tasks, and how tags select from it.

Rules: as in Locust. A class's list holds each task as often as its weight says: first the tasks of the base classes
from left to right, then those of the `tasks` attribute, then the decorated members in the order of the class body. The
list holds functions and TaskSet classes; nothing is looked up by name later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Task", "collect_tasks", "expand_tasks", "filter_tasks", "tag", "tags_of", "task", "task_weight"]

Task: TypeAlias = "Callable[..., Any]"
T = TypeVar("T")

_WEIGHT = "task_weight"
_TAGS = "task_tags"


@overload
def task(weight: int = 1) -> Callable[[T], T]: ...
@overload
def task(weight: T) -> T: ...
def task(weight: Any = 1) -> Any:
    """Declare a method, an `async def` method or a nested TaskSet as a task: `@task`, `@task(3)`.

    A task of weight 3 is picked three times as often as one of weight 1. Raises TypeError or ValueError for
    weights that are no whole numbers from 0 up.
    """
    if callable(weight):
        setattr(weight, _WEIGHT, 1)
        return weight
    count = _checked_weight(weight)

    def decorate(function: T) -> T:
        if not callable(function):
            raise TypeError(f"@task is for functions and TaskSets, not for {function!r}")
        setattr(function, _WEIGHT, count)
        return function

    return decorate


def task_weight(function: object) -> int | None:
    """The weight given by `@task`, None where it was not used."""
    return getattr(function, _WEIGHT, None)


def _checked_weight(weight: Any) -> int:
    if isinstance(weight, bool) or not isinstance(weight, int):
        raise TypeError(f"the weight of a task must be a whole number, not {weight!r}")
    if weight < 0:
        raise ValueError(f"the weight of a task cannot be negative, got {weight}")
    return weight


def tag(*names: str) -> Callable[[T], T]:
    """Mark a task, or every task of a TaskSet, with names that can be selected by `--tags` and `--exclude-tags`."""
    if not names or not all(isinstance(name, str) for name in names):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError('@tag needs at least one name: @tag("slow")')

    def decorate(marked: T) -> T:
        inner: Iterable[Any] | None = getattr(marked, "tasks", None)
        for one in (marked,) if inner is None else set(inner):
            if inner is not None and hasattr(one, "tasks"):
                decorate(one)
            else:
                setattr(one, _TAGS, tags_of(one) | set(names))
        return marked

    return decorate


def tags_of(marked: object) -> frozenset[str]:
    """The names given by `@tag`."""
    return frozenset(getattr(marked, _TAGS, ()))


def expand_tasks(declared: Any) -> list[Task]:
    """A `tasks` attribute (list of tasks, list of (task, weight), or dict of weights) as a weighted list."""
    entries: Iterable[Any] = cast("Mapping[Any, Any]", declared).items() if isinstance(declared, dict) else declared
    expanded: list[Task] = []
    for entry in entries:
        pair: tuple[Any, Any] = cast("tuple[Any, Any]", entry) if isinstance(entry, tuple) else (entry, 1)
        one, weight = pair
        if not callable(one):
            raise TypeError(f"`tasks` holds functions and TaskSets, not {one!r}")
        expanded.extend([one] * _checked_weight(weight))
    return expanded


def collect_tasks(bases: tuple[type, ...], body: Mapping[str, Any], *, in_place: bool = False) -> list[Task]:
    """The weighted task list of a class. `in_place`: a `tasks` attribute counts where it stands in the body."""
    found: list[Task] = []
    for base in bases:
        found.extend(getattr(base, "tasks", None) or ())
    if not in_place and "tasks" in body:
        found.extend(expand_tasks(body["tasks"]))
    for name, member in body.items():
        if name == "tasks":
            if in_place:
                found.extend(expand_tasks(member))
            continue
        # Own attributes only: a nested class inherits the weight of a base that was itself a task.
        weight = member.__dict__.get(_WEIGHT) if isinstance(member, type) else task_weight(member)
        if weight is not None:
            found.extend([member] * weight)
    return found


def filter_tasks(tasks: Iterable[Task], include: Iterable[str], exclude: Iterable[str]) -> list[Any]:
    """The tasks left by a selection of tags; with no `include` all are in, `exclude` wins.

    A TaskSet stays if any of its tasks does; it comes back as (TaskSet, list of its tasks left).
    """
    wanted, unwanted = frozenset(include), frozenset(exclude)
    left: list[Any] = []
    for one in tasks:
        inner: list[Task] | None = getattr(one, "tasks", None)
        if inner is not None:
            left_inside = filter_tasks(inner, wanted, unwanted)
            if left_inside:
                left.append((one, left_inside))
        elif (not wanted or tags_of(one) & wanted) and not tags_of(one) & unwanted:
            left.append(one)
    return left
