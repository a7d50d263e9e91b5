"""Tests of model.arrivals: n planned arrivals are n times, where the integral of the rate says, in any slicing."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swell.model import profiles
from swell.model.arrivals import arrival_count, arrivals, derived_seed
from swell.model.plan import (
    ArrivalPart,
    ArrivalRun,
    ArrivalRuns,
    ArrivalSequence,
    ArrivalStages,
    OpenProfile,
    Stage,
)

SPACINGS = st.sampled_from(["even", "poisson", "exponential"])
RATES = st.one_of(st.just(0.0), st.floats(min_value=0.01, max_value=60))
LENGTHS = st.one_of(st.just(0.0), st.floats(min_value=0.01, max_value=40))


@st.composite
def arrival_stages(draw: st.DrawFn) -> ArrivalStages:
    """Rates along ramps, holds, jumps and pauses, at most some thousand arrivals."""
    pairs = draw(st.lists(st.tuples(LENGTHS, RATES), min_size=0, max_size=6))
    offset = draw(st.sampled_from([0.0, 0.5, 1.0]))
    return profiles.rate_stages(draw(RATES), pairs, spacing=draw(SPACINGS), offset=offset)


@st.composite
def arrival_runs(draw: st.DrawFn) -> ArrivalRuns:
    """Runs of arrivals, overlapping or not."""
    run = st.builds(ArrivalRun, st.floats(0, 20), st.one_of(st.just(0.0), st.floats(0.001, 2)), st.integers(0, 20))
    return ArrivalRuns(tuple(draw(st.lists(run, max_size=5))), 100.0)


PARTS = st.one_of(arrival_stages(), arrival_runs())
OPEN_PROFILES: st.SearchStrategy[OpenProfile] = st.one_of(
    PARTS, st.builds(lambda parts: profiles.sequence(*parts), st.lists(PARTS, max_size=4))
)


def all_times(profile: OpenProfile, *, seed: int = 1, **slicing: int) -> np.ndarray:
    """Every time of one slice, in one array."""
    return np.concatenate([np.empty(0), *arrivals(profile, seed=seed, **slicing)])


def exact_integral(profile: ArrivalStages, at: float) -> Fraction:
    """N(t) in exact arithmetic."""
    edge, rate, total = Fraction(0), Fraction(profile.start), Fraction(0)
    for stage in profile.stages:
        length, target = Fraction(stage.duration), Fraction(stage.target)
        inside = min(max(Fraction(at) - edge, Fraction(0)), length)
        if length:
            total += inside * (2 * rate + (target - rate) * inside / length) / 2
        edge, rate = edge + length, target
    return total


@given(OPEN_PROFILES, st.integers(0, 2**70))
def test_count_is_exact_and_order_is_kept(profile: OpenProfile, seed: int) -> None:
    """There are exactly as many times as planned, sorted, none before the start or after the end."""
    times = all_times(profile, seed=seed)
    assert len(times) == arrival_count(profile, seed=seed)
    planned = profiles.planned_iterations(profile)
    assert planned is None or len(times) == planned
    assert np.all(np.diff(times) >= 0)
    if len(times) and not isinstance(profile, ArrivalRuns):
        assert times[0] >= 0
    if isinstance(profile, ArrivalStages) and len(times):
        assert times[-1] <= profiles.duration(profile)


@given(OPEN_PROFILES, st.integers(1, 7), st.integers(1, 50), st.integers(0, 100))
def test_slices_partition_the_whole(profile: OpenProfile, count: int, chunk: int, seed: int) -> None:
    """Slice i of n is times[i::n] of the whole, to the last bit, whatever the chunks."""
    whole = all_times(profile, seed=seed)
    for index in range(count):
        part = all_times(profile, seed=seed, index=index, count=count, chunk=chunk)
        assert part.tobytes() == whole[index::count].tobytes()


@given(OPEN_PROFILES, st.integers(1, 40))
def test_chunks_are_full(profile: OpenProfile, chunk: int) -> None:
    """Every chunk has `chunk` times, but for a shorter last one, and none is empty."""
    sizes = [len(times) for times in arrivals(profile, seed=3, chunk=chunk)]
    assert all(size == chunk for size in sizes[:-1])
    assert all(0 < size <= chunk for size in sizes)


@given(arrival_stages())
def test_even_arrivals_follow_the_integral(profile: ArrivalStages) -> None:
    """Arrival k is where the exact integral of the rate is k + offset."""
    profile = ArrivalStages(profile.stages, profile.start, "even", profile.offset)
    times = all_times(profile).tolist()
    step = 1 + len(times) // 30
    for number in {*range(0, len(times), step), *range(len(times))[-1:]}:
        at = times[number]
        # A rounding error in time weighs as much as the rate there.
        assert abs(float(exact_integral(profile, at) - Fraction(number + profile.offset))) < 2e-9


@pytest.mark.parametrize("ends", [(0, 2), (2, 0), (1, 1), (1.999, 0.001)])
def test_ten_million_arrivals_in_eight_hours(ends: tuple[float, float]) -> None:
    """Ramps of 1e7 arrivals over 8 h are exact to a millionth of an arrival at either end and everywhere between."""
    total, seconds = 10_000_000, 8 * 3600
    first, last = (end * total / seconds for end in ends)
    profile = profiles.rate_stages(first, [(seconds, last)])
    step = 99_991
    times = all_times(profile, index=3, count=step)
    assert len(times) == len(range(3, total, step))
    for position, at in enumerate(times.tolist()):
        assert abs(float(exact_integral(profile, at)) - (3 + position * step)) < 1e-6
    assert profiles.planned_iterations(profile) == total
    final = all_times(profile, index=total - 1, count=total)
    assert abs(float(exact_integral(profile, float(final[0]))) - (total - 1)) < 1e-6


def test_constant_rate_does_not_drift() -> None:
    """Arrival k of a constant rate is k / rate to the last bit, after millions as after one."""
    profile = profiles.constant_arrivals(1000, 28_800)
    times = all_times(profile, index=7, count=9973)
    assert np.array_equal(times, np.arange(7, 28_800_000, 9973) / 1000)


def test_constant_rate_as_k6() -> None:
    """Constant rate: arrival 0 at time 0, one every 1/rate, none at the end."""
    assert all_times(profiles.constant_arrivals(4, 1)).tolist() == [0.0, 0.25, 0.5, 0.75]


def test_ramping_rate_as_k6() -> None:
    """Ramping rate: arrival k (from 1) where the area is k; fractions carry over from stage to stage."""
    profile = ArrivalStages((Stage(2, 2), Stage(0.75, 2), Stage(0.75, 2)), offset=1)
    times = all_times(profile)
    assert times.tolist() == pytest.approx([math.sqrt(2), 2.0, 2.5, 3.0, 3.5])


def test_pauses_split_arrivals_where_they_belong() -> None:
    """An arrival that opens its interval comes after the pause, one that closes its interval before it."""
    parts = (Stage(1, 2), *profiles.pause(5), Stage(0, 2), Stage(1, 2))
    assert all_times(ArrivalStages(parts, 2)).tolist() == [0, 0.5, 6, 6.5]
    assert all_times(ArrivalStages(parts, 2, offset=1)).tolist() == [0.5, 1, 6.5, 7]


def test_pause_after_a_rate_without_exact_float() -> None:
    """100 per minute for a minute ends before the pause although the area is a hair off 100."""
    rate = 100 / 60
    profile = ArrivalStages((Stage(60, rate), *profiles.pause(60), Stage(0, rate), Stage(60, rate)), rate)
    times = all_times(profile)
    assert len(times) == 200
    assert (times[99] < 60, times[100]) == (True, 120.0)


def test_artillery_like_phases() -> None:
    """Uniform, staircase, pause, burst and Poisson phases follow one another in one workload."""
    profile = profiles.sequence(
        ArrivalPart(ArrivalRuns((ArrivalRun(0.5, 0.5, 4),), 2.0), name="uniform, the first after one interval"),
        ArrivalPart(profiles.counted_arrivals([1, 2, 4]), name="staircase"),
        ArrivalRuns((), 10.0),
        ArrivalRuns((ArrivalRun(0, 0, 3),), 1.0),
        ArrivalPart(profiles.constant_arrivals(5, 10, spacing="poisson"), max_users=7),
    )
    times = all_times(profile, seed=5)
    assert times[:11].tolist() == [0.5, 1, 1.5, 2, 2, 3, 3.5, 4, 4.25, 4.5, 4.75]
    assert times[11:14].tolist() == [15, 15, 15]
    assert len(times) == 64
    assert 16 <= times[14] <= times[-1] <= 26


def test_overlapping_runs_are_merged() -> None:
    """A burst on top of a steady run comes in the order of time."""
    profile = ArrivalRuns((ArrivalRun(0, 1, 4), ArrivalRun(1.5, 0.1, 2)), 4.0)
    assert all_times(profile).tolist() == [0, 1, 1.5, 1.6, 2, 3]


@pytest.mark.parametrize("spacing", ["poisson", "exponential"])
def test_random_arrivals_depend_on_the_seed_only(spacing: str) -> None:
    """The same seed gives the same times, another seed others."""
    profile = ArrivalStages((Stage(60, 200),), 200, spacing)  # type: ignore[arg-type]
    assert np.array_equal(all_times(profile, seed=1), all_times(profile, seed=1, chunk=17))
    assert not np.array_equal(all_times(profile, seed=1)[:50], all_times(profile, seed=2)[:50])


def test_poisson_phases_of_one_sequence_differ() -> None:
    """Two equal random phases of a sequence do not repeat each other."""
    phase = profiles.constant_arrivals(10, 10, spacing="poisson")
    times = all_times(profiles.sequence(phase, phase))
    assert not np.allclose(times[:100], times[100:] - 10)


def test_poisson_arrivals_have_the_law_of_a_poisson_process() -> None:
    """Over a ramp, N of the times is uniform: block counts scatter as they should, and gaps are exponential."""
    total = 200_000
    profile = profiles.rate_stages(0, [(1000, 400)], spacing="poisson")
    times = all_times(profile, seed=11)
    assert len(times) == total
    uniform = 0.2 * times**2 / total  # N(t) / total
    worst = np.max(np.abs(uniform - (np.arange(total) + 0.5) / total))
    assert worst < 2.0 / math.sqrt(total)  # Kolmogorov-Smirnov: beyond 1.95 one time in a thousand
    counts = np.histogram(uniform, bins=500, range=(0, 1))[0]
    assert 0.8 < np.var(counts) / np.mean(counts) < 1.2
    gaps = np.diff(uniform) * total
    assert np.mean(gaps > 1) == pytest.approx(math.exp(-1), abs=0.01)


def test_exponential_counts_scatter_and_poisson_counts_do_not() -> None:
    """Exponential gaps give a Poisson count from seed to seed; the exact spacing gives the plan's."""
    free = [arrival_count(profiles.constant_arrivals(10, 10, spacing="exponential"), seed=seed) for seed in range(400)]
    assert 80 < np.mean(free) < 120
    assert 60 < np.var(free) < 150
    exact = {arrival_count(profiles.constant_arrivals(10, 10, spacing="poisson"), seed=seed) for seed in range(20)}
    assert exact == {100}


