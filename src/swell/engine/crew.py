"""The crew: the users of one workload in one worker, made, counted and measured in one place.

Rules: schedules decide when a user starts and stops; the crew makes it, knows how many live, and adds up what they
did since the last second. Counts are plain integers that `collect` turns into samples once a second, so that an
iteration costs one append.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from swell.engine.fiber_pool import FiberPool
from swell.engine.starts import Starts
from swell.engine.tracebacks import user_traceback
from swell.engine.user import VirtualUser
from swell.metrics.tags import TagSet
from swell.model.arrivals import derived_seed
from swell.model.mix import pick_sequence, places_in
from swell.model.slices import slice_count

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.engine.pulse import Pulse
    from swell.engine.rendezvous import RendezvousDesk
    from swell.engine.script import Program, WorkerContext
    from swell.model.plan import Share, Workload

__all__ = ["Crew", "CrewCounts"]


class CrewCounts(msgspec.Struct):
    """What one crew did since the count before. Lags in seconds."""

    users: int = 0
    free_users: int = 0
    dropped: int = 0
    lags: list[float] = []


class Crew:
    """All users of `workload` in this worker. `on_empty` is called when the last one has left."""

    def __init__(
        self,
        workload: Workload,
        context: WorkerContext,
        program: Program,
        *,
        first_id: int,
        pulse: Pulse,
        rendezvous: RendezvousDesk,
        abort: Callable[[str], None],
        on_left: Callable[[VirtualUser], None],
    ) -> None:
        self.workload = workload
        self.context = context
        self.program = program
        self.first_id = first_id
        self.pulse = pulse
        self.rendezvous = rendezvous
        self.abort = abort
        self.on_left = on_left
        self.tags = TagSet.of({**context.plan.tags, **workload.tags, "scenario": workload.name})
        self.users: set[VirtualUser] = set()
        self.starts = Starts(context.hub)
        self.fibers = FiberPool(context.hub)
        self.free_users = 0
        self.most_users = 0
        self.iterations = 0
        self.interrupted = 0
        self.dropped = 0
        self.script_errors = 0
        self.lags: list[float] = []
        recorder = context.recorder
        self.add_sample = recorder.add_sample
        self._series: dict[str, int] = {
            "iterations": recorder.series("iterations", "counter", self.tags),
            "dropped_iterations": recorder.series("dropped_iterations", "counter", self.tags),
            "script_errors": recorder.series("script_errors", "counter", self.tags),
            "vus": recorder.series("vus", "gauge", self.tags),
            "vus_max": recorder.series("vus_max", "gauge", self.tags),
        }
        self.duration_series = recorder.series("iteration_duration", "trend", self.tags, is_time=True)
        self._lag_series = -1
        self._seed = derived_seed(context.plan.seed or 0, workload.name, "mix")
        self._mix = workload.mix
        self._mix_from = 0
        self._pick = pick_sequence(workload.mix, workload.pick, seed=self._seed)

    def remix(self, mix: tuple[Share, ...], first: int) -> None:
        """Deal users from `first` on from another mix, from its beginning."""
        self._mix = mix
        self._mix_from = first
        self._pick = pick_sequence(mix, self.workload.pick, seed=self._seed)

    @property
    def places(self) -> int | None:
        """Users of this worker that the mix has a place for; None: any number, since a share of it has no fixed count.

        Beyond them the deal is repeated, for schedules that do not ask.
        """
        places = places_in(self._mix)
        if places is None:
            return None
        return slice_count(self._mix_from + places, self.context.index, self.context.count)

    def new_user(self, index: int, behaviour: str = "") -> VirtualUser:
        """The `index`-th user (or arrival) of the workload over the whole test; of `behaviour`, else as dealt."""
        behaviour = behaviour or self._mix[self._pick(max(0, index - self._mix_from))].behaviour
        user = VirtualUser(self, index, behaviour, self.tags)
        self.users.add(user)
        self.most_users = max(self.most_users, len(self.users))
        return user

    def left(self, user: VirtualUser) -> None:
        """A user has ended."""
        if user in self.users:
            self.users.discard(user)
            self.on_left(user)

    def started_late(self, lag: float, now: float) -> None:
        """An arrival has started `lag` seconds after its time. Written at once, to leave less for the second's end."""
        self.lags.append(lag)
        if self._lag_series < 0:
            self._lag_series = self.context.recorder.series("schedule_lag", "trend", self.tags, is_time=True)
        self.add_sample((self._lag_series, now, lag * 1000.0))

    def finished_apart(self, tags: TagSet, now: float, seconds: float) -> None:
        """An iteration of a user with tags of its own has ended after `seconds`. Written at once, under these tags."""
        series = self.context.recorder.series
        self.add_sample((series("iterations", "counter", tags), now, 1.0))
        self.add_sample((series("iteration_duration", "trend", tags, is_time=True), now, seconds * 1000.0))

    def script_error(self, user: VirtualUser, error: BaseException, where: str) -> None:
        """User code raised: count it, keep the first example with the user's part of the traceback."""
        self.script_errors += 1
        self.context.recorder.add_error(
            "exception",
            f"{type(error).__name__}: {error}" if str(error) else type(error).__name__,
            self.tags.with_tags(name=f"{user.behaviour} {where}", method=""),
            {"traceback": user_traceback(error)},
        )
        self.program.user_error(user, error)

    def collect(self, now: float, *, partial: bool = False) -> CrewCounts:
        """Write the samples of the second that ends and start counting anew.

        `partial`: the second goes on, and its end will write the numbers of users: twice they would add up.
        """
        add = self.add_sample
        if not partial:
            add((self._series["vus"], now, float(len(self.users))))
            add((self._series["vus_max"], now, float(self.most_users)))
        add((self._series["iterations"], now, float(self.iterations)))
        add((self._series["dropped_iterations"], now, float(self.dropped)))
        add((self._series["script_errors"], now, float(self.script_errors)))
        counts = CrewCounts(len(self.users), self.free_users, self.dropped, self.lags)
        self.iterations = self.dropped = self.script_errors = 0
        self.lags = []
        return counts
