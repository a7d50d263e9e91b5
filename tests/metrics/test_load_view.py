"""What a run as a whole was: the number of users while there were any, everything else as the store has it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from swell.metrics.load_view import LoadView, total_of
from swell.metrics.recorder import Recorder
from swell.metrics.store import MetricStore
from swell.metrics.tags import TagSet

_COUNTS = st.lists(st.integers(0, 3), min_size=1, max_size=8)


def measured(first: list[int], second: list[int]) -> MetricStore:
    """Two scenarios with so many users at the end of each second, and a gauge that ends with zeros too."""
    recorder, store = Recorder(), MetricStore()
    rows = {name: recorder.series("vus", "gauge", TagSet.of({"scenario": name})) for name in ("a", "b")}
    depth = recorder.series("depth", "gauge", TagSet.of({}))
    for at in range(max(len(first), len(second))):
        for name, counts in (("a", first), ("b", second)):
            recorder.add_sample((rows[name], at + 0.9, float(counts[at]) if at < len(counts) else 0.0))
        recorder.add_sample((depth, at + 0.9, float(at == 0)))
        store.add(0, recorder.flush(at + 1.0))
    return store


def cut(counts: list[int]) -> list[int]:
    """The counts up to the last that is not 0; all of them if there is none."""
    last = max((place for place, count in enumerate(counts) if count), default=len(counts) - 1)
    return counts[: last + 1]


@given(_COUNTS, _COUNTS)
def test_users_are_those_of_the_load(first: list[int], second: list[int]) -> None:
    """Value, min and max of `vus`, of all and of one scenario, know nothing of the seconds after the last user."""
    store = measured(first, second)
    length = max(len(first), len(second))
    one = first + [0] * (length - len(first))
    both = [a + b for a, b in zip(one, second + [0] * (length - len(second)), strict=True)]
    for tags, counts in (({}, both), ({"scenario": "a"}, one)):
        found = LoadView(store).aggregate("vus", tags)
        wanted = cut(counts)
        assert found is not None
        assert (found.last, found.min, found.max) == (wanted[-1], min(wanted), max(wanted))


def test_all_else_is_as_it_was() -> None:
    """Windows with an end, other gauges, and what nobody measured."""
    store = measured([2, 0, 0], [])
    view = LoadView(store)
    window, depth = view.aggregate("vus", {}, 0.0, 3.0), view.aggregate("depth")
    assert window is not None
    assert depth is not None
    assert (window.last, depth.last, depth.max) == (0.0, 0.0, 1.0)
    assert total_of(store, "nothing") is None
    later = total_of(store, "vus", start=1.0)
    assert later is not None
    assert later.last == 0.0
    assert (view.metric_type("depth"), "vus" in view.known_metrics()) == ("gauge", True)
