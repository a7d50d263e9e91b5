"""The recorder: what requests and samples become, second by second."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.metrics import recorder as recorders
from swell.metrics.aggregate import Aggregate
from swell.metrics.builtin import BUILTIN, CONNECT_METRICS, REQUEST_METRICS
from swell.metrics.recorder import MetricError, Recorder
from swell.metrics.snapshot import Snapshot
from swell.metrics.store import MetricStore
from swell.metrics.tags import EMPTY, TagSet
from tests.metrics.naive import add_request, close_enough, nearest_rank, request_tags

PHASE = st.floats(0, 100)


def _stored(*snapshots: Snapshot) -> MetricStore:
    store = MetricStore()
    for snapshot in snapshots:
        store.add(0, snapshot)
    return store


def _found(store: MetricStore, metric: str, **tags: str) -> Aggregate:
    found = store.totals(metric, tags)
    assert found is not None
    return found


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.floats(0, 3.99),
            PHASE,
            PHASE,
            PHASE,
            PHASE,
            st.integers(0, 1 << 30),
            st.none() | st.tuples(PHASE, PHASE, PHASE, PHASE),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_all_metrics_of_requests_come_from_their_rows(requests: list[Any]) -> None:
    """Counts, sums, extremes exact and percentiles close for all thirteen metrics of each request series."""
    recorder = Recorder(origin=100.0)
    tags = [request_tags("/a"), request_tags("/b", status="500", expected="false"), TagSet.of({"name": "/c"})]
    series = [recorder.request_series(each) for each in tags]
    exact: dict[tuple[str, int], list[float]] = {}
    for number, end, lag, sending, waiting, receiving, size, connect in requests:
        start = 100.0 + end - 0.25
        recorder.add_request((series[number], start, 100.0 + end, lag, sending, waiting, receiving, size, 2 * size))
        if connect:
            recorder.add_connect((series[number], 100.0 + end, *connect))
        values = {
            "http_reqs": 1.0,
            "data_sent": float(size),
            "data_received": 2.0 * size,
            "http_req_duration": sending * 1000 + waiting * 1000 + receiving * 1000,
            "http_req_sending": sending * 1000,
            "http_req_waiting": waiting * 1000,
            "http_req_receiving": receiving * 1000,
            "http_req_latency": (100.0 + end - start + lag) * 1000,
            **dict(zip(CONNECT_METRICS, [part * 1000 for part in connect or (0, 0, 0, 0)], strict=True)),
        }
        if number < 2:
            values["http_req_failed"] = float(number)
        for metric, value in values.items():
            exact.setdefault((metric, number), []).append(value)
    store = _stored(*(recorder.flush(100.0 + second) for second in (1, 2, 3, 4)))
    names = ["/a", "/b", "/c"]
    for metric in REQUEST_METRICS:
        for number, name in enumerate(names):
            values = exact.get((metric, number))
            found = store.totals(metric, {"name": name})
            if values is None:
                assert found is None
                continue
            assert found is not None
            assert found.count == len(values)
            assert found.sum == pytest.approx(sum(values), rel=1e-12)
            if BUILTIN[metric].kind == "trend":
                assert (found.min, found.max) == (min(values), max(values))
                assert close_enough(found.percentile(75), nearest_rank(values, 75))


def test_failed_follows_the_tag_and_is_absent_without_it() -> None:
    """http_req_failed is 1 for expected_response false, 0 for true, and no sample without the tag."""
    recorder = Recorder()
    for expected, times in (("true", 3), ("false", 2)):
        series = recorder.request_series(request_tags(expected=expected))
        for _ in range(times):
            add_request(recorder, series, 0.5, 0.1)
    add_request(recorder, recorder.request_series(TagSet.of({"name": "/free"})), 0.5, 0.1)
    store = _stored(recorder.flush(1.0))
    found = _found(store, "http_req_failed")
    assert (found.passes, found.fails, found.count, found.rate) == (2, 3, 5, 0.4)
    assert store.totals("http_req_failed", {"name": "/free"}) is None
    assert _found(store, "http_reqs").sum == 6


def test_requests_with_open_connections_count_as_zero_in_connect_phases() -> None:
    """Each request has a sample in each phase, also where most found their connection open."""
    recorder = Recorder()
    series = recorder.request_series(request_tags())
    for place in range(10):
        add_request(recorder, series, place / 10, 0.01)
    recorder.add_connect((series, 0.3, 0.0, 0.002, 0.004, 0.0))
    store = _stored(recorder.flush(1.0))
    for metric, highest in zip(CONNECT_METRICS, (0.0, 2.0, 4.0, 0.0), strict=True):
        found = _found(store, metric)
        assert (found.count, found.min, found.max) == (10, 0.0, highest)
        assert found.percentile(90) == 0.0


def test_rows_belong_to_the_second_in_which_they_end() -> None:
    """A flush takes what ended before it and leaves the rest; late rows go to their own second."""
    recorder = Recorder(origin=50.0)
    series = recorder.request_series(request_tags())
    for end in (49.0, 50.0, 50.999, 51.0, 51.5, 52.25):
        add_request(recorder, series, end, 0.1)
    first = recorder.flush(51.0)
    assert (first.second, first.frame.second.max()) == (0, 0)
    recorder.absorb()
    add_request(recorder, series, 50.5, 0.1)
    store = _stored(first, recorder.flush(52.0), recorder.flush(53.0))
    counts = {second: found.sum for second, found in store.per_second("http_reqs")}
    assert counts == {0: 4.0, 1: 2.0, 2: 1.0}


def test_a_stall_of_several_seconds_still_fills_each_second() -> None:
    """One flush after a long stall puts rows into the seconds in which they ended."""
    recorder = Recorder()
    series = recorder.request_series(request_tags())
    number = recorder.series("mine", "counter", EMPTY)
    for place in range(40):
        add_request(recorder, series, place / 10, 0.1)
        recorder.add_sample((number, place / 10, 2.0))
    store = _stored(recorder.flush(4.0))
    assert [found.sum for _, found in store.per_second("http_reqs")] == [10.0] * 4
    assert [found.sum for _, found in store.per_second("mine")] == [20.0] * 4


def test_the_last_flush_takes_everything() -> None:
    """Without a time, flush leaves nothing behind and names the second of the newest row."""
    recorder = Recorder(origin=10.0)
    series = recorder.request_series(request_tags())
    add_request(recorder, series, 13.4, 0.1)
    assert recorder.flush().second == 3
    assert len(recorder.flush().frame) == 0
    assert Recorder(origin=10.0).flush().second == 0


@pytest.mark.parametrize("until", [3.0, math.nextafter(3.0, 4.0), math.nextafter(3.0, 2.0)])
def test_a_hair_of_rounding_makes_no_new_second(until: float) -> None:
    """Whole seconds are recognised in spite of floating point."""
    recorder = Recorder()
    assert recorder.flush(until).second == 2


def test_samples_of_all_kinds_keep_what_their_kind_needs() -> None:
    """Counter sum, gauge last, min and max, rate passes, trend histogram."""
    recorder = Recorder()
    for metric, kind in (("c", "counter"), ("g", "gauge"), ("r", "rate"), ("t", "trend")):
        number = recorder.series(metric, kind, EMPTY)  # type: ignore[arg-type]
        for value in (5.0, -2.0, 0.0, 3.0):
            recorder.add_sample((number, 0.5, value))
    store = _stored(recorder.flush(1.0))
    assert (_found(store, "c").sum, _found(store, "c").count, _found(store, "c").rate) == (6.0, 4, 6.0)
    gauge = _found(store, "g")
    assert (gauge.last, gauge.min, gauge.max, gauge.value) == (3.0, -2.0, 5.0, 3.0)
    assert (_found(store, "r").passes, _found(store, "r").rate) == (3, 0.75)
    trend = _found(store, "t")
    assert (trend.avg, trend.med, trend.min, trend.max) == (1.5, 0.0, -2.0, 5.0)
    assert math.isnan(gauge.percentile(50))
    assert math.isnan(trend.last)


def test_values_that_are_no_numbers_are_rejected_with_a_count() -> None:
    """NaN, infinity and text are left out, counted in the snapshot and named in the store's warnings."""
    recorder = Recorder()
    number = recorder.series("t", "trend", EMPTY)
    series = recorder.request_series(request_tags())
    for value in (1.0, math.nan, math.inf, "abc", 2.0):
        recorder.add_sample((number, 0.5, value))  # type: ignore[arg-type]
    add_request(recorder, series, 0.5, math.nan)
    add_request(recorder, series, 0.5, 1.7e308)
    add_request(recorder, series, 0.5, 0.5)
    snapshot = recorder.flush(1.0)
    assert snapshot.rejected == 5
    store = _stored(snapshot, recorder.flush(2.0))
    assert store.rejected == 5
    assert any("5 samples" in text for text in store.warnings)
    assert _found(store, "t").count == 2
    assert _found(store, "http_reqs").count == 1


