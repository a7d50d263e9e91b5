"""One run as a process of its own, for programs that start runs: suites and tests of pytest.

Rules: the command is `python -m swell ...` in a session of its own, so that Ctrl-C ends it only when it is passed on,
and then once. What came of it is read from the record that it leaves (`SWELL_RECORD`); a process that leaves none has
not measured anything.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

import msgspec

from swell.report.files import RECORD_VARIABLE
from swell.runs.reading import read_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.runs.record import Run

__all__ = ["ChildRun"]


class ChildRun:
    """A Swell command that runs and ends with the context. `output`: where it prints; None: where this process does."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        output: IO[bytes] | None = None,
    ) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="swell-run-")
        self._record = Path(self._scratch.name) / "record.json"
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this very program
                [sys.executable, "-P", "-m", "swell", *words],  # -P: a swell.py in that folder is not meant
                cwd=folder,
                env={**os.environ, **(environment or {}), RECORD_VARIABLE: str(self._record)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output is not None else None,
                start_new_session=True,
            )
        except BaseException:
            self._scratch.cleanup()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what still runs, forget the record."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._scratch.cleanup()

    def interrupt(self) -> None:
        """Ask for an end in good order; the second time for an end at once. Nothing if it is over."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)

    def wait(self, patience: float | None = None) -> tuple[int, Run | None]:
        """Until it is over: its exit code (128 + N after signal N) and its record, if it left one.

        Raises subprocess.TimeoutExpired when it takes longer than `patience` seconds.
        """
        code = self._process.wait(patience)
        return (128 - code if code < 0 else code), self._read()

    def _read(self) -> Run | None:
        try:
            return read_run(self._record.read_bytes())
        except (OSError, msgspec.DecodeError):
            return None
