"""Effects of blocks: the right size, the right uncertainty, the right caution with many rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swell.analysis.effects import LogEffect, ShareEffect, block_length, compare_logs, compare_shares, holm
from swell.analysis.student import t_cdf, t_quantile
from tests.analysis.simulate import wandering

values = st.lists(st.floats(1.0, 1000.0), min_size=8, max_size=16)


def blocks(seed: int, count: int = 12, *, level: float = 100.0, memory: float = 0.0, size: float = 0.05) -> np.ndarray:
    return level * np.exp(wandering(np.random.default_rng(seed), count, memory, size))


@pytest.mark.parametrize(
    ("share", "freedom", "value"),
    [(0.975, 1, 12.7062), (0.975, 2, 4.30265), (0.975, 10, 2.22814), (0.975, 30, 2.04227), (0.9995, 7, 5.40788)],
)
def test_quantiles_are_those_of_the_tables(share: float, freedom: float, value: float) -> None:
    """Student's t agrees with printed tables."""
    assert t_quantile(share, freedom) == pytest.approx(value, rel=1e-5)


@given(st.floats(-50, 50), st.floats(1, 200))
def test_the_distribution_is_symmetric_and_its_quantile_its_inverse(value: float, freedom: float) -> None:
    """What lies below a value lies above its negative, and the quantile leads back."""
    share = t_cdf(value, freedom)
    assert share + t_cdf(-value, freedom) == pytest.approx(1.0)
    if 1e-6 < share < 1 - 1e-6:
        assert t_quantile(share, freedom) == pytest.approx(value, rel=1e-4, abs=1e-6)


@given(values, st.floats(0.2, 5.0), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_constant_factor_is_found_exactly(base: list[float], factor: float, paired: bool) -> None:
    """If every block is so many times as large, the effect is that factor (within a pair at least)."""
    data = np.array(base)
    effect = compare_logs(data, data * factor, paired=paired, seed=1, resamples=50)
    assert effect.value == pytest.approx(math.log(factor), abs=1e-9)


@given(values, values, st.floats(0.01, 100.0), st.booleans())
@settings(max_examples=40, deadline=None)
def test_units_do_not_matter(base: list[float], new: list[float], unit: float, paired: bool) -> None:
    """Milliseconds or seconds: the same effect with the same interval."""
    count = min(len(base), len(new))
    one, other = np.array(base[:count]), np.array(new[:count])
    effect = compare_logs(one, other, paired=paired, seed=3, resamples=50)
    scaled = compare_logs(one * unit, other * unit, paired=paired, seed=3, resamples=50)
    assert scaled.value == pytest.approx(effect.value, abs=1e-9)
    assert scaled.error == pytest.approx(effect.error, rel=1e-3, abs=1e-9)


def test_one_mad_block_does_not_move_the_estimate() -> None:
    """A block that is a hundred times as slow shows in the uncertainty, hardly in the estimate."""
    base, new = blocks(1), blocks(2)
    new[5] *= 100.0
    effect = compare_logs(base, new, paired=False, seed=1)
    assert abs(effect.value) < 0.1


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize(("memory", "least"), [(0.0, 0.90), (0.4, 0.85)])
def test_intervals_hold_the_truth_as_often_as_they_say(paired: bool, memory: float, least: float) -> None:
    """Of 200 intervals at 95 %, nearly so many hold the true effect, also where blocks remember their neighbours."""
    held = 0
    for seed in range(200):
        base, new = (blocks(2 * seed + k, 16, level=100.0 * 1.1**k, memory=memory) for k in (0, 1))
        low, high = compare_logs(base, new, paired=paired, seed=seed, resamples=200).interval(0.95)
        held += low <= math.log(1.1) <= high
    assert held >= 200 * least


def test_a_series_that_remembers_is_drawn_in_longer_runs() -> None:
    """Independent blocks are drawn one by one, wandering ones in runs of neighbours."""
    lengths = [block_length([blocks(seed, 60, memory=0.8)]) for seed in range(20)]
    independent = [block_length([blocks(seed, 60)]) for seed in range(20)]
    assert np.median(lengths) >= 3
    assert np.median(independent) <= 2


def test_p_values_agree_with_intervals() -> None:
    """The one-sided p-value at the lower bound of a 95 % interval is 2.5 %."""
    effect = LogEffect(0.2, 0.05, 12.0)
    low, high = effect.interval(0.95)
    assert effect.p_above(low) == pytest.approx(0.025, abs=1e-6)
    assert effect.p_below(high) == pytest.approx(0.025, abs=1e-6)
    assert LogEffect(0.2, 0.0, 3.0).p_above(0.1) == 0.0
    assert LogEffect(0.2, 0.0, 3.0).p_above(0.2) == 1.0


@given(st.floats(0, 1), st.floats(0, 1), st.floats(1, 1e6), st.floats(1, 1e6))
@settings(max_examples=100, deadline=None)
def test_differences_of_shares_stay_possible(base: float, new: float, first: float, second: float) -> None:
    """The interval holds the difference seen and stays within -1 and 1; its p-value agrees with it."""
    effect = ShareEffect(base, new, first, second, 18.0)
    low, high = effect.interval(0.95)
    assert -1 - 1e-9 <= low <= effect.value + 1e-9
    assert effect.value - 1e-9 <= high <= 1 + 1e-9
    if effect.value - low > 1e-3:
        assert effect.p_above(low) == pytest.approx(0.025, abs=1e-3)


def test_errors_in_bursts_are_worth_less_than_errors_spread_out() -> None:
    """100 failures in one block are one event, in a hundred requests each over all blocks they are many."""
    sizes = np.full(20, 1000.0)
    none, even, burst = np.zeros(20), np.full(20, 5.0), np.zeros(20)
    burst[7] = 100.0
    assert compare_shares((none, sizes), (even, sizes)).p_above(0.001) < 0.001
    assert compare_shares((none, sizes), (burst, sizes)).p_above(0.001) > 0.05


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_never_makes_surer_and_keeps_the_order(p_values: list[float]) -> None:
    """Adjusted values are not below the given ones, keep their order, and the least is multiplied by their number."""
    adjusted = holm(p_values)
    assert all(after >= before for before, after in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[place] for place in order] == sorted(adjusted)
    assert adjusted[order[0]] == min(1.0, p_values[order[0]] * len(p_values))
