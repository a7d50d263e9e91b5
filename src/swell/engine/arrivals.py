"""Open load: arrivals at planned times, whatever the target does, each of them started or counted as dropped.

Rules: times are precomputed (model.arrivals); one timer releases everything that is due, never before its time. When
no user is free the policy decides: make another up to the cap, else let the arrival wait up to `max_lag`, else drop
it. How late an arrival started travels with its iteration, so that latency counts from the intended start.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from swell.model import profiles
from swell.model.arrivals import arrivals, derived_seed
from swell.model.plan import ArrivalSequence
from swell.model.slices import global_index, slice_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from swell.engine.crew import Crew
    from swell.engine.user import VirtualUser
    from swell.model.arrivals import Times
    from swell.model.plan import OpenProfile
    from swell.runtime.hub import Timer

__all__ = ["ArrivalSchedule"]


class ArrivalSchedule:
    """Runs an open profile for one worker's slice of the arrivals."""

    def __init__(self, crew: Crew, profile: OpenProfile, on_done: Callable[[], None]) -> None:
        self.crew = crew
        self._profile = profile
        self._on_done = on_done
        context = crew.context
        self._hub = context.hub
        policy = crew.workload.policy
        initial = profiles.initial_users(profile, policy)
        self._fresh = crew.workload.fresh_users
        self._max_users = self._cap_at(0.0)
        self._capped_by_phase = isinstance(profile, ArrivalSequence)
        self._initial = min(self._max_users, slice_count(initial, context.index, context.count))
        self._max_lag = policy.max_lag
        self._chunks: Iterator[Times] = iter(())
        self._times: list[float] = []
        self._next = 0
        self._start = 0.0
        self._made = 0
        self._released = 0
        self._idle: list[VirtualUser] = []
        self._queue: deque[float] = deque()
        self._timer: Timer | None = None
        self._end: Timer | None = None
        self._all_released = False
        self._over = False
        self._done = False

    def begin(self, start: float) -> None:
        """As `Schedule.begin`. The initial users are made now, so that they are ready at the start."""
        self._start = start
        self._chunks = self._arrivals()
        if not self._fresh:
            for _ in range(self._initial):
                self._new_user(None)
        length = profiles.duration(self._profile)
        assert length is not None, "open profiles have a length"
        self._end = self._hub.call_at(start + length, self._regular_end)
        self._fill()
        self._arm()

    def stop(self, grace: float | None) -> None:
        """As `Schedule.stop`; arrivals that wait are dropped, those not yet due were never arrivals."""
        if self._over:
            return
        self._over = True
        for timer in (self._timer, self._end):
            if timer is not None:
                timer.cancel()
        self.crew.dropped += len(self._queue)
        self._queue.clear()
        self._dismiss_idle()
        if grace is None:
            grace = self.crew.workload.graceful_stop
        for user in list(self.crew.users):
            user.request_stop(grace)
        self._check_done()

    def user_left(self, user: VirtualUser) -> None:  # noqa: ARG002 - the protocol's signature
        """As `Schedule.user_left`; a place in the crew is free for an arrival that waits."""
        if not self._over and self._queue:
            intended = self._from_queue()
            if intended is not None:
                self._new_user(intended)
        self._check_done()

    def set_profile(self, profile: OpenProfile) -> None:
        """Go on with another profile of the same length, whose arrivals until now are those of the one before."""
        if self._over:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._profile = profile
        self._chunks = self._arrivals(self._released)
        self._times, self._next, self._all_released = [], 0, False
        self._fill()
        self._arm()

    # Releasing what is due.

    def _arrivals(self, skip: int = 0) -> Iterator[Times]:
        """This worker's arrivals, but for the first `skip` of them."""
        context = self.crew.context
        seed = derived_seed(context.plan.seed or 0, self.crew.workload.name)
        for chunk in arrivals(self._profile, seed=seed, index=context.index, count=context.count):
            if skip < len(chunk):
                yield chunk[skip:]
            skip = max(0, skip - len(chunk))

    def _fill(self) -> None:
        while self._next >= len(self._times):
            chunk = next(self._chunks, None)
            if chunk is None:
                self._all_released = True
                self._times = []
                return
            self._times = (chunk + self._start).tolist()
            self._next = 0

    def _arm(self) -> None:
        if not self._all_released and not self._over:
            self._timer = self._hub.call_at(self._times[self._next], self._release)

    def _release(self) -> None:
        now = self._hub.time()
        if self._capped_by_phase:
            self._max_users = self._cap_at(now - self._start)
        while not self._all_released:
            times = self._times
            position = self._next
            while position < len(times) and times[position] <= now:
                self._arrive(times[position])
                position += 1
            self._released += position - self._next
            self._next = position
            if position < len(times):
                break
            self._fill()
        self._arm()

    def _arrive(self, intended: float) -> None:
        if self._idle:
            fiber = self._idle.pop().fiber
            assert fiber is not None, "only living users are idle"
            self.crew.free_users = len(self._idle)
            fiber.wake(intended)
        elif len(self.crew.users) < self._max_users:
            self._new_user(intended)
        elif self._max_lag > 0:
            self._queue.append(intended)
        else:
            self.crew.dropped += 1

    def _new_user(self, intended: float | None) -> None:
        context = self.crew.context
        user = self.crew.new_user(global_index(self._made, context.index, context.count))
        self._made += 1
        user.begin_open(intended, self._next_arrival)

    def _next_arrival(self, user: VirtualUser) -> float | None:
        """Called in the user's fiber: the arrival it serves next, after waiting for one if need be."""
        if self._fresh or self._over:
            return None
        intended = self._from_queue()
        if intended is not None:
            return intended
        if self._all_released and self._hub.time() >= self._end_time:
            return None
        self._idle.append(user)
        self.crew.free_users = len(self._idle)
        try:
            return self._hub.wait()
        except BaseException:  # killed while idle
            if user in self._idle:
                self._idle.remove(user)
                self.crew.free_users = len(self._idle)
            raise

    def _from_queue(self) -> float | None:
        now = self._hub.time()
        while self._queue:
            intended = self._queue.popleft()
            if now - intended <= self._max_lag:
                return intended
            self.crew.dropped += 1
        return None

    def _cap_at(self, at: float) -> int:
        context = self.crew.context
        cap = profiles.user_cap(self._profile, at, self.crew.workload.policy.max_users)
        return max(1, slice_count(cap, context.index, context.count))

    # Ending.

    @property
    def _end_time(self) -> float:
        length = profiles.duration(self._profile)
        return self._start + (length or 0.0)

    def _regular_end(self) -> None:
        """The profile is over: release the very last arrivals, send idle users home, give the busy ones grace."""
        self._release()
        self._dismiss_idle()
        if self._queue:
            # What may still wait gets its chance; then the rest of the crew gets its grace.
            self._end = self._hub.call_at(self._queue[-1] + self._max_lag, self.stop, None)
        else:
            self.stop(None)

    def _dismiss_idle(self) -> None:
        idle, self._idle = self._idle, []
        self.crew.free_users = 0
        for user in idle:
            if user.fiber is not None:
                user.fiber.wake(None)

    def _check_done(self) -> None:
        if self._over and not self.crew.users and not self._done:
            self._done = True
            self._on_done()
