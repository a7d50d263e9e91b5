"""Load shapes: a class whose `tick()` says, second by second, how many users there shall be.

Rules: a shape is asked ahead of the run, once for each second of it, on a clock of its own; the answers become stages
of the plan. So a shape can be checked, plotted and scaled like any other load, and all workers follow the same one. A
shape that looks at the live run has no answer ahead of it and is refused with the reason.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, TypeAlias

from swell.model.plan import Stage, UserStages

__all__ = ["MAX_SHAPE_SECONDS", "LoadTestShape", "shape_profile"]

MAX_SHAPE_SECONDS = 24 * 3600
"""A shape that does not end is cut here."""

Answer: TypeAlias = "tuple[int, float] | tuple[int, float, Any] | None"


class _ShapeMeta(type):
    """`abstract` is never inherited."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        body.setdefault("abstract", False)
        return super().__new__(mcs, name, bases, body)


class LoadTestShape(metaclass=_ShapeMeta):
    """Subclass it and define `tick`. One shape in a file is the load of all users without a load of their own."""

    abstract: ClassVar[bool] = True
    use_common_options: ClassVar[bool] = False

    _at: float = 0.0
    _from: float = 0.0
    _users: int = 0

    def tick(self) -> Answer:
        """Called for each second: (users, spawn_rate) to have from then on, or None to end the test."""
        raise NotImplementedError

    def get_run_time(self) -> float:
        """Seconds since the start of the test, or since `reset_time`."""
        return self._at - self._from

    def reset_time(self) -> None:
        """Count the run time from now on."""
        self._from = self._at

    def get_current_user_count(self) -> int:
        """How many users there are now, if all went as planned."""
        return self._users

    def at(self, seconds: float, users: int) -> Answer:
        """Ask for the answer at a moment."""
        self._at, self._users = seconds, users
        return self.tick()

    @property
    def runner(self) -> Any:
        """Not there: a shape knows the plan only."""
        raise AttributeError(
            "a LoadTestShape is asked before the run and has no `runner`; "
            "use get_run_time() and get_current_user_count() only"
        )


def shape_profile(shape: LoadTestShape, limit: float | None = None) -> UserStages:
    """The stages that a shape describes, at most `limit` seconds (default: a day) of them.

    From each new answer on the count goes in a line, at the answer's rate, from what it was to the new number. Raises
    ValueError for answers that are none.
    """
    seconds = MAX_SHAPE_SECONDS if limit is None else min(MAX_SHAPE_SECONDS, math.ceil(limit))
    stages: list[Stage] = []
    users = 0.0  # where the line stands at `at`
    target, rate = 0, 1.0
    for at in range(seconds):
        answer = shape.at(float(at), int(users))
        if answer is None:
            break
        if not isinstance(answer, tuple) or answer[:2] != (target, rate):  # pyright: ignore[reportUnnecessaryIsInstance]
            target, rate = _checked(answer)
        users = _go_on(stages, users, target, rate)
    return UserStages(_merged(stages))


def _checked(answer: Any) -> tuple[int, float]:
    if not isinstance(answer, tuple) or len(answer) not in {2, 3}:  # pyright: ignore[reportUnknownArgumentType]
        raise ValueError(f"tick() returns (users, spawn_rate) or None, not {answer!r}")
    users, rate = answer[:2]  # pyright: ignore[reportUnknownVariableType]
    if len(answer) == 3 and answer[2]:  # pyright: ignore[reportUnknownArgumentType]
        raise ValueError("tick() cannot choose user classes; give these classes a `load` of their own")
    if isinstance(users, bool) or not isinstance(users, (int, float)) or not 0 <= users < 1e9:
        raise ValueError(f"tick() returned {users!r} users")
    if not isinstance(rate, (int, float)) or not 0 < rate < float("inf"):
        raise ValueError(f"tick() returned a spawn rate of {rate!r}; it must be above 0 users per second")
    return int(users), float(rate)


def _go_on(stages: list[Stage], users: float, target: int, rate: float) -> float:
    """One second of the way to the target; returns where the line then stands."""
    way = target - users
    if not way:
        stages.append(Stage(1.0, float(target)))
        return float(target)
    needed = abs(way) / rate
    if needed >= 1.0:
        reached = users + (rate if way > 0 else -rate)
        stages.append(Stage(1.0, reached))
        return reached
    stages.append(Stage(needed, float(target)))
    stages.append(Stage(1.0 - needed, float(target)))
    return float(target)


def _merged(stages: list[Stage]) -> tuple[Stage, ...]:
    """Neighbours on one line become one stage."""
    found: list[Stage] = []
    start, slope = 0.0, None
    value = 0.0
    for stage in stages:
        own = (stage.target - value) / stage.duration
        if found and slope is not None and abs(own - slope) < 1e-9:
            length = found[-1].duration + stage.duration
            found[-1] = Stage(length, stage.target)
        else:
            start = value
            found.append(stage)
        slope = (found[-1].target - start) / found[-1].duration
        value = stage.target
    return tuple(found)
