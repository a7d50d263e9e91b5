"""Memory: flat however long the run is."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from swell.metrics import store as stores
from swell.metrics.recorder import Recorder
from swell.metrics.store import MetricStore
from tests.metrics.naive import add_request, request_tags


def _go_on(store: MetricStore, recorder: Recorder, series: list[int], first: int, last: int) -> None:
    for second in range(first, last):
        for place in range(20):
            add_request(recorder, series[place % len(series)], second + place / 20, 0.001 * (1 + (second * place) % 97))
        snapshot = recorder.flush(second + 1)
        snapshot.health = {"cpu": 0.5, "state": "ok", "reasons": []}
        store.add(0, snapshot)
        if second % 10 == 0:
            store.aggregate("http_req_duration", {}, second - 20, second)
            store.totals("http_req_duration")


def _size() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_memory_is_flat_over_a_long_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the 200th second to the 800th memory grows by less than 150 bytes a second (4 MB in 8 h)."""
    # The cache has a bound of its own, which so short a run would not reach.
    monkeypatch.setattr(stores, "_CACHE_BYTES", 20_000)
    store, recorder = MetricStore(recent_seconds=30), Recorder()
    series = [recorder.request_series(request_tags(f"/{place}")) for place in range(2)]
    tracemalloc.start()
    try:
        _go_on(store, recorder, series, 0, 200)
        before = _size()
        on_disk = store.disk_bytes
        _go_on(store, recorder, series, 200, 800)
        after = _size()
    finally:
        tracemalloc.stop()
    assert after - before < 600 * 150
    assert store.disk_bytes > 3 * on_disk
    found = store.totals("http_req_duration")
    assert found is not None
    assert found.count == 800 * 20
    assert sum(1 for _ in store.per_second("http_reqs")) == 800
    store.close()
