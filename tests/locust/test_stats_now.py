"""Statistics read between two snapshots say what the next snapshot will say."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from greenlet import getcurrent
from hypothesis import given, settings

from swell.dialects.locust.body_sizes import count_body
from swell.dialects.locust.request_stats import RequestStats
from swell.dialects.locust.stats_feed import StatsFeed
from swell.engine.script import WorkerContext
from swell.metrics.recorder import Recorder
from swell.metrics.snapshot import Snapshot
from swell.metrics.tags import TagSet
from swell.runtime.fiber import Fiber

ORIGIN = 1000.0
ENTRIES = [("/a", "GET"), ("/b", "GET"), ("/b", "POST")]
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 2), st.booleans(), st.booleans(), st.floats(0, 9), st.integers(0, 500)),
        st.sampled_from(["flush", "hand", "read", "reset"]),
    ),
    max_size=30,
)


class _Control:
    """As a worker's: holds the snapshot that was not handed out yet."""

    def __init__(self) -> None:
        self.held: Snapshot | None = None

    def unsent(self) -> Snapshot | None:
        return self.held


def in_fiber(function: Any) -> Any:
    """What the function gives in a fiber, as code of a test."""
    found: list[Any] = []
    Fiber(lambda: found.append(function()), getcurrent()).switch()
    return found[0]


def figures(stats: RequestStats) -> Any:
    """Everything that one can read, but for times of day that are known to the second only later."""
    rows = {
        (entry.name, entry.method): (
            entry.num_requests,
            entry.num_none_requests,
            entry.num_failures,
            entry.total_content_length,
            round(entry.total_response_time, 6),
            entry.min_response_time,
            entry.max_response_time,
            entry.median_response_time,
            entry.num_reqs_per_sec,
            entry.num_fail_per_sec,
        )
        for entry in (stats.total, *stats.entries.values())
    }
    return rows, sorted((error.name, error.method, error.occurrences) for error in stats.errors.values())


class _Run:
    """A recorder and the statistics of its worker."""

    def __init__(self) -> None:
        self.now = ORIGIN
        self.control = _Control()
        self.recorder = Recorder(ORIGIN)
        self.feed = StatsFeed()
        self.stats = RequestStats()
        context: Any = WorkerContext(None, None, self.recorder, control=self.control)  # type: ignore[arg-type]
        self.feed.show_in(self.stats, context)
        self.stats.begin(0.0)

    def request(self, entry: int, failed: bool, untimed: bool, seconds: float, size: int) -> None:
        """One request that ends a moment later."""
        self.now += 0.25
        name, method = ENTRIES[entry]
        tags = TagSet.of({"name": name, "method": method, "expected_response": "false" if failed else "true"})
        tags = tags.with_tags(untimed="true") if untimed else tags
        series = self.recorder.request_series(tags)
        if failed:
            self.recorder.add_error("custom", "wrong", tags, None)
        self.recorder.add_request((series, self.now - seconds, self.now, 0.0, 0.0, seconds, 0.0, 0, size))
        count_body(self.recorder, series, self.now, size)

    def flush(self) -> None:
        """The worker takes a snapshot at a whole second; the program gets it by `hand`."""
        self.hand()
        self.now = float(int(self.now) + 1)
        self.control.held = self.recorder.flush(self.now)

    def hand(self) -> None:
        """The program gets the snapshot."""
        if (held := self.control.held) is not None:
            self.control.held = None
            self.feed.add(held)
            self.stats.look()

    def do(self, action: Any) -> None:
        """One step."""
        if action == "flush":
            self.flush()
        elif action == "hand":
            self.hand()
        elif action == "read":
            in_fiber(lambda: figures(self.stats))
        elif action == "reset":
            in_fiber(self.stats.reset_all)
        else:
            self.request(*action)


@settings(max_examples=150, deadline=None)
@given(ACTIONS)
def test_as_the_next_snapshot_says(actions: list[Any]) -> None:
    """Whatever was requested, read and reset before: a reading is the same before and after the snapshot."""
    run = _Run()
    for action in actions:
        run.do(action)
    before = in_fiber(lambda: figures(run.stats))
    run.flush()
    between = in_fiber(lambda: figures(run.stats))
    run.hand()
    assert before == between == in_fiber(lambda: figures(run.stats))


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.just(False), st.floats(0, 9), st.integers(0, 500))))
def test_other_threads_read_the_last_snapshot(requests: list[Any]) -> None:
    """Outside of the users' thread nothing is read from the recorder; the snapshot brings everything."""
    run = _Run()
    for request in requests:
        run.request(*request)
    assert run.stats.total.num_requests == 0
    run.flush()
    run.hand()
    assert run.stats.total.num_requests == len(requests)
    assert run.stats.total.num_failures == sum(failed for _, failed, *_ in requests)
