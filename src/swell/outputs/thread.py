"""The thread of one output, with the queue in front of it.

Rules: `put` never waits and never raises. After an error the output stays in use, because servers come back; the first
error is kept for people, the others are counted.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from swell.metrics.redaction import redact_text
from swell.model.units import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.outputs.base import Output
    from swell.outputs.batch import Batch

__all__ = ["OutputThread"]

_WAITING = 120  # seconds of data that an output may be behind
_TICK = 0.25
_END, _NOTHING = "end", "nothing"


class OutputThread:
    """Runs one opened output until `finish`."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._queue: queue.Queue[Batch | str] = queue.Queue(_WAITING)
        self._dropped = 0
        self._failures = 0
        self._first_error = ""
        self._failed_last = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"output {output.label}", daemon=True)
        self._thread.start()

    def put(self, batch: Batch) -> None:
        """Hand over one second; left out and counted if the output is too far behind."""
        try:
            self._queue.put_nowait(batch)
        except queue.Full:
            self._dropped += 1

    def finish(self) -> None:
        """Nothing more will come."""
        try:
            self._queue.put_nowait(_END)
        except queue.Full:
            # It is 120 s behind and will not catch up in the closing time: the last seconds are given up.
            with contextlib.suppress(queue.Empty):
                self._queue.get_nowait()
                self._dropped += 1
            with contextlib.suppress(queue.Full):
                self._queue.put_nowait(_END)

    def wait(self, seconds: float) -> None:
        """Until it has finished, at most so long."""
        self._ended.wait(seconds)

    def notes(self) -> list[str]:
        """What went wrong, in words for people; nothing if all is well."""
        label = self._output.label
        notes: list[str] = []
        if self._first_error:
            times = "once" if self._failures == 1 else f"{self._failures} times"
            notes.append(f"output {label} failed {times}: {self._first_error}")
        if self._output.lost:
            notes.append(f"output {label} gave up {plural(self._output.lost, 'parcel')} of data")
        if self._dropped:
            notes.append(f"output {label} was too slow: {self._dropped} s of data were left out")
        if not self._ended.is_set():
            notes.append(f"output {label} did not finish in time: its last data may be missing")
        elif self._failed_last:
            notes.append(f"output {label}: the last data could not be delivered")
        return notes

    def _run(self) -> None:
        output = self._output
        due = time.monotonic() + output.every
        try:
            while True:
                found = self._next()
                if found == _END:
                    break
                if not isinstance(found, str):
                    self._guarded(partial(output.take, found))
                if time.monotonic() >= due:
                    self._failed_last = not self._guarded(output.flush)
                    due = time.monotonic() + output.every
            self._failed_last = not self._guarded(output.flush)
            self._guarded(output.close)
        finally:
            self._ended.set()

    def _next(self) -> Batch | str:
        try:
            return self._queue.get(timeout=_TICK)
        except queue.Empty:
            return _NOTHING

    def _guarded(self, action: Callable[[], object]) -> bool:
        try:
            action()
        except Exception as error:
            self._failures += 1
            if not self._first_error:
                self._first_error = redact_text(_words(error))
            return False
        return True


def _words(error: Exception) -> str:
    text = str(error)
    return text or type(error).__name__
