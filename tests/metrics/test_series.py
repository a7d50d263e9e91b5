"""The series table and the table of built-in metrics."""

from __future__ import annotations

from swell.metrics.builtin import BUILTIN, CONNECT_METRICS, REQUEST_METRICS, is_summed
from swell.metrics.series import SeriesTable


def test_series_keep_their_number_and_metrics_their_kind() -> None:
    """The same metric and tags are one series; another kind is refused, also for built-in names."""
    table = SeriesTable()
    first = table.add("a", "trend", True, (("x", "1"),))
    assert table.add("a", "trend", True, (("x", "2"),)) == 1
    assert table.add("a", "trend", True, (("x", "1"),)) == first == 0
    assert table.add("a", "rate", False, (("x", "1"),)) is None
    assert table.add("vus", "trend", False, ()) is None
    assert table.add("vus", "gauge", False, ()) == 2
    assert table.add("a", "trend", True, ()) == 3
    assert [table.names[place] for place in table.metric_places()] == ["a", "a", "vus", "a"]
    assert table.summed().tolist() == [False, False, True, False]
    assert table.is_of("a").tolist() == [True, True, False, True]
    assert table.is_of("b").tolist() == [False] * 4
    assert table.gauges().tolist() == [False, False, True, False]


def test_a_selector_means_all_series_that_include_its_tags() -> None:
    """No tags mean all series of the metric, more tags fewer, unknown ones none."""
    table = SeriesTable()
    for name in ("/a", "/b"):
        for method in ("GET", "POST"):
            table.add("m", "trend", True, (("method", method), ("name", name)))
    assert table.matching("m", {}) == [0, 1, 2, 3]
    assert table.matching("m", {"name": "/b"}) == [2, 3]
    assert table.matching("m", {"name": "/b", "method": "GET"}) == [2]
    assert table.matching("m", {"name": "/c"}) == []
    assert table.matching("other", {}) == []


def test_the_table_of_metrics_is_whole() -> None:
    """Thirteen metrics come from requests, the last four of them from connecting; only user counts add up."""
    assert len(REQUEST_METRICS) == 13
    assert CONNECT_METRICS == (
        "http_req_blocked",
        "http_req_looking_up",
        "http_req_connecting",
        "http_req_tls_handshaking",
    )
    assert [name for name in BUILTIN if is_summed(name)] == ["vus", "vus_max"]
    assert all(row.meaning for row in BUILTIN.values())
    assert all(row.kind == "trend" for row in BUILTIN.values() if row.is_time)
