"""A running test between the REST interface and the coordinator: what was asked for, and what there is to know.

Rules: requests come in threads of the server, the coordinator asks in its own; nothing here waits for the other side
longer than `PATIENCE`. It is an observer (it sees the run) and the steering of a run (it says what comes next). Only
`externally-controlled` scenarios can be scaled and paused while they run, as in k6; every test can be stopped, and
resumed if it began paused.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from swell.coordinator.steering import SteerTarget
from swell.dialects.k6.rest_api import Change, Known, Refusal, Status
from swell.dialects.k6.summary_data import TREND_STATS, metrics_of, threshold_holds, written_threshold
from swell.dialects.k6.summary_groups import root_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.coordinator.state import LiveRun
    from swell.coordinator.steering import ArrivalTarget, Steering

__all__ = ["PATIENCE", "RemoteControl", "Scalable"]

PATIENCE = 5.0
"""Seconds that a request waits for the coordinator."""

_AT_ONCE = float("inf")
# k6's numbers of the states of a test.
_PHASES = {"starting": 1, "setup": 5, "ready": 5, "running": 6, "stopping": 6, "teardown": 7, "ended": 8}
_PAUSED_BEFORE_RUN = 3


class Scalable(NamedTuple):
    """An externally-controlled scenario: its users at the start, and how many there may be."""

    users: int
    max_users: int


class RemoteControl:
    """What one test can be told from outside; give it to `conduct` as an observer and as its steering.

    `scalable` are the externally-controlled scenarios. `steering` is asked for everything else. `paused`: the test
    does not begin before `wait_for_start` returns.
    """

    def __init__(
        self,
        scalable: Mapping[str, Scalable] | None = None,
        *,
        steering: Steering | None = None,
        paused: bool = False,
        trend_stats: Sequence[str] = TREND_STATS,
    ) -> None:
        self._lock = threading.Lock()
        self._scalable = dict(scalable or {})
        self._steering = steering
        self._paused = paused
        self._may_start = threading.Event()
        if not paused:
            self._may_start.set()
        self._started = False
        self._stopped = False
        self._status = Status(_PAUSED_BEFORE_RUN if paused else 1, paused=paused)
        self._known: Known | None = None
        self._asked = threading.Event()
        self._answered = threading.Condition(self._lock)
        self._trend_stats = trend_stats
        self.setup_data: Any = None

    @property
    def stopped(self) -> bool:
        """Whether a request ended the test (exit code 103)."""
        return self._stopped

    def wait_for_start(self, seconds: float | None = None) -> bool:
        """Until the test may begin; False if that did not come within so many seconds."""
        return self._may_start.wait(seconds)

    # What requests ask

    def status(self) -> Status:
        """The run as it stands."""
        with self._lock:
            return self._status._replace(paused=self._paused, stopped=self._stopped)

    def known(self) -> Known:
        """What was measured so far; the coordinator looks it up when it is asked. Refusal if it does not."""
        with self._answered:
            self._known = None
            self._asked.set()
            if not self._answered.wait_for(lambda: self._known is not None, PATIENCE) or self._known is None:
                raise Refusal("the test is not running", 503)
            return self._known

    def patch(self, change: Change) -> None:
        """Change what is not None. Refusal for what this test cannot do."""
        with self._lock:
            if change.stopped:
                self._stopped = True
                self._may_start.set()
            if change.vus is not None or change.vus_max is not None:
                self._scale(change.vus, change.vus_max)
            if change.paused is not None:
                self._pause(change.paused)

    # What the coordinator asks

    def tick(self, elapsed: float) -> Sequence[SteerTarget | ArrivalTarget] | None:
        """What the steered scenarios should do now; None ends the test."""
        with self._lock:
            if self._stopped:
                return None
            own = [
                SteerTarget(name, 0 if self._paused else each.users, _AT_ONCE) for name, each in self._scalable.items()
            ]
        if self._steering is None:
            return own
        others = self._steering.tick(elapsed)
        return None if others is None else [*own, *others]

    def refresh(self, live: LiveRun) -> None:
        """Keep what there is to know."""
        phase = _PHASES.get(str(live.phase.value).lower(), 6)
        users = live.store.users()
        most = live.store.totals("vus_max") if self._asked.is_set() else None
        with self._answered:
            self._started = self._started or live.elapsed > 0
            known_max = int(most.last) if most is not None else max(self._status.vus_max, users[-1] if users else 0)
            self._status = Status(
                phase,
                vus=users[-1] if users else 0,
                vus_max=max(known_max, *(each.max_users for each in self._scalable.values()), 0),
                running=phase in {5, 6, 7},
                tainted=any(not threshold_holds(result) for result in live.results),
            )
            if self._asked.is_set():
                self._asked.clear()
                self._known = Known(self._metrics(live), root_group(live.store), self.setup_data)
                self._answered.notify_all()

    def notice(self, level: str, text: str) -> None:
        """Nothing to do."""

    def output(self, worker: int, line: str) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """The run is over."""
        with self._lock:
            self._status = self._status._replace(phase=8, vus=0, running=False)

    def _scale(self, vus: int | None, vus_max: int | None) -> None:
        if not self._scalable:
            raise Refusal("only externally-controlled scenarios can be scaled, and this test has none")
        for name, each in self._scalable.items():
            most = each.max_users if vus_max is None else vus_max
            users = min(each.users, most) if vus is None else vus
            if not 0 <= users <= most:
                raise Refusal(f"{users} VUs are more than the {most} that there may be: raise vus-max too")
            self._scalable[name] = Scalable(users, most)

    def _pause(self, paused: bool) -> None:
        if not self._may_start.is_set():
            if not paused:
                self._paused = False
                self._may_start.set()
            return
        if paused == self._paused:
            return
        if not self._scalable:
            raise Refusal("only externally-controlled scenarios can be paused while they run, and this test has none")
        self._paused = paused

    def _metrics(self, live: LiveRun) -> dict[str, dict[str, Any]]:
        metrics = metrics_of(live.store, {}, self._trend_stats)
        for result in live.results:
            name, expression = written_threshold(result.criterion)
            if name in metrics:
                metrics[name].setdefault("thresholds", {})[expression] = {"ok": threshold_holds(result)}
        return metrics
