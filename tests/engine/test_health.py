"""The rule that calls the generator saturated."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from swell.engine.health import CONSECUTIVE, Health, HealthWatch, judge


def seconds(*records: Health) -> list[Health]:
    return list(records)


def test_idle_is_ok() -> None:
    """Nothing measured, or little load, is ok."""
    assert judge([]) == ("ok", [])
    assert judge([Health(cpu=0.3, loop_lag_ms=2)] * 5)[0] == "ok"


def test_one_bad_second_strains_only() -> None:
    """A single second beyond the limits is strained, not saturated: machines hiccup."""
    state, reasons = judge(seconds(Health(), Health(), Health(cpu=1.0, loop_lag_ms=500)))
    assert state == "strained"
    assert "100%" in reasons[0]


def test_consecutive_seconds_saturate() -> None:
    """Limits passed for long enough saturate, and the reason names the limit and the length."""
    for bad in (Health(cpu=0.99), Health(loop_lag_ms=150), Health(schedule_lag_p99_ms=300, cpu=0.85)):
        state, reasons = judge([bad] * CONSECUTIVE)
        assert state == "saturated"
        assert f"{CONSECUTIVE} s" in reasons[0]
        assert judge([bad] * (CONSECUTIVE - 1))[0] != "saturated"


def test_waiting_for_users_is_not_the_generators_fault() -> None:
    """Arrivals that are late because the plan has too few users do not saturate an idle generator."""
    late = Health(schedule_lag_p99_ms=5000, cpu=0.1, dropped=100, free_users=0)
    assert judge([late] * 10)[0] == "ok"


def test_watch_measures_this_process() -> None:
    """A watch counts memory, files, users and collector pauses of its own process."""
    watch = HealthWatch()
    try:
        gc.collect()
        health = watch.measure([0.001, 0.002], [0.01] * 100, users=7, free_users=2, dropped=1)
    finally:
        watch.close()
    assert health.rss > 1_000_000
    assert health.open_files > 0
    assert health.gc_ms > 0
    assert (health.users, health.free_users, health.dropped) == (7, 2, 1)
    assert health.loop_lag_ms == 2.0
    assert health.schedule_lag_p99_ms == 10.0


class Machine:
    """A clock and a CPU that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = self.used = 0.0
        clocks = SimpleNamespace(
            perf_counter=lambda: self.now, process_time=lambda: self.used, thread_time=lambda: self.used
        )
        monkeypatch.setattr("swell.engine.health.time", clocks)
        self.watch = HealthWatch()

    def second(self, span: float = 1.0, cpu: float = 0.1, late: float = 0.0) -> Health:
        self.now += span
        self.used += span * cpu
        return self.watch.measure([late] if late else [], [], users=1, free_users=0, dropped=0)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A watch on a machine of the test's own."""
    made = Machine(monkeypatch)
    yield made
    made.watch.close()


def test_the_last_piece_of_a_run_is_no_third_second(machine: Machine) -> None:
    """Two busy seconds and the milliseconds after them do not invalidate a run; three seconds do."""
    machine.second()
    states = [machine.second(cpu=1.0).state for _ in range(2)]
    states += [machine.second(span=span, cpu=1.0).state for span in (0.001, 0.3, 0.001)]
    assert "saturated" not in states
    machine.second(cpu=1.0)
    assert machine.second(span=0.01, cpu=0.0).state == "saturated"


def test_a_stall_counts_for_all_its_seconds(machine: Machine) -> None:
    """One record after four seconds of computing, and those that only catch up, are four bad seconds; two are not."""
    machine.second()
    assert machine.second(span=2.0, cpu=1.0, late=2.0).state == "strained"
    assert machine.second(span=0.001).state == "strained"
    assert machine.second().state == "ok"
    assert machine.second(span=4.0, cpu=1.0, late=4.0).state == "saturated"
    assert [machine.second(span=0.001).state for _ in range(3)] == ["saturated"] * 3
    assert machine.second().state == "ok"


def test_what_a_worker_did_before_the_load_is_one_second_at_most(machine: Machine) -> None:
    """Loading and setup may compute for long."""
    assert machine.second(span=20.0, cpu=1.0).state == "strained"
    assert machine.second(cpu=1.0).state == "strained"
