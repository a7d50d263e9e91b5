"""Steering workloads while they run: from what a program wants each second to messages for its workers.

Rules: pure, but for the program's own `tick`, which is user code and may raise. Users are striped over
workers as everywhere; a rate is divided likewise. Nothing is sent when nothing changes. A tick of None ends
the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from swell.coordinator.actions import Send
from swell.engine.messages import SetArrivals, SetUsers
from swell.model.slices import slice_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from swell.model.plan import OpenProfile

__all__ = ["ArrivalTarget", "SteerTarget", "Steering", "steer_actions"]


class SteerTarget(msgspec.Struct, frozen=True):
    """`users` users of `workload` over the whole test, reached at `spawn_rate` per second."""

    workload: str
    users: int
    spawn_rate: float


class ArrivalTarget(msgspec.Struct, frozen=True):
    """An open `workload` follows `profile` from now on; see `engine.messages.SetArrivals`."""

    workload: str
    profile: OpenProfile


class Steering(Protocol):
    """What steers the steered workloads of a plan: a load shape of a test file, later a page."""

    def tick(self, elapsed: float) -> Sequence[SteerTarget | ArrivalTarget] | None:
        """Targets `elapsed` seconds after the start of the load; None ends the run. Called once a second."""
        ...


def steer_actions(targets: Iterable[SteerTarget | ArrivalTarget], count: int) -> list[Send]:
    """Messages that bring these targets to `count` workers."""
    return [Send(index, _message(target, index, count)) for target in targets for index in range(count)]


def _message(target: SteerTarget | ArrivalTarget, index: int, count: int) -> SetUsers | SetArrivals:
    if isinstance(target, ArrivalTarget):
        # Each worker takes its own slice of the arrivals.
        return SetArrivals(target.workload, target.profile)
    users = slice_count(max(0, target.users), index, count)
    return SetUsers(target.workload, users, max(target.spawn_rate, 0.0) / count)
