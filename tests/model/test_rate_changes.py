"""Open loads whose rate is changed while they go on."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.model.arrivals import arrivals
from swell.model.plan import ArrivalRuns, ArrivalStages, Stage, UserStages
from swell.model.profiles import duration, planned_iterations, rate_at
from swell.model.rate_changes import is_changeable, with_rate

if TYPE_CHECKING:
    from swell.model.plan import OpenProfile

RATES = st.sampled_from([0.0, 0.3, 1.0, 7.0, 50.0])
STAGES = st.lists(st.builds(Stage, st.sampled_from([0.0, 1.0, 2.5, 10.0]), RATES), min_size=1, max_size=4)


def times(profile: OpenProfile) -> list[float]:
    """All arrivals."""
    return list(itertools.chain.from_iterable(chunk.tolist() for chunk in arrivals(profile, seed=1)))


@given(STAGES, RATES, st.integers(1, 30), RATES, st.integers(0, 5), RATES)
def test_what_was_stays_what_comes_changes(
    stages: list[Stage], start: float, at: int, rate: float, later: int, again: float
) -> None:
    """Arrivals before a change are those of before, those after it are even, the end stays; the same once more."""
    profile = ArrivalStages(tuple(stages), start)
    length = duration(profile) or 0.0
    if at >= length:
        with pytest.raises(ValueError, match="cannot change at"):
            with_rate(profile, at, rate)
        return
    changed = with_rate(profile, at, rate)
    assert duration(changed) == pytest.approx(length)
    before = [each for each in times(profile) if each < at - 1e-6]
    found = times(changed)
    assert found[: len(before)] == pytest.approx(before)
    after = [each for each in found if each > at - 1e-9]
    assert len(after) in {math.floor((length - at) * rate), math.ceil((length - at) * rate - 1e-9)}
    if rate:
        assert np.allclose(np.diff(after), 1 / rate)
        assert rate_at(changed, at) == rate
    if at + later < length:
        twice = with_rate(changed, at + later, again)
        kept = [each for each in found if each < at + later - 1e-6]
        assert times(twice)[: len(kept)] == pytest.approx(kept)
        assert planned_iterations(twice) == len(times(twice))


@pytest.mark.parametrize(
    "profile",
    [
        ArrivalStages((Stage(10.0, 5.0),), 5.0, spacing="poisson"),
        ArrivalRuns((), 10.0),
        UserStages((Stage(10.0, 5.0),), 5.0),
    ],
)
def test_what_chance_drew_stays(profile: OpenProfile) -> None:
    """Random arrivals, runs of arrivals and users are no loads whose rate can be changed."""
    assert not is_changeable(profile)
    with pytest.raises(ValueError, match="evenly spaced"):
        with_rate(profile, 5.0, 1.0)  # type: ignore[arg-type]
