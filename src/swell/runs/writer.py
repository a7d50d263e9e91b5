"""Stores a run while it goes on, in a thread of its own: a run that is killed is there up to its last second.

Rules: nothing here can harm the run. The coordinator only puts bytes into a queue; a store that fails (a full disk, a
server that is gone) is told once, what follows is dropped, and the run goes on. One transaction a second.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec

from swell.model.units import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.runs.record import Run

__all__ = ["RunHead", "RunWriter"]

_EVERY = 1.0  # seconds between transactions
_MOST = 20_000  # snapshots that may wait
_PATIENCE = 20.0  # seconds that the end of a run waits for the store


class RunHead(msgspec.Struct, kw_only=True):
    """What is known of a run before it begins; nothing of it may hold a secret."""

    id: str
    name: str
    file: str
    target: str
    started: float
    workers: int
    plan: bytes
    plan_hash: str
    command: str
    commit: str
    tags: dict[str, str] = {}


class RunWriter:
    """Keeps every snapshot that `keep` is given (by `conduct`); `finish` adds the record.

    `open_store` is called in the writer's thread and gives what has `begin`, `add` and `finish` (see `runs.store`).
    """

    def __init__(self, head: RunHead, open_store: Callable[[], Any]) -> None:
        self.error = ""
        """Why the run could not be stored, or not to its end."""
        self.place = ""
        """Where it is stored, for people."""
        self._head = head
        self._open_store = open_store
        self._queue: queue.Queue[tuple[int, bytes] | Run | None] = queue.Queue(_MOST)
        self._lost = 0
        self._thread = threading.Thread(target=self._work, name="swell-store", daemon=True)
        self._thread.start()

    def keep(self, worker: int, data: bytes) -> None:
        """A worker's second, as it came. Never waits."""
        try:
            self._queue.put_nowait((worker, data))
        except queue.Full:
            self._lost += 1

    def finish(self, run: Run | None) -> None:
        """Store the record and wait for the thread, some seconds at most. None: the test never began, forget it."""
        try:
            self._queue.put(run, timeout=_PATIENCE)
        except queue.Full:
            self.error = self.error or "the store is too slow: it has not taken what was measured"
            return
        self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            self.error = self.error or f"the store did not answer within {_PATIENCE:g} s"
        elif self._lost and not self.error:
            self.error = f"the store was too slow: it lacks {plural(self._lost, 'second')} of workers"

    def _work(self) -> None:
        try:
            store = self._open_store()
            try:
                store.begin(self._head)
                self.place = store.place
                self._keep(store)
            finally:
                store.close()
        except Exception as error:  # whatever a driver raises: the run goes on without
            self.error = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            self._drain()

    def _keep(self, store: Any) -> None:
        while True:
            rows: list[tuple[int, bytes]] = []
            end = time.monotonic() + _EVERY
            item: tuple[int, bytes] | Run | None = (0, b"")
            while isinstance(item, tuple):
                try:
                    item = self._queue.get(timeout=max(0.0, end - time.monotonic()))
                except queue.Empty:
                    break
                if isinstance(item, tuple):
                    rows.append(item)
            if rows:
                store.add(self._head.id, rows)
            if not isinstance(item, tuple):
                if item is None:
                    store.delete(self._head.id)
                else:
                    store.finish(item)
                return

    def _drain(self) -> None:
        while isinstance(self._queue.get(), tuple):
            pass
