"""Change points: found where the level changes, and nowhere else."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swell.analysis.changepoints import change_points


def series(seed: int, *levels: tuple[int, float], size: float = 0.05) -> list[float]:
    generator = np.random.default_rng(seed)
    parts = [level * np.exp(generator.normal(0.0, size, count)) for count, level in levels]
    return [float(value) for part in parts for value in part]


@pytest.mark.parametrize("seed", range(5))
def test_a_step_is_found_where_it_is(seed: int) -> None:
    """20 % more from the 13th of 25 runs on is found within a run or two of there, with its size."""
    [found] = change_points(series(seed, (12, 100.0), (13, 125.0)))
    assert abs(found.place - 12) <= 2
    assert found.after / found.before == pytest.approx(1.25, rel=0.08)
    assert found.p <= 0.01


def test_two_steps_are_found() -> None:
    """Worse and better again: two changes."""
    found = change_points(series(1, (15, 100.0), (15, 150.0), (15, 100.0)))
    assert [abs(each.place - place) <= 1 for each, place in zip(found, (15, 30), strict=True)] == [True, True]


def test_noise_is_rarely_a_change() -> None:
    """Of 60 series without a change at most 4 show one (the method is asked for one in a hundred)."""
    assert sum(bool(change_points(series(seed, (25, 100.0)))) for seed in range(60)) <= 4


def test_small_changes_are_left_out() -> None:
    """A step of 3 % that is certain is still below a margin of 5 %."""
    values = series(2, (20, 100.0), (20, 103.0), size=0.003)
    assert change_points(values, margin=0.05) == []
    assert len(change_points(values, margin=0.01)) == 1


@given(st.floats(0.001, 1000.0), st.integers(0, 20))
@settings(max_examples=8, deadline=None)
def test_units_do_not_matter(unit: float, seed: int) -> None:
    """Milliseconds or seconds: the same places."""
    values = series(seed, (12, 100.0), (12, 140.0))
    scaled = [value * unit for value in values]
    assert [each.place for each in change_points(scaled)] == [each.place for each in change_points(values)]


@given(st.lists(st.floats(0.1, 1e6), max_size=30), st.booleans())
@settings(max_examples=30, deadline=None)
def test_any_series_is_answered(values: list[float], logs: bool) -> None:
    """Whatever the values: places in order, with four values at least on each side, and the same when asked again."""
    found = change_points(values, logs=logs)
    places = [0, *(each.place for each in found), len(values)]
    assert places == sorted(places)
    assert all(0 < each.p <= 0.01 for each in found)
    if found:
        assert all(after - before >= 4 for before, after in itertools.pairwise(places))
    assert change_points(values, logs=logs) == found


@given(st.floats(0.1, 1e6), st.integers(0, 40))
def test_a_constant_series_has_no_change(value: float, count: int) -> None:
    """The same number again and again."""
    assert change_points([value] * count) == []


def test_nothing_of_zero_has_a_logarithm() -> None:
    """Values that have no logarithm are refused, and compared by differences where that is asked for."""
    with pytest.raises(ValueError, match="above 0"):
        change_points([0.0] * 20)
    [found] = change_points([0.0] * 12 + [0.02] * 12, logs=False, margin=0.005)
    assert found.place == 12
