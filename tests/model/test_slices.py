"""Tests of model.slices: the parts of all workers are exactly the whole."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.model import profiles
from swell.model.plan import ArrivalPart, ArrivalPolicy, Plan, Profile, Share, Source, Workload
from swell.model.slices import global_index, most_workers, slice_count, slice_shared, slice_users

WORKERS = st.integers(1, 9)


@given(st.integers(0, 500), WORKERS)
def test_counts_are_those_of_the_stripe(total: int, count: int) -> None:
    """Worker i's count is how many of 0 ... total-1 leave i when divided by the number of workers."""
    for index in range(count):
        mine = [number for number in range(total) if number % count == index]
        assert slice_count(total, index, count) == len(mine)
        assert [global_index(local, index, count) for local in range(len(mine))] == mine


def test_no_such_worker() -> None:
    """An index outside of the workers is refused."""
    for index, count in ((2, 2), (-1, 2), (0, 0)):
        with pytest.raises(ValueError, match="no worker"):
            slice_count(5, index, count)


@given(st.lists(st.tuples(st.floats(0, 50), st.integers(0, 40)), min_size=1, max_size=5), st.integers(0, 20), WORKERS)
def test_user_steps_of_workers_add_up(pairs: list[tuple[float, int]], start: int, count: int) -> None:
    """At each step of the whole the workers' user counts sum to it; a worker has steps only where its count changes."""
    steps = list(profiles.user_steps(profiles.stages(start, pairs)))
    own = [list(slice_users(steps, index, count)) for index in range(count)]
    for at, users in steps:
        assert sum([number for time, number in part if time <= at][-1] for part in own) == users
    for part in own:
        assert all(early[1] != late[1] for early, late in itertools.pairwise(part))


@given(st.integers(0, 40), st.integers(0, 1000), WORKERS)
def test_shared_iterations_add_up(users: int, iterations: int, count: int) -> None:
    """Users and iterations of a common store add up, and none goes to a worker that has nobody to run it."""
    parts = [slice_shared(users, iterations, index, count) for index in range(count)]
    assert sum(own for own, _ in parts) == users
    assert sum(work for _, work in parts) == (iterations if users else 0)
    assert all(work == 0 for own, work in parts if own == 0)
    shares = [work / own for own, work in parts if own]
    assert not shares or max(shares) - min(shares) <= 1


def plan_of(*profile_list: Profile, max_users: int = 100) -> Plan:
    """A plan with these profiles."""
    policy = ArrivalPolicy(max_users=max_users)
    workloads = tuple(Workload(f"w{n}", (Share("a"),), p, policy=policy) for n, p in enumerate(profile_list))
    return Plan(Source("x:y", "f"), workloads)


def test_plans_that_few_workers_can_share() -> None:
    """A cap on busy users limits the workers, since each gets arrivals; closed profiles do not."""
    arrivals = profiles.constant_arrivals(10, 10)
    assert most_workers(plan_of(profiles.constant_users(2, 10))) is None
    assert most_workers(plan_of(arrivals, max_users=3)) == 3
    assert most_workers(plan_of(profiles.sequence(ArrivalPart(arrivals, max_users=2)), arrivals)) == 2
    assert most_workers(plan_of(arrivals, max_users=0)) == 1
