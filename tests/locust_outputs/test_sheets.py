"""Columns over all entries say what each entry says on its own, and cost what they should."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swell.dialects.locust import csv_files
from swell.dialects.locust.csv_files import StatsCSVFileWriter, due_again
from swell.dialects.locust.outputs import RunOutputs
from swell.dialects.locust.shown import row_of, rows_of
from swell.metrics.recorder import Recorder
from swell.metrics.tags import TagSet
from tests.locust_outputs.conftest import ORIGIN, Measurement

SHARES = [0.0, 0.5, 0.66, 0.95, 0.999, 1.0]

requests = st.lists(
    st.tuples(
        st.sampled_from(["/a", "/b", "/c"]),
        st.sampled_from(["GET", "POST"]),
        st.floats(0, 1e5),
        st.booleans(),
        st.booleans(),
        st.integers(0, 3),
    ),
    max_size=40,
)


def fill(run: Measurement, found: list[tuple[str, str, float, bool, bool, int]]) -> None:
    for name, method, milliseconds, failed, untimed, second in sorted(found, key=lambda one: one[-1]):
        run.request(
            second + 0.5, name, milliseconds, method=method, error="E('x')" if failed else "", untimed=untimed, size=7
        )


@settings(max_examples=60, deadline=None)
@given(requests, st.booleans())
def test_rows_are_those_of_single_entries(
    found: list[tuple[str, str, float, bool, bool, int]], reset_between: bool
) -> None:
    """Rows, percentiles and rates by columns equal those of each entry, also after a reset."""
    run = Measurement()
    stats = run.stats()
    fill(run, found)
    run.flush(2.0)
    assert len(stats.entries) <= 6
    if reset_between:
        stats.reset_all()
    run.flush(4.0)
    for current in (False, True):
        with stats.hold():
            together = rows_of(stats, SHARES, current=current, newest=current)
            ordered = [stats.entries[key] for key in sorted(stats.entries)]
            single = [row_of(entry, SHARES, current=current, newest=current) for entry in ordered]
        assert together == single


@settings(max_examples=40, deadline=None)
@given(requests)
def test_seconds_are_those_of_the_store(found: list[tuple[str, str, float, bool, bool, int]]) -> None:
    """Requests by second of all entries in one go are those that the store has of each, and add up to the total."""
    run = Measurement()
    fill(run, found)
    run.flush(5.0)
    stats = run.stats()
    sums: dict[int, int] = {}
    for (name, method), entry in stats.entries.items():
        wanted = {
            int(ORIGIN + second): int(each.sum)
            for second, each in run.store.per_second("http_reqs", {"name": name, "method": method})
        }
        assert entry.num_reqs_per_sec == wanted
        for second, count in wanted.items():
            sums[second] = sums.get(second, 0) + count
    assert stats.total.num_reqs_per_sec == sums


def test_entries_logged_to_by_hand_are_in_the_table(busy: Measurement) -> None:
    """An entry with both kinds of requests, one with only its own, one that was forgotten: each is right."""
    stats = busy.stats()
    stats.log_request("GET", "/b", 1000.0, 10)
    stats.log_request("GET", "/own", 5.0, 10)
    stats.get("/a", "POST").reset()
    with stats.hold():
        rows = {row.name: row for row in rows_of(stats, [1.0])}
    assert (rows["/b"].requests, rows["/b"].percentiles) == (301, [1000])
    assert (rows["/own"].requests, rows["/own"].median) == (1, 5)
    assert (rows["/a"].requests, rows["/a"].timed) == (0, False)


def test_what_takes_long_is_written_less_often(
    busy: Measurement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and tables that take half a second come every five seconds; the total's history every second; the end is
    complete.
    """
    assert due_again(100.0, 0.01) == 100.0
    assert due_again(100.0, 0.5) == 105.0
    clock = iter(range(1_000_000))
    monkeypatch.setattr(csv_files.time, "perf_counter", lambda: next(clock) * 0.5)
    written: list[str] = []
    monkeypatch.setattr(csv_files, "_rewrite", lambda _file, rows: written.append(rows.__name__))
    stats = busy.stats()
    runner = SimpleNamespace(stats=stats, state="running", user_count=1, exceptions={})
    files = StatsCSVFileWriter(SimpleNamespace(stats=stats, runner=runner), [0.5], str(tmp_path / "x"))
    outputs = RunOutputs(runner, table=False, csv=files)
    outputs.start(ORIGIN)
    for second in range(1, 8):
        outputs.tick(ORIGIN + second)
    assert written.count("requests_csv") == 2
    outputs.close(ORIGIN + 8)
    assert written.count("requests_csv") == 3
    rows = list(csv.reader((tmp_path / "x_stats_history.csv").read_text().splitlines()))
    assert len(rows) == 1 + 1 + 7 + 1


def test_a_counter_beside_requests() -> None:
    """It has the tags of its request series, the same number each time, and is counted with it."""
    recorder = Recorder()
    series = recorder.request_series(TagSet.of({"name": "/a?token=secret", "method": "GET"}))
    beside = recorder.beside(series, "body_received")
    assert recorder.beside(series, "body_received") == beside
    recorder.add_sample((beside, 0.5, 10.0))
    recorder.add_sample((beside, 0.6, 5.0))
    snapshot = recorder.flush(1.0)
    (definition,) = [each for each in snapshot.series if each.metric]
    assert (definition.number, definition.metric, definition.kind) == (beside, "body_received", "counter")
    assert "secret" not in str(definition.tags)
    assert snapshot.frame.sum[snapshot.frame.series == beside].tolist() == [15.0]
