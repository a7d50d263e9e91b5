"""What a program may ask of its worker: `WorkerControl`, as the worker gives it to its program.

Rules: called from fibers and from the hub; users start and stop in the hub, so what changes them happens there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.engine.messages import EndRequested, FromProgram, SetUsers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from swell.engine.user import VirtualUser
    from swell.engine.worker import Worker
    from swell.metrics.snapshot import Snapshot
    from swell.model.plan import Share

__all__ = ["Control"]


class Control:
    """As `script.WorkerControl`, of one worker."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def steer(self, workload: str, users: int, spawn_rate: float) -> None:
        """As `WorkerControl.steer`."""
        worker = self._worker
        worker.call_soon(worker.receive, SetUsers(workload, users, spawn_rate))

    def add_users(self, workload: str, behaviours: Sequence[str]) -> None:
        """As `WorkerControl.add_users`."""
        worker = self._worker
        worker.call_soon(worker.add_users, workload, behaviours)

    def remix(self, workload: str, mix: tuple[Share, ...]) -> None:
        """As `WorkerControl.remix`."""
        self._worker.remix(workload, mix)

    def users(self, workload: str) -> Collection[VirtualUser]:
        """As `WorkerControl.users`."""
        return self._worker.users(workload)

    def unsent(self) -> Snapshot | None:
        """As `WorkerControl.unsent`."""
        return self._worker.unsent()

    def end(self, reason: str) -> None:
        """As `WorkerControl.end`."""
        self._worker.tell(EndRequested(self._worker.context.index, reason))

    def post(self, value: object) -> None:
        """As `WorkerControl.post`."""
        self._worker.tell(FromProgram(self._worker.context.index, value))
