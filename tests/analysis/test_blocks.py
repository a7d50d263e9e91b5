"""Blocks: which seconds count, and what a block holds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.analysis.blocks import LEAST_BLOCKS, Cut, cut_of, least_factor, lengthen, read_blocks, shares_of, values_of
from swell.analysis.measures import Measure
from tests.analysis.simulate import Load, simulate

P50, P95, P99 = (Measure("http_req_duration", name) for name in ("p50", "p95", "p99"))
RATE = Measure("http_reqs", "rate", more_is_better=True)


@given(st.floats(0, 100_000), st.none() | st.floats(0, 1000), st.none() | st.floats(0.1, 100))
def test_a_cut_stays_within_the_run(duration: float, warm_up: float | None, length: float | None) -> None:
    """Whole seconds only, warm-up left out, nothing of a last second that is not whole."""
    cut = cut_of(duration, warm_up=warm_up, length=length)
    assert cut.length >= 1
    assert cut.count >= 0
    assert cut.count == 0 or cut.start + cut.seconds <= math.floor(duration + 1e-6)


@given(st.integers(12, 20_000))
def test_a_run_gives_ten_blocks_or_more(duration: int) -> None:
    """By default at least ten blocks, of five seconds or more where the run is long enough, and never too many."""
    cut = cut_of(duration)
    assert 10 <= cut.count <= 36
    assert cut.length >= 5 or duration < 60


def test_blocks_add_up_to_the_window() -> None:
    """The samples of all blocks are those of the window, for each endpoint and for all."""
    store = simulate(Load(seconds=40), 1)
    cut = Cut(3, 5, 7)
    blocks = read_blocks(store, "http_req_duration", cut)
    assert set(blocks) == {("", ""), ("/shows", "GET"), ("/shows/:id", "GET"), ("/search", "GET")}
    for (name, _), found in blocks.items():
        tags = {"name": name} if name else {}
        window = store.aggregate("http_req_duration", tags, 3, 38)
        assert window is not None
        assert sum(block.count for block in found if block is not None) == window.count
        joined = lengthen(found, 7)[0]
        assert joined is not None
        assert joined.percentile(95) == window.percentile(95)


def test_an_endpoint_that_is_silent_has_no_values() -> None:
    """A block without requests has no percentile, and half a request as its rate."""
    store = simulate(Load(seconds=20, endpoints={"/often": (50.0, 10.0), "/rare": (0.2, 10.0)}), 3)
    cut = Cut(0, 1, 20)
    rare = read_blocks(store, "http_req_duration", cut)["/rare", "GET"]
    assert rare.count(None) > 5
    assert np.isnan(values_of(rare, P50, 1)).all()
    rates = values_of(read_blocks(store, "http_reqs", cut)["/rare", "GET"], RATE, 1)
    assert rates.min() == 0.5


@pytest.mark.parametrize(("measure", "factor"), [(P50, 1), (P95, 2), (P99, 0)])
def test_few_requests_make_longer_blocks(measure: Measure, factor: int) -> None:
    """Blocks of about 12 requests do for a median, two together for a p95, and for a p99 none are long enough."""
    store = simulate(Load(seconds=20, endpoints={"/x": (12.0, 10.0)}), 5)
    blocks = read_blocks(store, "http_req_duration", Cut(0, 1, 20))["/x", "GET"]
    assert least_factor((blocks, blocks), measure) == factor
    assert factor == 0 or len(lengthen(blocks, factor)) >= LEAST_BLOCKS


def test_shares_count_what_was_true() -> None:
    """Failures and requests by block."""
    store = simulate(Load(seconds=20, failing={"/shows": 0.5}), 5)
    hits, sizes = shares_of(read_blocks(store, "http_req_failed", Cut(0, 5, 4))["/shows", "GET"])
    assert 0.4 < hits.sum() / sizes.sum() < 0.6
    assert len(hits) == len(sizes) == 4
