"""Rendezvous across workers: who waits where, and who goes when enough are there.

Rules: pure. A rendezvous opens each time `size` users wait on it over all workers together (it is cyclic);
the users released are taken from the workers in turn, so that no worker is always last. Users beyond a
multiple of `size` stay. A lost worker takes its waiting users with it. A report may cross a release on its
way: each says which releases it has seen, and the others are subtracted, so that nobody is released twice.
"""

from __future__ import annotations

__all__ = ["RendezvousBoard"]


class _Queue:
    """The users of one worker on one rendezvous: what it said, and how many it was told to release in all."""

    def __init__(self) -> None:
        self.reported = 0
        self.seen = 0
        self.granted = 0

    @property
    def waiting(self) -> int:
        return max(0, self.reported - (self.granted - self.seen))


class RendezvousBoard:
    """What each worker last said about each rendezvous."""

    def __init__(self) -> None:
        self._queues: dict[str, dict[int, _Queue]] = {}
        self._turn = 0

    def waiting(self, name: str) -> int:
        """How many users wait on `name` now."""
        return sum(queue.waiting for queue in self._queues.get(name, {}).values())

    def report(self, index: int, name: str, size: int, waiting: int, seen: int) -> dict[int, int]:
        """Worker `index` has `waiting` users on `name`, after releases of `seen` users in all.

        Returns how many users to release, by worker.
        """
        queues = self._queues.setdefault(name, {})
        queue = queues.setdefault(index, _Queue())
        queue.reported, queue.seen = waiting, seen
        left = self.waiting(name) // size * size if size > 0 else 0
        release: dict[int, int] = {}
        for worker in self._order(queues):
            count = min(queues[worker].waiting, left)
            if count > 0:
                release[worker] = count
                queues[worker].granted += count
                left -= count
        if release:
            self._turn += 1
        return release

    def forget(self, index: int) -> None:
        """Worker `index` is gone."""
        for queues in self._queues.values():
            queues.pop(index, None)

    def _order(self, queues: dict[int, _Queue]) -> list[int]:
        workers = sorted(queues)
        shift = self._turn % len(workers)
        return workers[shift:] + workers[:shift]
