"""The shares of user classes and their tasks (`--show-task-ratio`, `--show-task-ratio-json`, web page).

Rules: pure but for printing. A share is a fraction of the tasks of the class or task set, or, with `total`, of
everything all users do. Classes with a fixed count come first, the others share what is left by weight.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from swell.dialects.python.tasksets import TaskSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["get_ratio", "planned_users", "print_task_ratio", "print_task_ratio_json", "task_ratio_text"]

_Ratios = dict[str, Any]


def get_ratio(user_classes: Sequence[type[Any]], user_spawned: Mapping[str, int], total: bool) -> _Ratios:
    """Class name -> `ratio` of the users and `tasks`, nested by task set; `user_spawned`: users by class name."""
    users = sum(user_spawned.values()) or 1
    shares = [(user_class, user_spawned.get(user_class.__name__, 0) / users) for user_class in user_classes]
    return {
        user_class.__name__: {"ratio": share, "tasks": _task_ratios(user_class.tasks, share if total else None)}
        for user_class, share in shares
    }


def planned_users(user_classes: Iterable[type[Any]], num_users: int | None) -> dict[str, int]:
    """How many users of each class there are among `num_users` (None or 0: as many as the weights say)."""
    classes = list(user_classes)
    fixed = sum(user_class.fixed_count for user_class in classes)
    weights = sum(user_class.weight for user_class in classes if not user_class.fixed_count)
    users = num_users or (1 if fixed else weights)
    left = max(users - fixed, 0)
    return {
        user_class.__name__: round(user_class.fixed_count or user_class.weight * left / weights)
        for user_class in classes
        if user_class.fixed_count or weights
    }


def task_ratio_text(user_classes: Sequence[type[Any]], num_users: int | None, total: bool) -> str:
    """The shares as an indented list, one line for each class and task."""
    ratios = get_ratio(user_classes, planned_users(user_classes, num_users), total)
    return "".join(f"{line}\n" for line in _lines(ratios, ""))


def print_task_ratio(user_classes: Sequence[type[Any]], num_users: int | None, total: bool) -> None:
    """Write `task_ratio_text` to stdout."""
    sys.stdout.write(task_ratio_text(user_classes, num_users, total))


def print_task_ratio_json(user_classes: Sequence[type[Any]], num_users: int | None) -> None:
    """Write the shares within each class and of the total to stdout, as JSON."""
    users = planned_users(user_classes, num_users)
    both = {"per_class": get_ratio(user_classes, users, False), "total": get_ratio(user_classes, users, True)}
    sys.stdout.write(json.dumps(both, indent=4) + "\n")


def _task_ratios(tasks: Sequence[Any], parent: float | None) -> _Ratios:
    """`parent`: the share of all of them in the total; None: shares within this list."""
    ratios: _Ratios = {}
    for task, count in Counter(tasks).items():
        share = count * (1.0 if parent is None else parent) / len(tasks)
        found: _Ratios = {"ratio": share}
        ratios[task.__name__] = found
        if inspect.isclass(task) and issubclass(task, TaskSet):
            found["tasks"] = _task_ratios(task.tasks, None if parent is None else share)
    return ratios


def _lines(ratios: _Ratios, padding: str) -> Iterable[str]:
    for name, found in ratios.items():
        share = f"{padding}{found['ratio'] * 100:<6.1f}"
        yield f" {share:<10} {padding + name:<50}"
        yield from _lines(found.get("tasks", {}), padding + "  ")
