"""What the workers told of their own health over the whole run, added up.

Rules: pure; memory does not grow with the run. Each record is one worker's second, a mapping with the
fields of `engine.health.Health`. A share of CPU is of one core, since a worker is one loop in one thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HealthLog"]

_RANK = {"ok": 0, "strained": 1, "saturated": 2}
_MOST_REASONS = 5


class HealthLog:
    """Collects health records of so many workers; every attribute is over all of them."""

    def __init__(self, workers: int = 1) -> None:
        self._several = workers > 1
        self.latest: dict[int, Mapping[str, Any]] = {}
        """The newest record of each worker."""
        self.seconds = 0
        self.state = "ok"
        """The worst state any worker was in."""
        self.reasons: list[str] = []
        """Why, for the worst state; the first few that differ."""
        self.peaks: dict[str, float] = {}
        """Largest value of each numeric field."""
        self.users_max = 0
        """Most users at once over all workers."""
        self._sums: dict[str, float] = {}
        self._bad_seconds: dict[str, set[int]] = {}

    def add(self, worker: int, second: int, record: Mapping[str, Any]) -> None:
        """One worker's second of the run. An empty record (a worker without a watch) is no second."""
        if not record:
            return
        self.latest[worker] = record
        self.seconds += 1
        state = str(record.get("state", "ok"))
        if state != "ok":
            self._bad_seconds.setdefault(state, set()).add(second)
        if _RANK.get(state, 0) > _RANK.get(self.state, 0):
            self.state = state
            self.reasons = []
        if state == self.state and state != "ok":
            self._add_reasons(worker, record.get("reasons") or [])
        for name, value in record.items():
            if isinstance(value, int | float):
                self.peaks[name] = max(self.peaks.get(name, 0.0), value)
                self._sums[name] = self._sums.get(name, 0.0) + value
        self.users_max = max(self.users_max, self.users)

    def bad_seconds(self, state: str) -> frozenset[int]:
        """The seconds of the run in which any worker was "strained" or "saturated"."""
        return frozenset(self._bad_seconds.get(state, ()))

    def seconds_in(self, state: str) -> int:
        """How many `bad_seconds` there are."""
        return len(self._bad_seconds.get(state, ()))

    def forget(self, worker: int) -> None:
        """A worker is gone: its last record no longer describes the present."""
        self.latest.pop(worker, None)

    @property
    def users(self) -> int:
        """Users running now."""
        return sum(int(record.get("users", 0)) for record in self.latest.values())

    @property
    def state_now(self) -> str:
        """The worst state of the newest records."""
        states = (str(record.get("state", "ok")) for record in self.latest.values())
        return max(states, key=lambda state: _RANK.get(state, 0), default="ok")

    def mean(self, field: str) -> float:
        """Mean of a numeric field over all seconds of all workers."""
        return self._sums.get(field, 0.0) / self.seconds if self.seconds else 0.0

    def total(self, field: str) -> float:
        """Sum of a numeric field over all seconds of all workers."""
        return self._sums.get(field, 0.0)

    def _add_reasons(self, worker: int, reasons: list[str]) -> None:
        for reason in reasons:
            # Figures differ from second to second: one example of each kind of reason is enough.
            kind = _kind(reason)
            if len(self.reasons) < _MOST_REASONS and all(_kind(known) != kind for known in self.reasons):
                self.reasons.append(f"worker {worker}: {reason}" if self._several else reason)


def _kind(reason: str) -> str:
    text = reason.split(": ", 1)[-1] if reason.startswith("worker ") else reason
    return "".join(letter for letter in text if not letter.isdigit() and letter not in ".,")
