"""Tests of model.named_profiles: known kinds of test as data."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.model import profiles
from swell.model.named_profiles import NAMED_PROFILES, load_profile
from swell.model.plan import ArrivalStages, UserStages

NAMES = ["smoke", "average", "stress", "spike", "soak", "breakpoint"]


def test_the_six_names() -> None:
    """The known kinds of test are there, each with a purpose for the help text."""
    assert list(NAMED_PROFILES) == NAMES
    assert all(profile.purpose for profile in NAMED_PROFILES.values())


@pytest.mark.parametrize(
    ("name", "users", "seconds"),
    [("smoke", 1, 30), ("average", 10, 300), ("stress", 50, 600), ("spike", 100, 90), ("soak", 20, 3600)],
)
def test_usual_sizes(name: str, users: int, seconds: float) -> None:
    """Without adjustment the profiles have the sizes that teams write into their guides."""
    profile = load_profile(name)
    assert isinstance(profile, UserStages)
    assert profiles.peak_users(profile) == users
    assert profiles.duration(profile) == seconds


def test_spike_goes_from_one_user_to_all_and_back() -> None:
    """Spike: one user for a third of the time, up to 100 in the next, down to one in the last."""
    profile = load_profile("spike")
    assert [profiles.users_at(profile, at) for at in (0, 29.9, 59.99, 89.99)] == [1, 1, 99, 2]
    assert [(stage.duration, stage.target) for stage in profile.stages] == [(30, 1), (30, 100), (30, 1)]


def test_smoke_is_constant_and_breakpoint_only_climbs() -> None:
    """Smoke holds one user from the first moment; breakpoint climbs in one line from nothing."""
    assert list(profiles.user_steps(load_profile("smoke"))) == [(0.0, 1)]
    steps = [count for _, count in profiles.user_steps(load_profile("breakpoint", users=40))]
    assert steps == list(range(41))


@given(st.sampled_from(NAMES), st.integers(1, 5000), st.floats(0.1, 1e5))
def test_users_and_duration_can_be_chosen(name: str, users: int, seconds: float) -> None:
    """Peak and length are what was asked for, and every stage keeps its share of the length."""
    profile = load_profile(name, users=users, duration=seconds)
    assert profiles.peak_users(profile) == users
    assert profiles.duration(profile) == pytest.approx(seconds, rel=1e-12)
    for mine, usual in zip(profile.stages, load_profile(name).stages, strict=True):
        assert mine.duration / seconds == pytest.approx(usual.duration / NAMED_PROFILES[name].duration)
        assert mine.name == usual.name
        assert mine.target == int(mine.target)


@given(st.sampled_from(NAMES), st.floats(0.1, 1e5))
def test_rates_have_the_same_shape(name: str, rate: float) -> None:
    """With a rate the same table gives arrivals, whose line is that of the users."""
    profile, users = load_profile(name, rate=rate), load_profile(name, users=10_000)
    assert isinstance(profile, ArrivalStages)
    assert profiles.peak_rate(profile) == rate
    for mine, other in zip(profile.stages, users.stages, strict=True):
        assert (mine.duration, mine.target / rate) == (other.duration, pytest.approx(other.target / 10_000))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("spikes", {}, "did you mean 'spike'"),
        ("unheard", {}, "smoke, average, stress, spike, soak, breakpoint"),
        ("soak", {"users": 5, "rate": 5.0}, "not both"),
        ("soak", {"users": 0}, "number of users"),
        ("soak", {"rate": -1.0}, "rate"),
        ("soak", {"duration": math.nan}, "duration"),
    ],
)
def test_wrong_use_is_explained(name: str, options: dict[str, float], message: str) -> None:
    """Unknown names and senseless sizes are a ValueError that says what would be right."""
    with pytest.raises(ValueError, match=message):
        load_profile(name, **options)  # pyright: ignore[reportArgumentType]


def test_case_and_blanks_do_not_matter() -> None:
    """A name is found however it is written."""
    assert load_profile(" Smoke ") == load_profile("smoke")
