"""Arrivals: how many and when, as Artillery has them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.artillery.phases import PhaseError, milliseconds, part_of, read_phase
from swell.model.arrivals import arrivals
from swell.model.plan import ArrivalSequence
from swell.model.profiles import duration, planned_iterations


def _times(**spec: Any) -> list[float]:
    profile = ArrivalSequence((part_of(read_phase(spec, 0)),))
    pieces = list(arrivals(profile, seed=1))
    return [round(float(each), 6) for each in np.concatenate(pieces)] if pieces else []


def test_constant_rate() -> None:
    """The first arrival comes after one interval, floor(duration * rate) of them in all."""
    assert _times(duration=2, arrivalRate=2) == [0.5, 1.0, 1.5, 2.0]
    assert len(_times(duration=60, arrivalRate=3)) == 180
    assert _times(duration="5s", arrivalRate="0.5") == [2.0, 4.0]


def test_ramp_is_a_staircase() -> None:
    """Second 0 has the first rate, the last second the last, spaced by whole milliseconds."""
    assert _times(duration=3, arrivalRate=1, rampTo=3) == [1.0, 1.5, 2.0, 2.333, 2.666, 2.999]
    counts = np.bincount(np.ceil(np.array(_times(duration=10, arrivalRate=10, rampTo=50))).astype(int))
    assert list(counts[1:]) == [10, 14, 19, 23, 28, 32, 37, 41, 46, 50]


def test_ramp_down_to_nothing() -> None:
    """A ramp may end at 0, and begin there."""
    assert len(_times(duration=5, arrivalRate=4, rampTo=0)) == 4 + 3 + 2 + 1
    assert len(_times(duration=5, rampTo=4)) == 10
    assert len(_times(duration=1, arrivalRate=2, rampTo=4)) == 3


def test_count_is_spread() -> None:
    """A count is spread evenly over the duration."""
    assert _times(duration=10, arrivalCount=4) == [2.5, 5.0, 7.5, 10.0]
    assert _times(duration=10, arrivalCount=0) == []


def test_pause_and_zero_rate() -> None:
    """A pause has a length and no arrivals; so has a rate of 0, where Artillery would skip the phase."""
    for spec in ({"pause": "1m"}, {"duration": 60, "arrivalRate": 0}):
        part = part_of(read_phase(spec, 0))
        assert duration(ArrivalSequence((part,))) == 60
        assert planned_iterations(part.profile) == 0


def test_poisson_counts_vary() -> None:
    """With mode poisson the number is up to chance, and near the mean."""
    found = len(_times(duration=100, arrivalRate=50, mode="poisson"))
    assert abs(found - 5000) < 5 * math.sqrt(5000)


@pytest.mark.parametrize(
    ("text", "value"),
    [("100", 100), ("30s", 30_000), ("5m", 300_000), ("1h", 3_600_000), ("0.5 min", 30_000), ("2 hours", 7_200_000)],
)
def test_times(text: str, value: float) -> None:
    """Durations as the ms library reads them."""
    assert milliseconds(text) == value


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        ({"duration": 0, "arrivalRate": 1}, "duration"),
        ({"duration": "soon", "arrivalRate": 1}, "duration"),
        ({"duration": 5, "arrivalRate": -1}, "arrivalRate"),
        ({"duration": 5, "arrivalRate": "many"}, "arrivalRate"),
        ({"duration": 5, "arrivalCount": 1.5}, "arrivalCount"),
        ({"duration": 5, "arrivalRate": 1, "mode": "burst"}, "mode"),
        ({"duration": 5}, ""),
        ({"arrivalRate": 5}, ""),
        ("fast", ""),
    ],
)
def test_mistakes(spec: Any, key: str) -> None:
    """What no phase can be is told with the key at fault."""
    with pytest.raises(PhaseError) as caught:
        read_phase(spec, 0)
    assert caught.value.key == key


@given(st.integers(1, 40), st.integers(0, 60), st.integers(0, 60))
def test_every_second_of_a_ramp(seconds: int, first: int, last: int) -> None:
    """Each second of a ramp has the whole number nearest to the line, and all arrivals lie in it."""
    times = _times(duration=seconds, arrivalRate=first, rampTo=last)
    for second in range(seconds):
        line = (first + last) / 2 if seconds == 1 else first + (last - first) * second / (seconds - 1)
        inside = [each for each in times if second < each <= second + 1]
        assert abs(len(inside) - line) <= 0.5 + 1e-9


@given(st.integers(1, 30), st.integers(1, 100))
def test_rates_are_exact(seconds: int, rate: int) -> None:
    """A constant whole rate gives exactly rate * duration arrivals, none after the end."""
    times = _times(duration=seconds, arrivalRate=rate)
    assert len(times) == seconds * rate
    assert times[-1] <= seconds + 1e-6
