"""The objects behind `environment.stats`."""

from __future__ import annotations

import pytest

from swell.dialects.locust import stats as locust_stats
from swell.dialects.locust.stats import RequestStats, StatsEntry, StatsError
from swell.dialects.locust.stats_feed import StatsFeed
from swell.metrics.snapshot import encode
from swell.metrics.tags import TagSet
from tests.locust_outputs.conftest import ORIGIN, Clock, Measurement


def test_entries_come_from_the_store(busy: Measurement) -> None:
    """Each name and method that was measured is an entry, with exact counts."""
    stats = busy.stats()
    assert list(stats.entries) == [("/a", "POST"), ("/b", "GET")]
    entry = stats.get("/b", "GET")
    assert (entry.num_requests, entry.num_failures, entry.fail_ratio) == (300, 30, 0.1)
    assert entry.avg_response_time == pytest.approx(20.0)
    assert entry.total_content_length == 300 * 52
    assert entry.avg_content_length == 52.0
    assert (stats.num_requests, stats.num_failures, stats.num_none_requests) == (450, 30, 0)
    assert stats.total.name == "Aggregated"
    assert stats.total.max_response_time == pytest.approx(40.0)
    assert stats.total.min_response_time == pytest.approx(20.0)


def test_news_shows_without_asking(measurement: Measurement) -> None:
    """What a snapshot brings is seen at the next reading, also within the same second."""
    stats = measurement.stats()
    entry = stats.get("/", "GET")
    assert entry.num_requests == 0
    measurement.request(0.5, "/")
    measurement.flush(1.0)
    assert entry.num_requests == 1
    measurement.request(0.7, "/")
    measurement.flush(1.0)
    assert stats.total.num_requests == 2


def test_hold_is_one_moment(measurement: Measurement) -> None:
    """Inside `hold` nothing changes, however many snapshots come."""
    stats = measurement.stats()
    with stats.hold():
        measurement.request(0.5, "/")
        measurement.flush(1.0)
        assert stats.num_requests == 0
    assert stats.num_requests == 1


def test_percentiles_are_exact_and_never_above_the_maximum(measurement: Measurement) -> None:
    """Percentiles keep fractions of milliseconds and stop at the maximum, unlike Locust's rounded keys."""
    for _ in range(99):
        measurement.request(0.5, "/", 0.4)
    measurement.request(0.5, "/", 147.3)
    measurement.flush(1.0)
    entry = measurement.stats().get("/", "GET")
    assert entry.median_response_time == pytest.approx(0.4, rel=0.005)
    assert entry.get_response_time_percentile(1.0) == entry.max_response_time == pytest.approx(147.3)
    assert entry.shown_percentiles([0.5, 1.0]) == [0, 147]
    assert entry.response_times == {0: 99, 150: 1}


def test_a_missing_entry_is_made(busy: Measurement) -> None:
    """`get` and indexing make an empty entry that then stands in the table, as in Locust."""
    stats = busy.stats()
    entry = stats.get("/none", "GET")
    assert stats.entries["/none", "GET"] is entry
    assert (entry.num_requests, entry.fail_ratio, entry.avg_response_time, entry.min_response_time) == (0, 0, 0, None)
    assert (entry.max_response_time, entry.median_response_time, entry.avg_content_length) == (0, 0, 0)
    assert (entry.current_rps, entry.total_rps, entry.last_request_timestamp) == (0, 0, None)


def test_rates(busy: Measurement) -> None:
    """Current rates are those of the newest ten seconds, total rates those from the start to the last request."""
    stats = busy.stats()
    assert stats.get("/b", "GET").current_rps == 20.0
    assert stats.get("/b", "GET").current_fail_per_sec == 2.0
    assert stats.total.current_rps == 30.0
    assert stats.total.total_rps == 450 / 15
    assert stats.total.total_fail_per_sec == 30 / 15
    for second in range(15, 20):
        busy.flush(second + 1.0)
    assert stats.total.current_rps == 15.0, "traffic has stopped for five of the ten seconds"
    assert stats.total.total_rps == 30.0, "the span ends with the last request"
    assert stats.last_request_timestamp == ORIGIN + 15


