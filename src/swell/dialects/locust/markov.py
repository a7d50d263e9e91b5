"""Task sets that follow a Markov chain (the module `locust.user.markov_taskset`).

Rules: the chain is checked when the class is made. The first decorated method is where a user begins; after each task
the next one is drawn from the transitions of the one before. Transitions name methods, so a subclass may override them.
"""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from swell.dialects.locust.exception import LocustError
from swell.dialects.locust.tasks import TaskSet, TaskSetMeta

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "InvalidTransitionError",
    "MarkovTaskSet",
    "MarkovTaskTagError",
    "NoMarkovTasksError",
    "NonMarkovTaskTransitionError",
    "transition",
    "transitions",
]

T = TypeVar("T")


class NoMarkovTasksError(LocustError):
    """A MarkovTaskSet without a decorated method."""


class InvalidTransitionError(LocustError):
    """A transition to something that does not exist."""


class NonMarkovTaskTransitionError(LocustError):
    """A transition to a method that has no transitions itself."""


class MarkovTaskTagError(LocustError):
    """Tags on a task of a chain: leaving it out would break the chain."""


def transition(func_name: str, weight: int = 1) -> Callable[[T], T]:
    """After this task may follow `func_name`, with this weight."""

    def decorate(function: Any) -> Any:
        _own(function)[func_name] = weight
        return function

    return decorate


def transitions(weights: Any) -> Callable[[T], T]:
    """Several transitions: {name: weight}, or a list of names and (name, weight) pairs."""

    def decorate(function: Any) -> Any:
        pairs = cast("dict[str, int]", weights).items() if isinstance(weights, dict) else weights
        for pair in pairs:
            name, weight = cast("tuple[str, int]", pair) if isinstance(pair, tuple) else (pair, 1)
            _own(function)[name] = weight
        return function

    return decorate


def _own(function: Any) -> dict[str, int]:
    known: dict[str, int] | None = getattr(function, "transitions", None)
    if known is None:
        known = function.transitions = {}
    return known


class MarkovTaskSetMeta(TaskSetMeta):
    """Checks the chain and makes weighted lists of its transitions."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        """As type. Raises the errors above."""
        body["tasks"] = []
        if not body.get("abstract"):
            body["abstract"] = False
            chain: list[Any] = [
                member for member in body.values() if callable(member) and hasattr(member, "transitions")
            ]
            _check(name, chain, body)
            body["current"] = chain[0]
            for one in chain:
                weights: Any = one.transitions
                if isinstance(weights, dict):
                    pairs = cast("dict[str, int]", weights).items()
                    one.transitions = [target for target, weight in pairs for _ in range(weight)]
        return type.__new__(mcs, name, bases, body)


def _check(name: str, chain: list[Any], body: Mapping[str, Any]) -> None:
    if not chain:
        raise NoMarkovTasksError(f"{name} has no task with @transition or @transitions")
    for one in chain:
        if "locust_tag_set" in vars(one):
            raise MarkovTaskTagError(f"{name}.{one.__name__} has tags, which tasks of a Markov chain cannot have")
        if one.__name__ == "run":
            raise Exception(f"{name}: a task cannot be named 'run'")  # noqa: TRY002 - what Locust raises
        for target in one.transitions:
            if target not in body:
                raise InvalidTransitionError(f"{name}.{one.__name__} leads to {target!r}, which is not in {name}")
            if not hasattr(body[target], "transitions"):
                raise NonMarkovTaskTransitionError(
                    f"{name}.{one.__name__} leads to {target!r}, which has no transitions of its own"
                )
    reached: set[str] = set()
    ahead = [chain[0].__name__]
    while ahead:
        here = ahead.pop()
        if here not in reached:
            reached.add(here)
            ahead += list(body[here].transitions)
    lost = [one.__name__ for one in chain if one.__name__ not in reached]
    if lost:
        logging.warning("The following markov tasks are unreachable in class %s: %s", name, lost)


class MarkovTaskSet(TaskSet, metaclass=MarkovTaskSetMeta):
    """Tasks of which each says what may follow it."""

    abstract: ClassVar[bool] = True
    current: Any

    def get_next_task(self) -> Any:
        """The task at hand; draws the one after it."""
        task = self.current
        self.current = getattr(self, random.choice(task.transitions))
        return task
