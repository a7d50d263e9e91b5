"""The rule that calls the generator saturated."""

from __future__ import annotations

import gc

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