def test_rates_of_a_short_run(measurement: Measurement) -> None:
    """A run that ends within a second has the rates of its real length."""
    for place in range(10):
        measurement.request(place / 20, "/")
    measurement.flush(0.5)
    measurement.store.finish(0.5)
    stats = measurement.stats()
    assert stats.total.total_rps == 20.0
    assert stats.total.current_rps == 0.0, "no second was whole"


def test_requests_by_second(busy: Measurement) -> None:
    """Requests and failures by Unix second, of an entry and of all."""
    stats = busy.stats()
    seconds = [int(ORIGIN) + second for second in range(15)]
    assert stats.get("/b", "GET").num_reqs_per_sec == dict.fromkeys(seconds, 20)
    assert stats.get("/b", "GET").num_fail_per_sec == dict.fromkeys(seconds, 2)
    assert stats.get("/a", "POST").num_fail_per_sec == {}
    assert stats.total.num_reqs_per_sec == dict.fromkeys(seconds, 30)
    assert stats.start_time == stats.total.start_time == ORIGIN


def test_current_percentiles_see_the_window_only(measurement: Measurement, monkeypatch: pytest.MonkeyPatch) -> None:
    """Current percentiles forget what is older than the window, whose length a test may set."""
    for second in range(20):
        measurement.request(second + 0.5, "/", 100.0 if second < 5 else 10.0)
        measurement.flush(second + 1.0)
    stats = measurement.stats()
    assert stats.total.get_current_response_time_percentile(1.0) == pytest.approx(10.0)
    assert stats.total.get_response_time_percentile(1.0) == pytest.approx(100.0)
    monkeypatch.setattr(locust_stats, "CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW", 18)
    assert stats.total.get_current_response_time_percentile(1.0) == pytest.approx(100.0)


def test_no_current_percentiles_without_the_cache() -> None:
    """As in Locust, an entry made without the cache refuses current percentiles."""
    stats = RequestStats(use_response_times_cache=False)
    with pytest.raises(ValueError, match="use_response_times_cache"):
        stats.total.get_current_response_time_percentile(0.5)
    assert RequestStats().total.get_current_response_time_percentile(0.5) is None


def test_requests_without_a_response_time(measurement: Measurement) -> None:
    """Requests that carry the tag `untimed` count, but are in no average and no percentile."""
    measurement.request(0.5, "mq", untimed=True, method="SEND")
    measurement.request(0.6, "mq", 30.0, method="SEND")
    measurement.flush(1.0)
    entry = measurement.stats().get("mq", "SEND")
    assert (entry.num_requests, entry.num_none_requests) == (2, 1)
    assert entry.avg_response_time == pytest.approx(30.0)
    assert entry.response_times == {30: 1}


def test_open_load_leaves_the_schedule_lag_out(measurement: Measurement) -> None:
    """`http_req_latency` is the whole call in a closed load; in an open load the duration is taken, without the lag."""
    measurement.request(0.5, "/", 30.0, lag=2.0, connect=10.0)
    measurement.flush(1.0)
    assert measurement.stats().total.avg_response_time == pytest.approx(2030.0)
    assert measurement.stats(time_metric="http_req_duration").total.avg_response_time == pytest.approx(20.0)


def test_reset_keeps_the_rows_and_forgets_the_numbers(busy: Measurement) -> None:
    """After `reset_all` all entries are zero; what comes then counts from there, exactly."""
    stats = busy.stats()
    assert stats.errors
    stats.reset_all()
    assert [entry.num_requests for entry in stats.entries.values()] == [0, 0]
    assert (stats.num_requests, stats.errors, stats.history) == (0, {}, [])
    busy.request(15.5, "/b", 33.0, error="HTTPError('500 Server Error: Oops for url: /b')")
    busy.flush(16.0)
    entry = stats.get("/b", "GET")
    assert (entry.num_requests, entry.num_failures) == (1, 1)
    assert entry.min_response_time == entry.max_response_time == pytest.approx(33.0)
    assert stats.total.total_rps == 1.0
    (error,) = stats.errors.values()
    assert (error.occurrences, error.first_seen) == (1, ORIGIN + 15)


