"""Closed load: a number of users that follows a line through stages, or that somebody steers.

Rules: user slots are numbered; going up fills the lowest free slot, going down empties the highest. A user that ends
by itself keeps its slot (it is not replaced); a user told to leave whose iteration still runs when its slot is wanted
again goes on in it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from swell.model import profiles
from swell.model.slices import global_index, slice_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from swell.engine.crew import Crew
    from swell.engine.user import VirtualUser
    from swell.model.plan import SteeredUsers, UserStages
    from swell.runtime.hub import Timer

__all__ = ["StagedUsers", "SteeredSchedule"]


class _Slots:
    """The users of a closed workload in this worker, by slot."""

    def __init__(self, crew: Crew, on_done: Callable[[], None]) -> None:
        self.crew = crew
        self._on_done = on_done
        self._hub = crew.context.hub
        self._slots: list[VirtualUser | None] = []
        self._leaving: dict[int, VirtualUser] = {}
        self._no_more = False
        self._done = False

    @property
    def count(self) -> int:
        """Filled slots; users that are leaving do not count."""
        return len(self._slots)

    def set_count(self, wanted: int) -> None:
        """Fill or empty slots until `wanted` are filled."""
        while len(self._slots) < wanted:
            slot = len(self._slots)
            back = self._leaving.pop(slot, None)
            if back is not None and back.resume():
                self._slots.append(back)
                continue
            context = self.crew.context
            self.fill(self.crew.new_user(global_index(slot, context.index, context.count)))
        grace = self.crew.workload.graceful_ramp_down
        while len(self._slots) > wanted:
            user = self._slots.pop()
            if user is not None:
                self._leaving[len(self._slots)] = user
                user.request_stop(grace)

    def fill(self, user: VirtualUser) -> None:
        """Start a user in the lowest free slot."""
        self._slots.append(user)
        user.begin_closed()

    def refill(self) -> None:
        """Start users in filled slots whose users have ended by themselves."""
        context = self.crew.context
        for slot, held in enumerate(self._slots):
            if held is None:
                user = self.crew.new_user(global_index(slot, context.index, context.count))
                self._slots[slot] = user
                user.begin_closed()

    def stop(self, grace: float | None) -> None:
        """As `Schedule.stop`."""
        if grace is None:
            grace = self.crew.workload.graceful_stop
        self._no_more = True
        self._slots.clear()
        self._leaving.clear()
        for user in list(self.crew.users):
            user.request_stop(grace)
        self._check_done()

    def user_left(self, user: VirtualUser) -> None:
        """As `Schedule.user_left`."""
        context = self.crew.context
        slot = (user.index - context.index) // context.count
        if self._leaving.get(slot) is user:
            del self._leaving[slot]
        elif slot < len(self._slots) and self._slots[slot] is user:
            self._slots[slot] = None
        self._check_done()

    def _check_done(self) -> None:
        if self._no_more and not self.crew.users and not self._done:
            self._done = True
            self._on_done()


class StagedUsers(_Slots):
    """Users along the stages of a `UserStages` profile."""

    def __init__(self, crew: Crew, profile: UserStages, on_done: Callable[[], None]) -> None:
        super().__init__(crew, on_done)
        self._profile = profile
        self._steps: Iterator[tuple[float, int]] = iter(())
        self._last_step_taken = False
        self._wanted = 0
        self._growing = False
        self._start = 0.0
        self._timer: Timer | None = None
        self._end: Timer | None = None

    def begin(self, start: float) -> None:
        """As `Schedule.begin`."""
        self._start = start
        self._steps = profiles.user_steps(self._profile)
        length = profiles.duration(self._profile)
        if length is not None and math.isfinite(length):
            self._end = self._hub.call_at(start + length, self._regular_end)
        self._next()

    def stop(self, grace: float | None) -> None:
        """As `Schedule.stop`."""
        for timer in (self._timer, self._end):
            if timer is not None:
                timer.cancel()
        super().stop(grace)

    def user_left(self, user: VirtualUser) -> None:
        """As `Schedule.user_left`; a workload all of whose users ended by themselves is over."""
        super().user_left(user)
        if self._last_step_taken and not self.crew.users and self.count:
            self.stop(None)

    def _next(self) -> None:
        step = next(self._steps, None)
        if step is None:
            self._last_step_taken = True
        else:
            at, users = step
            self._timer = self._hub.call_at(self._start + at, self._step, users)
        if self._growing and (step is None or step[1] < self._wanted):
            self.crew.program.spawning_complete(self.count)
        self._growing = step is not None and step[1] > self._wanted

    def _step(self, users: int) -> None:
        self._wanted = users
        context = self.crew.context
        self.set_count(slice_count(users, context.index, context.count))
        self._next()

    def _regular_end(self) -> None:
        self.stop(None)


class SteeredSchedule(_Slots):
    """Users whose number is set while the test runs, ramped at a rate, one every 1/rate seconds."""

    def __init__(self, crew: Crew, profile: SteeredUsers, on_done: Callable[[], None]) -> None:
        super().__init__(crew, on_done)
        self._profile = profile
        self._timers: list[Timer] = []
        self._target = 0
        self._interval = 0.0
        self._batch = 1
        self._full = False
        self._ramp: Timer | None = None

    def begin(self, start: float) -> None:
        """As `Schedule.begin`."""
        if self._profile.duration is not None:
            self._timers.append(self._hub.call_at(start + self._profile.duration, self._regular_end))
        context = self.crew.context
        users = slice_count(self._profile.users, context.index, context.count)
        if users:
            rate = self._profile.spawn_rate / context.count
            self._timers.append(self._hub.call_at(start, self.set_users, users, rate))

    def set_users(self, users: int, spawn_rate: float) -> None:
        """Ramp this worker's users to `users` at `spawn_rate` per second (this worker's share), from now on."""
        if self._no_more:
            return
        self._target = users
        self._full = False
        self._interval = 0.0 if math.isinf(spawn_rate) else 1.0 / spawn_rate
        if self._ramp is not None:
            self._ramp.cancel()
            self._ramp = None
        if self._profile.batched:
            self._batch = max(1, math.floor(spawn_rate)) if self._interval else 1
            self.refill()
        self._ramp_step(self._hub.time())

    def add(self, behaviours: Sequence[str]) -> None:
        """Start users of these behaviours now. The ramp that runs, and the next one, count them as theirs."""
        context = self.crew.context
        for behaviour in () if self._no_more else behaviours:
            self.fill(self.crew.new_user(global_index(self.count, context.index, context.count), behaviour))

    def stop(self, grace: float | None) -> None:
        """As `Schedule.stop`."""
        for timer in self._timers:
            timer.cancel()
        if self._ramp is not None:
            self._ramp.cancel()
        super().stop(grace)

    def _ramp_step(self, due: float) -> None:
        now = self._hub.time()
        while self.count != self._target:
            if self._interval and due > now:
                self._ramp = self._hub.call_at(due, self._ramp_step, due)
                return
            if self._full:
                break
            step = min(self._batch, abs(self._target - self.count))
            wanted = self.count + (step if self.count < self._target else -step)
            # A batched ramp finds out that the mix has no place for more, and is over one interval later.
            places = self.crew.places if self._profile.batched and wanted > self.count else None
            most = wanted if places is None else max(places, self.count)
            self._full = wanted > most
            self.set_count(min(wanted, most))
            due += self._batch * self._interval
        self._ramp = None
        self.crew.program.spawning_complete(self.count)

    def _regular_end(self) -> None:
        self.stop(None)
