"""The store: merging workers, windows, gauges, groups, health, a disk that fails."""

from __future__ import annotations

import errno
import io
import math
from typing import TYPE_CHECKING, Any

import pytest

from swell.metrics import spill
from swell.metrics.builtin import BUILTIN
from swell.metrics.recorder import Recorder
from swell.metrics.snapshot import SnapshotError, encode
from swell.metrics.store import MetricStore
from swell.metrics.tags import EMPTY, TagSet
from tests.metrics.naive import add_request, request_tags

if TYPE_CHECKING:
    from pathlib import Path

    from swell.model.metrics_view import MetricsView


class Worker:
    """A recorder whose snapshots go to a store, over the wire."""

    def __init__(self, store: MetricStore, index: int = 0) -> None:
        self.store = store
        self.index = index
        self.recorder = Recorder()

    def sample(self, metric: str, kind: Any, time: float, value: float, **tags: str) -> None:
        """One sample."""
        self.recorder.add_sample((self.recorder.series(metric, kind, TagSet.of(tags)), time, value))

    def send(self, until: float, **parts: Any) -> None:
        """Flush into the store."""
        snapshot = self.recorder.flush(until)
        for name, value in parts.items():
            setattr(snapshot, name, value)
        self.store.add(self.index, encode(snapshot))


def _value(store: MetricStore, metric: str, **tags: str) -> float:
    found = store.totals(metric, tags)
    assert found is not None
    return found.value


def test_known_metrics_are_built_in_ones_and_recorded_ones() -> None:
    """Thresholds can be checked before anything is measured."""
    store = MetricStore()
    assert store.known_metrics() == set(BUILTIN)
    assert store.metric_type("http_req_duration") == "trend"
    assert store.metric_type("mine") is None
    worker = Worker(store)
    worker.recorder.series("mine", "rate", EMPTY)
    worker.send(1)
    assert "mine" in store.known_metrics()
    assert store.metric_type("mine") == "rate"
    assert store.is_time("http_req_duration")
    assert not store.is_time("mine")
    assert not store.is_time("unknown")


def test_no_sample_is_none_and_not_an_aggregate_of_nothing() -> None:
    """Unknown metrics, unknown tags, empty windows and series without samples give None."""
    store = MetricStore()
    worker = Worker(store)
    assert store.aggregate("http_reqs", {}) is None
    worker.sample("mine", "counter", 0.5, 1.0, a="b")
    worker.recorder.series("other", "trend", EMPTY)
    worker.send(1)
    worker.send(2)
    for metric, tags, start, end in (
        ("unknown", {}, None, None),
        ("other", {}, None, None),
        ("mine", {"a": "c"}, None, None),
        ("mine", {}, 1, 2),
        ("mine", {}, 5, 9),
        ("mine", {}, 1, 1),
        ("mine", {}, -5, 0),
    ):
        assert store.aggregate(metric, tags, start, end) is None
    assert store.group_by("unknown", ["a"]) == []
    assert store.group_by("other", ["a"]) == []
    assert list(store.per_second("unknown", {})) == []


def test_windows_are_whole_seconds_and_rates_refer_to_what_was_reached() -> None:
    """[start, end) in whole seconds; a window that reaches beyond the run is as long as the run."""
    store = MetricStore()
    worker = Worker(store)
    for second in range(4):
        worker.sample("mine", "counter", second + 0.5, 10.0)
        worker.send(second + 1)
    for start, end, total, seconds in (
        (None, None, 40, 4),
        (0, None, 40, 4),
        (None, 2, 20, 2),
        (1, 3, 20, 2),
        (2, 100, 20, 2),
        (-5, 1, 10, 1),
        (0.5, 2.5, 30, 3),
    ):
        found = store.aggregate("mine", {}, start, end)
        assert found is not None
        assert (found.sum, found.seconds, found.rate) == (total, seconds, total / seconds)


def test_rates_of_totals_refer_to_the_true_end_of_the_run() -> None:
    """After finish, the rate of a counter is per second of the real duration."""
    store = MetricStore()
    worker = Worker(store)
    worker.sample("mine", "counter", 0.5, 10.0)
    worker.send(2)
    assert store.seconds == 2.0
    store.finish(1.25)
    found = store.totals("mine")
    assert found is not None
    assert (found.seconds, found.rate) == (1.25, 8.0)


def test_user_gauges_of_workers_add_up_and_others_do_not() -> None:
    """User counts add up over workers and workloads; another gauge has its smallest, largest and newest value."""
    store = MetricStore()
    workers = [Worker(store, index) for index in range(3)]
    users = [[1, 2, 3], [4, 8, 2], [0, 5, 1]]
    for second in range(3):
        for worker in workers:
            count = users[worker.index][second]
            worker.sample("vus", "gauge", second + 0.9, count, workload="a")
            worker.sample("vus", "gauge", second + 0.9, 10, workload="b")
            worker.sample("depth", "gauge", second + 0.9, count)
            worker.send(second + 1, users=count)
    assert [found.value for _, found in store.per_second("vus", {"workload": "a"})] == [5, 15, 6]
    for tags, low, high, last in (({"workload": "a"}, 5, 15, 6), ({}, 35, 45, 36)):
        found = store.totals("vus", tags)
        assert found is not None
        assert (found.min, found.max, found.last) == (low, high, last)
    assert [values for values, _ in store.group_by("vus", ["workload"])] == [("a",), ("b",)]
    assert store.group_by("vus", ["workload"])[0][1].max == 15
    assert store.group_by("vus", [])[0][1].max == 45
    depth = store.totals("depth")
    assert depth is not None
    assert (depth.min, depth.max, depth.last) == (0, 8, 1)
    assert store.users() == [5, 15, 6]