def test_numbers_long_after_a_reset(measurement: Measurement) -> None:
    """Minutes after a reset nothing is lost or counted twice."""
    stats = measurement.stats()
    for second in range(300):
        measurement.request(second + 0.5, "/", 10.0 + second % 7)
        measurement.flush(second + 1.0)
        if second == 49:
            stats.reset_all()
        if second % 20 == 0:
            assert stats.total.num_requests == (second + 1 if second < 50 else second - 49)
    assert stats.total.num_requests == 250
    assert stats.total.max_response_time == pytest.approx(16.0)
    assert sum(stats.total.num_reqs_per_sec.values()) == 250


def test_clear_removes_the_rows(busy: Measurement) -> None:
    """After `clear_all` there is no entry until it is requested again."""
    stats = busy.stats()
    stats.clear_all()
    assert dict(stats.entries) == {}
    busy.request(15.5, "/a", method="POST")
    busy.flush(16.0)
    assert list(stats.entries) == [("/a", "POST")]


def test_reset_before_the_first_second_loses_nothing(measurement: Measurement) -> None:
    """A reset at the start, before any snapshot, forgets nothing that comes."""
    stats = measurement.stats()
    stats.clear_all()
    measurement.request(0.5, "/")
    measurement.flush(1.0)
    assert stats.num_requests == 1


def test_reset_of_one_entry(busy: Measurement) -> None:
    """An entry can be reset alone; the total keeps its requests."""
    stats = busy.stats()
    entry = stats.get("/b", "GET")
    entry.reset()
    assert (entry.num_requests, stats.num_requests) == (0, 450)
    busy.request(15.5, "/b", 60.0)
    busy.flush(16.0)
    assert entry.num_requests == 1
    assert entry.max_response_time == pytest.approx(60.0)
    stats.total.reset()
    assert (stats.num_requests, entry.num_requests) == (0, 1)


def test_errors_in_order_of_appearance(measurement: Measurement) -> None:
    """Failures are listed as they came, with count and first and last second; errors of user code are not there."""
    measurement.request(0.5, "/", error="TimeoutError('timed out')", kind="read_timeout")
    measurement.flush(1.0)
    measurement.request(1.5, "/", error="ValueError('x')", kind="failed_check")
    measurement.request(1.6, "/", error="TimeoutError('timed out')", kind="read_timeout")
    measurement.request(1.7, "/", error="KeyError: 'y'", kind="exception")
    measurement.flush(2.0)
    stats = measurement.stats()
    first, second = stats.errors.values()
    assert (first.error, first.occurrences) == ("TimeoutError('timed out')", 2)
    assert (first.first_seen, first.last_seen) == (ORIGIN, ORIGIN + 1)
    assert (second.method, second.name, second.error) == ("GET", "/", "ValueError('x')")
    assert list(stats.errors)[1] == StatsError.create_key("GET", "/", "ValueError('x')")
    stats.errors = {}
    assert stats.errors == {}


def test_logging_by_hand_adds_up(busy: Measurement) -> None:
    """`log_request` and `log_error` count at once, on top of what was measured."""
    stats = busy.stats()
    stats.log_request("GET", "/b", 100.0, 48)
    stats.log_error("GET", "/b", ValueError("mine"))
    stats.log_request("RPC", "call", None, 7)
    entry = stats.get("/b", "GET")
    assert (entry.num_requests, entry.num_failures) == (301, 31)
    assert entry.max_response_time == 100.0
    assert entry.total_content_length == 300 * 52 + 48
    assert (stats.num_requests, stats.num_failures, stats.num_none_requests) == (452, 31, 1)
    assert [error.to_name() for error in stats.errors.values()][-1] == "GET /b: ValueError('mine')"