@pytest.mark.parametrize("spacing", ["even", "poisson"])
def test_fifty_million_arrivals_stay_out_of_memory(spacing: str) -> None:
    """The first half million of 50 million arrivals are drawn within a few megabytes."""
    profile = profiles.constant_arrivals(10_000, 5000, spacing=spacing)  # type: ignore[arg-type]
    assert arrival_count(profile, seed=1) == 50_000_000
    stream = arrivals(profile, seed=1)
    next(stream)
    tracemalloc.start()
    try:
        seen = sum(len(times) for times in itertools.islice(stream, 125))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen == 125 * 4096
    assert peak < 4_000_000


def test_neighbouring_floats_stay_sorted() -> None:
    """Random times are sorted even where so many fall into so short a time that they coincide."""
    profile = profiles.constant_arrivals(1e12, 1e-8, spacing="poisson")
    times = all_times(profiles.sequence(ArrivalRuns((), 1e6), profile))
    assert len(times) == 10_000
    assert np.all(np.diff(times) >= 0)


@settings(max_examples=20)
@given(st.integers(-(2**80), 2**80), st.text(max_size=5), st.text(max_size=5))
def test_derived_seeds(seed: int, one: str, other: str) -> None:
    """A name gives the same seed every time, another name another, and joined names are not confused."""
    assert derived_seed(seed, one) == derived_seed(seed, one)
    assert (derived_seed(seed, one) == derived_seed(seed, other)) == (one == other)
    assert derived_seed(seed, one, other) != derived_seed(seed, one + other)
    assert all_times(profiles.constant_arrivals(1, 5, spacing="poisson"), seed=derived_seed(seed, one)).size == 5


def test_wrong_slices_are_refused() -> None:
    """A slice that does not exist is a ValueError, at once and not at the first chunk."""
    profile = profiles.constant_arrivals(1, 1)
    for index, count, chunk in ((1, 1, 1), (-1, 2, 1), (0, 0, 1), (0, 1, 0)):
        with pytest.raises(ValueError, match=r"worker|chunk"):
            arrivals(profile, seed=0, index=index, count=count, chunk=chunk)


def test_nothing_planned_is_nothing() -> None:
    """Profiles without arrivals yield no chunk at all."""
    for profile in (ArrivalStages(()), ArrivalStages((Stage(5, 0),)), ArrivalRuns((), 5.0), ArrivalSequence(())):
        assert list(arrivals(profile, seed=0)) == []