def test_gauges_keep_their_totals_over_a_long_run() -> None:
    """Last, min and max of gauges are right after their rows went to disk."""
    store = MetricStore(recent_seconds=20)
    workers = [Worker(store, index) for index in range(2)]
    for second in range(120):
        for worker in workers:
            worker.sample("vus", "gauge", second + 0.5, 1 + second % 50)
            worker.sample("depth", "gauge", second + 0.5, (second - 60) * (1 + worker.index))
            worker.send(second + 1)
    vus, depth = store.totals("vus"), store.totals("depth")
    assert vus is not None
    assert depth is not None
    assert (vus.min, vus.max, vus.last) == (2, 100, 2 * (1 + 119 % 50))
    assert (depth.min, depth.max, depth.last) == (-120, 118, 118)
    assert store.disk_bytes > 0


def test_groups_by_tags_merge_what_has_equal_values() -> None:
    """Endpoints by name and method over all statuses, in the whole run and in a window."""
    store = MetricStore()
    worker = Worker(store)
    for second in range(3):
        for name, method, status in (("/a", "GET", "200"), ("/a", "GET", "500"), ("/b", "POST", "200")):
            series = worker.recorder.request_series(request_tags(name, method, status))
            add_request(worker.recorder, series, second + 0.5, 0.1 * (second + 1))
        worker.send(second + 1)
    by = ["name", "method"]
    whole = store.group_by("http_req_duration", by)
    assert [(values, found.count) for values, found in whole] == [(("/a", "GET"), 6), (("/b", "POST"), 3)]
    assert whole[1][1].max == pytest.approx(300)
    part = store.group_by("http_req_duration", by, {"status": "200"}, 1, 3)
    assert [(values, found.count, found.seconds) for values, found in part] == [
        (("/a", "GET"), 2, 2.0),
        (("/b", "POST"), 2, 2.0),
    ]
    assert [values for values, _ in store.group_by("http_reqs", ["none"])] == [("",)]
    assert {series.tags["name"] for series in store.series_list()} == {"/a", "/b"}


def test_late_snapshots_reach_their_second_in_any_state() -> None:
    """A worker that is 2 s, 20 s or 100 s behind is merged into the right seconds, in memory and on disk."""
    store = MetricStore(recent_seconds=30)
    fast, slow = Worker(store, 0), Worker(store, 1)
    held: list[bytes] = []
    for second in range(150):
        for worker in (fast, slow):
            worker.sample("mine", "counter", second + 0.5, 1.0 + worker.index)
            worker.sample("vus", "gauge", second + 0.5, 5)
        fast.send(second + 1)
        held.append(encode(slow.recorder.flush(second + 1)))
        late = 2 if second < 40 else 20 if second < 100 else 1000
        while held and 150 - len(held) and second - late >= second + 1 - len(held):
            store.add(1, held.pop(0))
    for data in held:
        store.add(1, data)
    assert [found.sum for _, found in store.per_second("mine")] == [3.0] * 150
    assert [found.last for _, found in store.per_second("vus")] == [10.0] * 150
    assert _value(store, "mine") == 450.0
    assert store.warnings == []


def test_a_lost_worker_costs_what_it_did_not_send() -> None:
    """The others go on; the lost worker's seconds stay."""
    store = MetricStore()
    one, lost = Worker(store, 0), Worker(store, 1)
    for second in range(5):
        for worker in (one, lost):
            worker.sample("mine", "counter", second + 0.5, 1.0)
        one.send(second + 1)
        if second < 3:
            lost.send(second + 1)
    assert [found.sum for _, found in store.per_second("mine")] == [2, 2, 2, 1, 1]


def test_workers_that_disagree_on_a_kind_are_named() -> None:
    """The first kind wins, the other's samples are left out with a warning, the rest of the snapshot counts."""
    store = MetricStore()
    one, other = Worker(store, 0), Worker(store, 1)
    one.sample("mine", "counter", 0.5, 1.0)
    one.send(1)
    other.sample("mine", "trend", 0.5, 7.0)
    other.sample("fine", "counter", 0.5, 2.0)
    other.send(1)
    assert (_value(store, "mine"), _value(store, "fine")) == (1.0, 2.0)
    assert any("mine is a counter in one worker and a trend in another" in text for text in store.warnings)