def test_library_use_without_a_run() -> None:
    """Without a store the statistics hold what is logged: counts, rates, windows, percentiles."""
    clock = Clock(1000.0)
    stats = RequestStats(clock=clock)
    for second in range(20):
        clock.now = 1000.5 + second
        for _ in range(5):
            stats.log_request("GET", "/", float(second), 10)
    clock.now = 1020.0
    total = stats.total
    assert (total.num_requests, total.current_rps) == (100, 5.0)
    assert total.total_rps == 100 / 19.5
    assert total.get_response_time_percentile(1.0) == 19.0
    assert total.get_current_response_time_percentile(0.01) == pytest.approx(11.0, rel=0.005)
    assert total.num_reqs_per_sec == {1000 + second: 5 for second in range(20)}
    stats.reset_all()
    assert (total.num_requests, stats.start_time) == (0, 1020.0)


def test_serialize_and_back() -> None:
    """An entry goes through plain data and can be added to another; `get_stripped_report` empties it."""
    stats = RequestStats(clock=Clock(50.5))
    stats.log_request("GET", "/", 7.0, 3)
    stats.log_request("GET", "/", 12.0, 3)
    stats.log_error("GET", "/", "no")
    data = stats.get("/", "GET").get_stripped_report()
    assert stats.get("/", "GET").num_requests == 0
    assert (data["num_requests"], data["response_times"], data["num_reqs_per_sec"]) == (2, {7: 1, 12: 1}, {50: 2})
    back = StatsEntry.unserialize(data, stats)
    assert (back.num_requests, back.num_failures, back.total_response_time) == (2, 1, 19.0)
    assert (back.min_response_time, back.max_response_time, back.last_request_timestamp) == (7.0, 12.0, 50.5)
    other = StatsEntry(stats, "/", "GET")
    other.log(20.0, 1)
    other.extend(back)
    assert (other.num_requests, other.max_response_time, other.num_reqs_per_sec) == (3, 20.0, {50: 3})


def test_serialize_stats_empties_nothing(busy: Measurement) -> None:
    """Unlike Locust's, `serialize_stats` leaves the entries as they are, and entries without requests out."""
    stats = busy.stats()
    stats.get("/none", "GET")
    assert [row["name"] for row in stats.serialize_stats()] == ["/a", "/b"]
    assert stats.num_requests == 450
    (error,) = stats.serialize_errors().values()
    assert error["occurrences"] == 30


def test_two_workers_are_one(measurement: Measurement) -> None:
    """Snapshots of several workers add up, whenever they come within the second."""
    run = Measurement(workers=2)
    stats = run.stats()
    run.request(0.5, "/", 10.0, worker=0)
    run.request(0.5, "/", 20.0, worker=1)
    run.flush(1.0)
    assert (stats.num_requests, stats.total.avg_response_time) == (2, pytest.approx(15.0))


def test_to_dict_has_the_keys_of_the_web_page(busy: Measurement, monkeypatch: pytest.MonkeyPatch) -> None:
    """`to_dict` follows PERCENTILES_TO_STATISTICS as it is at the time."""
    monkeypatch.setattr(locust_stats, "PERCENTILES_TO_STATISTICS", [0.5])
    row = busy.stats().get("/a", "POST").to_dict()
    assert row["response_time_percentile_0.5"] == 40
    assert (row["current_rps"], row["median_response_time"], row["max_response_time"]) == (10.0, 40, 40)


def test_the_feed_of_a_worker_keeps_what_is_needed() -> None:
    """Statistics over a `StatsFeed` are those over the full store, from snapshots as objects or bytes."""
    run, feed = Measurement(), StatsFeed()
    recorder = run.recorders[0]
    other = recorder.series("custom", "trend", TagSet.of({}))
    for second in range(3):
        run.request(second + 0.5, "/old", 20.0)
        run.request(second + 0.6, f"/{second}", 30.0, error="Boom('x')")
        recorder.add_sample((other, second + 0.5, 1.0))
        snapshot = recorder.flush(second + 1.0)
        run.store.add(0, snapshot)
        feed.add(encode(snapshot) if second % 2 else snapshot)
    feed.finish(3.0)
    stats = RequestStats(clock=Clock())
    stats.attach(feed.store, ORIGIN)
    assert stats.serialize_stats() == run.stats().serialize_stats()
    assert stats.serialize_errors() == run.stats().serialize_errors()
    assert stats.total.total_rps == 2.0
    assert feed.store.totals("custom") is None
