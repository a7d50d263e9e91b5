"""The faults of the demo: each one shows, and only where it should."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.demo.faults import FaultLayer, TokenBucket


def test_errors(serve, call):
    """Some requests end in a 500, most do not, and health is told truthfully."""
    caller = call(serve("errors"))
    seen = Counter(caller.send("GET", "/shows")[0] for _ in range(300))
    assert set(seen) == {200, 500}
    assert 1 <= seen[500] <= 60
    assert {caller.send("GET", "/health")[0] for _ in range(100)} == {200}


def test_rate_limit(serve, call):
    """A burst beyond the limit is answered 429 with the seconds to wait."""
    caller = call(serve("rate-limit"))
    answers = [caller.send("GET", "/shows/1") for _ in range(300)]
    refused = [headers for status, headers, _ in answers if status == 429]
    assert refused
    assert all(int(headers["retry-after"]) >= 1 for headers in refused)
    assert answers[0][0] == 200


def test_leak(serve, call):
    """Memory grows with every request, by what it keeps."""
    caller = call(serve("leak"))
    before = caller.get("/stats")["memory_bytes"]
    for _ in range(200):
        caller.get("/shows/1")
    assert caller.get("/stats")["memory_bytes"] - before > 200 * 64 * 1024 * 0.8


def test_without_fault_memory_stays(serve, call):
    """A healthy service keeps nothing of a request."""
    caller = call(serve())
    for _ in range(200):
        caller.get("/shows/1")
    before = caller.get("/stats")["memory_bytes"]
    for _ in range(200):
        caller.get("/shows/1")
    stats = caller.get("/stats")
    assert stats["memory_bytes"] - before < 200 * 64 * 1024 * 0.4
    assert (stats["fault"], stats["requests"]) == ("", 402)


class _Clock:
    """Stands in for asyncio.sleep and time: what was slept is written down, nothing waits."""

    def __init__(self, monkeypatch):
        self.slept = []
        self.blocked = 0.0
        self._sleep = asyncio.sleep
        monkeypatch.setattr("swell.demo.faults.asyncio.sleep", self._nap)
        monkeypatch.setattr("swell.demo.faults.time.sleep", self._block)
        monkeypatch.setattr("swell.demo.faults.time.monotonic", lambda: self.blocked)

    async def _nap(self, seconds):
        self.slept.append(seconds)
        await self._sleep(0)

    def _block(self, seconds):
        self.blocked += seconds


async def _answer(scope, receive, send):
    """An application that does nothing."""


async def _ask(layer, path):
    await layer({"type": "http", "path": path}, None, None)


def test_slow_is_only_the_search(monkeypatch):
    """The fault slow adds its 300 ms to a search and nothing to the rest."""
    clock = _Clock(monkeypatch)
    layer = FaultLayer(_answer, "slow")
    asyncio.run(_ask(layer, "/shows"))
    assert clock.slept == []
    asyncio.run(_ask(layer, "/search"))
    assert clock.slept == [0.3]


def test_leak_slows_down_as_it_grows(monkeypatch):
    """Each request kept makes the later ones slower by the same amount."""
    clock = _Clock(monkeypatch)
    layer = FaultLayer(_answer, "leak")
    for _ in range(3):
        asyncio.run(_ask(layer, "/shows"))
    assert clock.slept == pytest.approx([0.00015, 0.0003, 0.00045])


def test_stall_freezes_the_loop(monkeypatch):
    """A stall blocks the loop for its length, again and again, until the service stops."""
    clock = _Clock(monkeypatch)
    layer = FaultLayer(_answer, "stall", stall_first=3.0, stall_every=5.0, stall_for=1.0)

    async def run():
        await _ask(layer, "/shows")
        while layer.stalls < 3:
            await asyncio.sleep(0)
        layer.stop()
        await asyncio.sleep(0)

    asyncio.run(run())
    assert clock.blocked == pytest.approx(layer.stalls * 1.0, abs=0.1)
    assert [seconds for seconds in clock.slept if seconds][:3] == [3.0, 4.0, 4.0]


def test_stall_in_the_service(serve, call):
    """The running service stalls by itself once it was called."""
    caller = call(serve("stall"))
    while caller.get("/stats")["stalls"] == 0:  # bounded by the test's timeout
        pass


def test_unknown_fault():
    """A fault that does not exist is refused with the names of those that do."""
    with pytest.raises(ValueError, match="oversell"):
        FaultLayer(_answer, "meteor")


@given(
    gaps=st.lists(st.floats(0, 1), min_size=1, max_size=200),
    rate=st.floats(0.5, 100),
    burst=st.integers(1, 50),
)
def test_bucket_never_passes_more_than_rate_and_burst(gaps, rate, burst):
    """In any stretch from the start at most burst + rate x time pass; the wait told is enough for one more."""
    bucket = TokenBucket(rate, burst)
    now, passed = 0.0, 0
    for gap in gaps:
        now += gap
        wait = bucket.take(now)
        passed += wait == 0.0
        assert passed <= burst + rate * now + 1e-6
        if wait > 0.0:
            now += wait + 1e-6
            assert bucket.take(now) == 0.0
            passed += 1