def test_health_is_kept_per_second_and_worker() -> None:
    """Health survives packing and the disk, in order; the newest of each worker is at hand."""
    store = MetricStore(recent_seconds=20)
    for second in range(80):
        for index in (1, 0):
            worker = Worker(store, index)
            worker.recorder.flush(second)
            worker.send(second + 1, health={"cpu": second / 100, "state": "ok", "reasons": ["a"] * index})
    rows = list(store.health_history())
    assert [(row.second, row.worker) for row in rows] == [(at, index) for at in range(80) for index in (0, 1)]
    assert rows[7].health == {"cpu": 0.03, "state": "ok", "reasons": ["a"]}
    assert store.latest_health()[1].second == 79


def test_drops_users_and_foreign_bytes() -> None:
    """Drops add up; bytes that are no snapshot raise and change nothing."""
    store = MetricStore()
    Worker(store, 0).send(1, dropped=3, users=2)
    Worker(store, 1).send(3, dropped=4, users=5)
    assert (store.dropped, store.users()) == (7, [2, 0, 5])
    with pytest.raises(SnapshotError):
        store.add(0, b"rubbish")
    assert store.seconds == 3.0


def _long_run(store: MetricStore, seconds: int) -> None:
    worker = Worker(store)
    series = worker.recorder.request_series(request_tags())
    for second in range(seconds):
        add_request(worker.recorder, series, second + 0.5, 0.001 * (second + 1))
        worker.send(second + 1)


def test_a_full_disk_keeps_totals_and_recent_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fills, totals stay exact, old windows have a gap, and the warnings say so."""

    class FullDisk(io.BytesIO):
        def write(self, data: Any) -> int:
            if self.tell() + len(data) > 3_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    monkeypatch.setattr(spill.tempfile, "TemporaryFile", lambda **_: FullDisk())
    store = MetricStore(recent_seconds=30)
    _long_run(store, 200)
    found = store.totals("http_req_duration")
    assert found is not None
    assert (found.count, found.max) == (200, pytest.approx(200))
    kept = [second for second, _ in store.per_second("http_reqs")]
    assert kept[:10] == list(range(10))
    assert kept[-30:] == list(range(170, 200))
    assert len(kept) < 200
    assert len(store.warnings) == 1
    assert "No space left" in store.warnings[0]
    assert "totals are right" in store.warnings[0]
    assert store.aggregate("http_reqs", {}, 100, 110) is None


def test_a_disk_that_cannot_be_read_leaves_a_gap_and_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that cannot be read are missing, and the warnings say so; nothing fails."""

    class DeadDisk(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(spill.tempfile, "TemporaryFile", lambda **_: DeadDisk())
    store = MetricStore(recent_seconds=30)
    _long_run(store, 100)
    assert [second for second, _ in store.per_second("http_reqs")] == list(range(70, 100))
    assert "Input/output error" in store.warnings[0]
    assert _value(store, "http_reqs") == 100


def test_closing_gives_up_old_rows_only(tmp_path: Path) -> None:
    """After close the directory is empty, and totals and recent rows can still be read."""
    store = MetricStore(recent_seconds=30, directory=tmp_path)
    _long_run(store, 100)
    store.close()
    assert list(tmp_path.iterdir()) == []
    assert _value(store, "http_reqs") == 100
    found = store.aggregate("http_reqs", {}, 90, 100)
    assert found is not None
    assert found.sum == 10


def test_late_rows_for_a_lost_or_empty_block_do_not_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes for a second that is on disk already, or lost, takes the way of its neighbours."""
    for room in (0, 1 << 20):

        class Disk(io.BytesIO):
            limit = room

            def write(self, data: Any) -> int:
                if self.tell() + len(data) > self.limit:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return super().write(data)

        monkeypatch.setattr(spill.tempfile, "TemporaryFile", lambda disk=Disk, **_: disk())
        store = MetricStore(recent_seconds=20)
        fast, slow = Worker(store, 0), Worker(store, 1)
        for second in range(100):
            if second >= 30:
                fast.sample("mine", "counter", second + 0.5, 1.0)
            fast.send(second + 1)
        held = store._timeline.memory_bytes
        for second in range(30):
            slow.sample("mine", "counter", second + 0.5, 1.0)
            slow.send(second + 1)
        assert store._timeline.memory_bytes == held
        assert _value(store, "mine") == 100
        rows = [second for second, _ in store.per_second("mine")]
        assert rows == list(range(0 if room else 80, 100))


def test_the_store_is_what_thresholds_expect() -> None:
    """The store fulfils the model's protocol (a type checker holds the signatures)."""
    view: MetricsView = MetricStore()
    assert view.aggregate("http_reqs", {}) is None


def test_percentiles_over_a_window_come_from_merged_rows() -> None:
    """p50 of ten seconds is that of all their samples, not an average of the seconds' p50."""
    store = MetricStore()
    worker = Worker(store)
    for second, (count, value) in enumerate([(1, 1000.0), (98, 1.0), (1, 1000.0)]):
        for _ in range(count):
            worker.sample("mine", "trend", second + 0.5, value)
        worker.send(second + 1)
    found = store.aggregate("mine", {}, 0, 3)
    assert found is not None
    assert found.percentile(98) == pytest.approx(1.0, rel=0.005)
    assert found.percentile(99) == 1000.0
    assert found.supports(50)
    assert not found.supports(99)
    assert math.isnan(found.last)
