"""The feed hands out each row once and never lets an output harm the run."""

from __future__ import annotations

import threading
from typing import Any

from swell.outputs import thread
from swell.outputs.base import OutputError
from swell.outputs.feed import OutputFeed
from tests.outputs.conftest import ORIGIN, Collector, Load, batches, wait_until


def requests(collector: Collector) -> list[tuple[int, float, bool]]:
    return [
        (row.second, row.values.sum, row.late)
        for batch in collector.batches
        for row in batch.rows
        if row.series.metric == "http_reqs"
    ]


def test_each_second_comes_once() -> None:
    """One batch for each second, with the wall clock of the beginning of the load."""
    found = batches(3)
    assert [batch.second for batch in found] == [0, 1, 2]
    assert {batch.origin for batch in found} == {ORIGIN}
    assert found[2].until == ORIGIN + 3
    names = [row.series.metric for row in found[0].rows]
    assert len(names) == len(set(names))
    users = [row.values.last for batch in found for row in batch.rows if row.series.metric == "vus"]
    assert users == [1, 2, 3]


def test_secrets_in_tags_are_masked() -> None:
    """A token in the name of a request leaves no process."""
    found = batches(1)
    names = {row.series.tags.get("name") for row in found[0].rows} - {None}
    assert names == {'http://h/a b,c="d"?token=[redacted]'}


def test_what_comes_late_adds_to_its_second() -> None:
    """A row of a second that was sent already comes with the next batch, marked as late."""
    load, collector = Load(), Collector()
    feed = OutputFeed([collector], load.store)
    load.second()
    feed.refresh(load.live)
    load.late_request(0)
    load.second()
    load.late_request(0)
    load.store.add(0, load._recorder.flush())
    feed.close()
    assert sum(count for _, count, _ in requests(collector)) == 22
    assert sum(count for second, count, late in requests(collector) if second == 0 and late) == 2


def test_seconds_after_the_load_are_handed_out_at_the_end() -> None:
    """What the store has and nobody asked for before the end."""
    load, collector = Load(), Collector()
    feed = OutputFeed([collector], load.store)
    load.second()
    load.second()
    feed.close()
    feed.close()
    assert requests(collector) == [(0, 10, False), (1, 10, False)]
    assert feed.notes() == []


class Failing(Collector):
    """Fails in one of its methods."""

    label = "failing=thing"

    def __init__(self, where: str, error: Exception) -> None:
        super().__init__()
        self._where, self._error = where, error

    def _fail(self, where: str) -> None:
        if where == self._where:
            raise self._error

    def take(self, batch: Any) -> None:
        self._fail("take")
        super().take(batch)

    def flush(self) -> None:
        self._fail("flush")

    def close(self) -> None:
        self._fail("close")


def test_an_output_that_fails_is_told_and_harms_nobody() -> None:
    """The others get everything; the first error is told without secrets, further ones are counted."""
    for where in ("take", "flush", "close"):
        load, good = Load(), Collector()
        failing = Failing(where, OutputError("no entry with password=hunter2"))
        feed = OutputFeed([failing, good], load.store)
        for _ in range(3):
            load.second()
            feed.refresh(load.live)
        feed.close()
        assert len(good.batches) == 3
        notes = feed.notes()
        assert notes[0].startswith("output failing=thing failed ")
        assert notes[0].endswith("no entry with password=[redacted]")


def test_an_output_that_hangs_holds_nobody_up(monkeypatch: Any) -> None:
    """Its queue fills, further seconds are left out and counted, and the end waits for a limited time only."""
    monkeypatch.setattr(thread, "_WAITING", 3)
    stuck, held = threading.Event(), threading.Event()

    class Hanging(Collector):
        label = "hanging"

        def take(self, batch: Any) -> None:
            held.set()
            stuck.wait(60)

    load = Load()
    feed = OutputFeed([Hanging()], load.store, closing_time=0.05)
    load.second()
    feed.refresh(load.live)
    wait_until(held.is_set)
    for _ in range(6):
        load.second()
        feed.refresh(load.live)
    feed.close()
    notes = feed.notes()
    stuck.set()
    assert notes == [
        "output hanging was too slow: 4 s of data were left out",
        "output hanging did not finish in time: its last data may be missing",
    ]


def test_without_outputs_nothing_is_kept() -> None:
    """A run that asked for none pays nothing."""
    load = Load()
    feed = OutputFeed([], load.store)
    load.second()
    feed.refresh(load.live)
    feed.close()
    assert load.store.taps == []