def test_a_late_gauge_counts_in_the_second_of_its_flush() -> None:
    """A gauge never gets two rows for one second from one worker."""
    recorder = Recorder()
    number = recorder.series("vus", "gauge", EMPTY)
    recorder.add_sample((number, 0.9, 5.0))
    first = recorder.flush(1.0)
    recorder.add_sample((number, 0.95, 6.0))
    store = _stored(first, recorder.flush(2.0))
    assert [(second, found.last) for second, found in store.per_second("vus")] == [(0, 5.0), (1, 6.0)]


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a b", "é", "a" * 129, "a\n"])
def test_bad_names_are_refused(name: str) -> None:
    """A metric's name follows k6's rule, and the message says which."""
    with pytest.raises(MetricError, match="letters, digits and underscores"):
        Recorder().series(name, "trend", EMPTY)


def test_a_metric_has_one_kind() -> None:
    """A second kind for a name is refused, for own metrics and for built-in ones."""
    recorder = Recorder()
    number = recorder.series("mine", "trend", EMPTY)
    assert recorder.series("mine", "trend", EMPTY, is_time=True) == number
    with pytest.raises(MetricError, match="mine is a trend"):
        recorder.series("mine", "rate", EMPTY)
    with pytest.raises(MetricError, match="mine is a trend"):
        recorder.series("mine", "rate", TagSet.of({"a": "b"}))
    with pytest.raises(MetricError, match="checks is a rate"):
        recorder.series("checks", "trend", EMPTY)


