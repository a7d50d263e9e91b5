"""The rendezvous board: exactly the right users go, each once."""

from __future__ import annotations

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from swell.coordinator.rendezvous import RendezvousBoard


def test_opens_when_the_sum_over_workers_reaches_the_size() -> None:
    """Two users on two workers open a rendezvous for two, one released on each."""
    board = RendezvousBoard()
    assert board.report(0, "slot", 2, 1, 0) == {}
    assert board.report(1, "slot", 2, 1, 0) == {0: 1, 1: 1}
    assert board.waiting("slot") == 0


def test_users_beyond_the_size_wait_for_the_next_round() -> None:
    """A third user stays, and opens the next round with a fourth."""
    board = RendezvousBoard()
    for waiting in (1, 2):
        board.report(0, "slot", 4, waiting, 0)
    assert board.report(1, "slot", 4, 1, 0) == {}
    released = board.report(1, "slot", 4, 2, 0)
    assert sum(released.values()) == 4
    assert board.report(0, "slot", 4, 1, 2) == {}


def test_a_lost_worker_takes_its_users_along() -> None:
    """Users of a worker that is gone no longer count."""
    board = RendezvousBoard()
    board.report(0, "slot", 2, 1, 0)
    board.forget(0)
    assert board.report(1, "slot", 2, 1, 0) == {}


def test_different_names_do_not_mix() -> None:
    """One user on each of two rendezvous opens neither."""
    board = RendezvousBoard()
    assert board.report(0, "a", 2, 1, 0) == {}
    assert board.report(0, "b", 2, 1, 0) == {}


@given(st.integers(2, 4), st.integers(1, 5), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=120))
def test_nobody_is_released_twice_when_messages_cross(workers: int, size: int, steps: list[tuple[int, int]]) -> None:
    """With reports, releases and give-ups in any order, releases come in full rounds and never exceed who came."""
    board = RendezvousBoard()
    queue = [0] * workers
    seen = [0] * workers
    to_worker: list[deque[int]] = [deque() for _ in range(workers)]
    came = released = left = 0
    for pick, action in steps:
        index = pick % workers
        if action == 1 and to_worker[index]:
            count = to_worker[index].popleft()
            seen[index] += count
            queue[index] = max(0, queue[index] - count)
            continue
        if action == 2 and queue[index] > sum(to_worker[index]):
            queue[index] -= 1
            left += 1
        else:
            queue[index] += 1
            came += 1
        actions = board.report(index, "slot", size, queue[index], seen[index])
        assert sum(actions.values()) % size == 0
        for worker, count in actions.items():
            to_worker[worker].append(count)
            released += count
    assert released <= came
    assert came - left - released < size
