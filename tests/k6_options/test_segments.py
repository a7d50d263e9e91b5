"""Execution segments: parts of a test that together are exactly the test."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swell.dialects.k6.execution_segments import Part, part_of
from swell.dialects.k6.executors import scenarios_of
from swell.dialects.k6.option_values import OptionError
from swell.dialects.k6.planning import make_plan
from swell.model.arrivals import arrivals
from swell.model.plan import ArrivalStages, Plan, UserStages
from swell.model.profiles import planned_iterations, users_at

if TYPE_CHECKING:
    from ..k6.conftest import K6

SEQUENCES = ["0,1/2,1", "0,1/4,1/2,3/4,1", "0,20%,60%,1", "0,0.1,1/3,2/3,1"]


def _parts(sequence: str) -> list[Part]:
    """Those of all instances."""
    found = [
        part_of({"executionSegment": f"{a}:{b}", "executionSegmentSequence": sequence})
        for a, b in pairwise(sequence.split(","))
    ]
    return [part for part in found if part is not None]


def _plans(sequence: str, **scenario: Any) -> tuple[Plan, list[Plan]]:
    """The plan of the whole test, and those of its parts."""
    scenarios = scenarios_of({"scenarios": {"s": scenario}})
    parts: list[Part | None] = [None, *_parts(sequence)]
    whole, *others = [make_plan("/x.js", {}, scenarios, env={}, settings={}, part=part) for part in parts]
    return whole, others


@given(st.sampled_from(SEQUENCES), st.integers(0, 500))
def test_numbers_are_dealt_exactly_once(sequence: str, total: int) -> None:
    """Every number below any total belongs to one part, and parts are as large as they say."""
    owned = [part.own.number(own) for part in _parts(sequence) for own in range(part.own.count(total))]
    assert sorted(owned) == list(range(total))
    for part in _parts(sequence):
        assert abs(part.own.count(total) - float(part.own.share) * total) < len(part.stripes)
    assert sum(part.own.share for part in _parts(sequence)) == 1


@given(
    st.sampled_from(SEQUENCES),
    st.integers(0, 30),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30)), min_size=1),
)
def test_ramping_users_add_up_at_any_time(sequence: str, start: int, stages: list[tuple[int, int]]) -> None:
    """The VUs of all instances are those of the whole test, at each moment."""
    rows = [{"duration": f"{length}s", "target": target} for length, target in [*stages, (1, 1)]]
    whole, parts = _plans(sequence, executor="ramping-vus", startVUs=start, stages=rows)
    profile = whole.workloads[0].profile
    for at in np.linspace(0.0, sum(length for length, _ in stages) + 0.99, 61):
        count = sum(users_at(plan.workloads[0].profile, float(at)) for plan in parts if plan.workloads)
        # A change may fall a rounding error before or behind this very moment.
        near = {users_at(profile, float(at) + shift) for shift in (-1e-9, 0.0, 1e-9)}
        assert min(near) <= count <= max(near)


@settings(deadline=None)
@given(
    st.sampled_from(SEQUENCES),
    st.integers(0, 40),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), min_size=1, max_size=5),
    st.booleans(),
)
def test_arrivals_are_those_of_the_whole(
    sequence: str, start: int, stages: list[tuple[int, int]], ramping: bool
) -> None:
    """All instances together start what one would, at the same times."""
    common = {"preAllocatedVUs": 10, "maxVUs": 20}
    if ramping:
        rows = [{"duration": f"{length}s", "target": target} for length, target in stages]
        whole, parts = _plans(sequence, executor="ramping-arrival-rate", startRate=start, stages=rows, **common)
    else:
        whole, parts = _plans(sequence, executor="constant-arrival-rate", rate=start + 1, duration="3s", **common)
    found = [
        [float(at) for chunk in arrivals(profile, seed=1) for at in chunk] for profile in _profiles([whole, *parts])
    ]
    assert np.allclose(sorted(at for each in found[1:] for at in each), found[0], atol=1e-6)
    for times, profile in zip(found, _profiles([whole, *parts]), strict=True):
        assert len(times) == planned_iterations(profile)


def _profiles(plans: list[Plan]) -> list[ArrivalStages]:
    found = [plan.workloads[0].profile for plan in plans]
    return [each for each in found if isinstance(each, ArrivalStages)]


@given(st.sampled_from(SEQUENCES), st.integers(1, 9), st.integers(0, 60))
def test_shared_iterations_add_up(sequence: str, vus: int, more: int) -> None:
    """None is lost or done twice, also where an instance has no VU."""
    scenario = scenarios_of({"vus": vus, "iterations": vus + more})["default"]
    made = [part.scenario(scenario) for part in _parts(sequence)]
    assert sum(each["vus"] for each in made if each) == vus
    assert sum(each["iterations"] for each in made if each) == vus + more


def test_a_segment_without_a_sequence() -> None:
    """What lies before and behind it are the others."""
    part = part_of({"executionSegment": "25%:1/2"})
    assert part is not None
    assert [stripe.share for stripe in part.stripes] == [Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)]
    assert part_of({"executionSegment": "0:1"}) is None
    short = part_of({"executionSegment": "1/3"})
    assert short is not None
    assert short.own.share == Fraction(1, 3)


@pytest.mark.parametrize(
    ("segment", "sequence", "said"),
    [
        ("1/2:1/4", "", "empty"),
        ("x", "", "no point"),
        ("1/0", "", "no point"),
        ("0:2", "", "behind the end"),
        ("0:1/2", "0,1/3,1", "none of the segments"),
        ("0:1/2", "0,1/2", "rise from 0 to 1"),
        ("", "0,1/2,1", "which part"),
    ],
)
def test_segments_that_cannot_be(segment: str, sequence: str, said: str) -> None:
    """They are told by what to write."""
    with pytest.raises(OptionError, match=said):
        part_of({"executionSegment": segment, "executionSegmentSequence": sequence})


def test_parts_keep_the_plan_small() -> None:
    """A constant number of VUs stays one stage."""
    _, parts = _plans("0,1/2,1", executor="constant-vus", vus=5, duration="10s")
    profiles = [plan.workloads[0].profile for plan in parts]
    assert [(each.start, len(each.stages)) for each in profiles if isinstance(each, UserStages)] == [(3, 1), (2, 1)]


SCRIPT = """
import exec from 'k6/execution';
export const options = { scenarios: { s: { executor: 'shared-iterations', vus: 3, iterations: 10 } } };
export default function () {
  console.log(exec.scenario.iterationInTest, exec.vu.idInTest, exec.vu.idInInstance <= 2);
}
"""


def test_two_instances(k6: K6) -> None:
    """Each is told its part; numbers of iterations and VUs are unique over both."""
    sequence = ["--execution-segment-sequence", "0,1/2,1"]
    one = k6(SCRIPT, "--execution-segment", "0:1/2", *sequence)
    two = k6(SCRIPT, "--execution-segment", "1/2:1", *sequence)
    assert (one.code, two.code) == (0, 0), one.err + two.err
    assert "(50.00%) 1 scenario, 2 max VUs" in one.out
    numbers = [[int(line.split()[0]) for line in ran.logged] for ran in (one, two)]
    assert sorted(numbers[0] + numbers[1]) == list(range(10))
    vus = [{line.split()[1] for line in ran.logged} for ran in (one, two)]
    assert vus[0].isdisjoint(vus[1])
    assert vus[0] | vus[1] <= {"1", "2", "3"}
    assert all(line.endswith("true") for ran in (one, two) for line in ran.logged)


def test_a_part_with_nothing_to_do(k6: K6) -> None:
    """It ends at once, well; what cannot be divided is refused."""
    ran = k6("export default function () { console.log('ran'); }", "--execution-segment", "1/2:1")
    assert (ran.code, ran.logged) == (0, [])
    ran = k6(
        "export const options = { scenarios: { a: { executor: 'externally-controlled', vus: 1, duration: '1s' } } };"
        "export default function () {}",
        *("--execution-segment", "0:1/2"),
    )
    assert ran.code == 104
    assert "externally-controlled" in ran.err