def test_series_are_described_once() -> None:
    """Definitions travel in the first snapshot only; built-in metrics know their unit."""
    recorder = Recorder()
    recorder.request_series(request_tags())
    recorder.series("iteration_duration", "trend", EMPTY)
    first = recorder.flush(1.0)
    assert [(each.metric, each.is_time) for each in first.series] == [("", True), ("iteration_duration", True)]
    recorder.request_series(request_tags())
    assert recorder.flush(2.0).series == []


def test_names_without_end_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests with ever new names end in one series, samples with ever new tags lose them, and it is said."""
    monkeypatch.setattr(recorders, "MAX_SERIES", 5)
    recorder = Recorder()
    for place in range(20):
        add_request(recorder, recorder.request_series(request_tags(f"/{place}")), 0.5, 0.1)
        tags = TagSet.of({"id": str(place)})
        recorder.add_sample((recorder.series("mine", "counter", tags), 0.5, 1.0))
    store = _stored(recorder.flush(1.0))
    assert _found(store, "http_reqs").sum == 20
    assert _found(store, "http_reqs", name="(other names)", method="GET").sum == 15
    assert _found(store, "mine").sum == 20
    assert len(store.series_list()) == 6 * len(REQUEST_METRICS) + 6
    assert sum("more than 5" in text for text in store.warnings) == 2


def test_errors_carry_their_endpoint_and_no_secret() -> None:
    """Errors are grouped by kind, message, name and method, with the first example, redacted."""
    recorder = Recorder()
    for number in range(3):
        recorder.add_error(
            "status", "401 for token=abcdef", request_tags("/login"), {"n": number, "password": "hunter2"}
        )
    recorder.add_error("refused", "no", EMPTY, None)
    errors = _stored(recorder.flush(1.0)).errors()
    assert [(each.kind, each.name, each.method, each.count) for each in errors] == [
        ("status", "/login", "GET", 3),
        ("refused", "", "", 1),
    ]
    assert errors[0].message == "401 for token=[redacted]"
    assert errors[0].example == {"n": 0, "password": "[redacted]"}


def test_requests_that_were_never_sent_have_no_duration() -> None:
    """A refused connection counts as a failed request with a latency, but no duration says that it was quick."""
    recorder = Recorder()
    tags = request_tags(expected="false").with_tags(error="refused", status="0")
    add_request(recorder, recorder.request_series(tags, sent=False), 0.5, 0.0)
    add_request(recorder, recorder.request_series(request_tags()), 0.5, 0.1)
    store = MetricStore()
    store.add(0, recorder.flush())
    assert store.aggregate("http_reqs", {}).sum == 2
    assert store.aggregate("http_req_failed", {}).passes == 1
    assert store.aggregate("http_req_duration", {}).count == 1
    assert store.aggregate("http_req_duration", {"error": "refused"}) is None
    assert store.aggregate("http_req_waiting", {}).count == 1
    assert store.aggregate("http_req_latency", {}).count == 2


def test_what_waits_can_be_seen_and_stays() -> None:
    """`waiting` shows rows, samples and errors that no snapshot has; the next snapshot has them all the same."""
    recorder = Recorder(100.0)
    assert [len(part) for part in recorder.waiting()] == [0, 0, 0]
    tags = TagSet.of({"name": "/a", "method": "GET", "expected_response": "false"})
    series = recorder.request_series(tags)
    beside = recorder.beside(series, "bytes_of_mine")
    for end in (100.5, 101.5):
        recorder.add_request((series, end - 0.1, end, 0.0, 0.0, 0.1, 0.0, 10, 20))
        recorder.add_sample((beside, end, 7.0))
        recorder.add_error("custom", "wrong", tags, {"url": "/a"})
    for _ in range(2):
        rows, samples, errors = recorder.waiting()
        assert rows[:, 2].tolist() == [100.5, 101.5]
        assert samples.tolist() == [[beside, 100.5, 7.0], [beside, 101.5, 7.0]]
        assert [(one.message, one.name, one.count, one.example) for one in errors] == [("wrong", "/a", 2, None)]
    assert recorder.described() == [(dict(tags.items), True)]
    assert recorder.described(1) == []
    assert recorder.counters_beside("bytes_of_mine") == {beside: series}
    snapshot = recorder.flush(101.0)
    assert recorder.flushes == 1
    assert [(one.count, one.example is not None) for one in snapshot.errors] == [(2, True)]
    assert [len(part) for part in recorder.waiting()] == [1, 1, 0]
