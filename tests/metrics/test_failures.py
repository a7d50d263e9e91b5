"""Error groups: counting, bounds, merging."""

from __future__ import annotations

from swell.metrics.failures import MAX_GROUPS, ErrorGroup, ErrorGroups


def test_groups_are_taken_as_differences() -> None:
    """Each take gives what is new; the example travels once."""
    groups = ErrorGroups()
    groups.add("reset", "m", "/a", "GET", {"n": 1})
    groups.add("reset", "m", "/a", "GET", {"n": 2})
    assert groups.take(4) == [ErrorGroup("reset", "m", "/a", "GET", 2, 4, 4, {"n": 1})]
    assert groups.take(5) == []
    groups.add("reset", "m", "/a", "GET", {"n": 3})
    assert groups.take(6) == [ErrorGroup("reset", "m", "/a", "GET", 1, 6, 6, None)]


def test_groups_are_bounded_and_every_error_is_counted() -> None:
    """Beyond the limit all errors go to one group without example; counts stay exact."""
    groups = ErrorGroups()
    for number in range(MAX_GROUPS + 500):
        groups.add("reset", f"message {number}", "", "", {"n": number})
    groups.add("reset", "message 0", "", "", None)
    taken = groups.take(0)
    assert len(taken) == MAX_GROUPS + 1
    assert sum(group.count for group in taken) == MAX_GROUPS + 501
    assert (taken[-1].kind, taken[-1].count, taken[-1].example) == ("other", 500, None)


def test_workers_merge_into_one_bounded_list() -> None:
    """Merging adds counts, widens first and last, keeps the first example, and obeys the limit."""
    merged = ErrorGroups(limit=2)
    merged.merge([ErrorGroup("a", "m", "", "", 1, 5, 5, None), ErrorGroup("b", "m", "", "", 9, 5, 5, {"x": 1})])
    merged.merge([ErrorGroup("a", "m", "", "", 2, 3, 8, {"x": 2})])
    merged.merge([ErrorGroup("c", "m", "", "", 4, 6, 6, {"x": 3}), ErrorGroup("d", "m", "", "", 1, 7, 7, None)])
    found = merged.ordered()
    assert [(group.kind, group.count) for group in found] == [("b", 9), ("other", 5), ("a", 3)]
    assert (found[2].first, found[2].last, found[2].example) == (3, 8, {"x": 2})
    assert found[1].example is None


def test_the_list_is_a_copy() -> None:
    """Whoever changes what `ordered` gave changes nothing inside."""
    merged = ErrorGroups()
    merged.merge([ErrorGroup("a", "m", "", "", 1)])
    merged.ordered()[0].count = 99
    assert merged.ordered()[0].count == 1


def test_long_messages_are_cut_before_they_are_kept() -> None:
    """A message of megabytes (an HTML page as an exception) does not travel."""
    groups = ErrorGroups()
    groups.add("x", "y" * 1_000_000, "", "", None)
    assert len(groups.take(0)[0].message) < 1_000
