"""Records and plans as they come back from JSON."""

from __future__ import annotations

import math

import msgspec
import pytest

from swell.model.plan import Plan, Share, SharedIterations, Source, Stage, SteeredUsers, UserStages, Workload
from swell.runs.reading import read_plan

PROFILES = (
    SteeredUsers(5, math.inf),
    UserStages((Stage(10.0, 5.0), Stage(math.inf, 5.0)), 1.0),
    SharedIterations(1, 2, math.inf),
)


@pytest.mark.parametrize("profile", PROFILES)
def test_infinite_numbers_come_back(profile: SteeredUsers | UserStages | SharedIterations) -> None:
    """What JSON cannot say, users all at once or a stage without end, is read as it was; None stays None."""
    plan = Plan(Source("x:y", "load.py"), (Workload("a", (Share("A"),), profile),))
    assert read_plan(msgspec.json.encode(plan)) == plan


def test_what_is_no_plan_is_refused() -> None:
    """Other gaps are errors as before."""
    with pytest.raises(msgspec.ValidationError):
        read_plan(b'{"source": null, "workloads": []}')
    with pytest.raises(msgspec.ValidationError):
        read_plan(b"[]")
