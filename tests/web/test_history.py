"""The points of the charts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from swell.web.history import History


@given(st.integers(0, 300), st.integers(4, 20), st.integers(1, 7))
def test_a_long_run_fits_and_keeps_its_peaks(seconds: int, most: int, step: int) -> None:
    """However long it is and however it comes in, there are at most so many points, and the highest value is there."""
    history = History(most)
    given_points = [(at, at % 13, float(at % 7), 0.0, None, None, float(at * 31 % 101)) for at in range(seconds)]
    for start in range(0, seconds, step):
        assert history.next_second == start
        history.add(given_points[start : start + step])
    assert history.next_second == seconds
    assert len(history.points) <= most
    starts = [point[0] for point in history.points]
    assert starts == [place * history.width for place in range(len(starts))]
    whole = given_points[: len(starts) * history.width]
    if whole:
        assert max(p[6] or 0.0 for p in history.points) == max(p[6] or 0.0 for p in whole)
        assert max(p[1] for p in history.points) == max(p[1] for p in whole)
