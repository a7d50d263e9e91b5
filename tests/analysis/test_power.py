"""How often the comparison is right, on simulated runs; `benchmarks/compare_power.py` asks real ones."""

from __future__ import annotations

from dataclasses import replace

from swell.analysis.compare import compare
from swell.analysis.comparison import Change, CompareOptions
from tests.analysis.simulate import Load, record_of, simulate

ROUNDS = 40
SLOWED = "GET /search"


def test_equal_runs_are_not_called_and_slowdowns_are() -> None:
    """Of 40 pairs of equal runs at most 2 call a regression; of 40 slowdowns of one endpoint by 20 % at least 38 are
    called, in minutes on a machine whose speed wanders by 4 % from second to second and by 1 % from run to run.
    """
    endpoints = {"/shows": (60.0, 12.0), "/shows/:id": (40.0, 5.0), "/search": (60.0, 40.0)}
    same = Load(seconds=75, endpoints=endpoints, wander=0.04, drift=0.01)
    slow = replace(same, slower={"/search": 1.2})
    options = CompareOptions(resamples=300)
    wrong = right = 0
    for number in range(ROUNDS):
        base, equal, slower = (simulate(load, 3 * number + k) for k, load in enumerate((same, same, slow)))
        before, after, worse = (record_of(same, run_id) for run_id in ("a", "b", "c"))
        wrong += compare(before, base, after, equal, options).verdict is Change.REGRESSED
        called = compare(after, equal, worse, slower, options).of(Change.REGRESSED)
        right += any(row.endpoint == SLOWED and row.metric.startswith("http_req_duration") for row in called)
        for store in (base, equal, slower):
            store.close()
    assert wrong <= 2
    assert right >= 38
