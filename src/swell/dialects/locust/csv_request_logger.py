"""One CSV line per request (the module `locust.contrib.csv_request_logger`).

Rules: columns are Locust's. It is an ordinary listener, so it costs what listeners cost.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

__all__ = ["CsvRequestLogger"]

_COLUMNS = (
    "timestamp",
    "request_type",
    "name",
    "response_time_ms",
    "response_length",
    "status_code",
    "exception",
)


class CsvRequestLogger:
    """Writes to `filepath`, flushed at most every `flush_interval` seconds; call `register` once."""

    def __init__(self, filepath: str, flush_interval: float = 1.0) -> None:
        self.filepath = filepath
        self.flush_interval = flush_interval
        self._flushed = 0.0
        self._file: Any = None
        self._writer: Any = None

    def register(self, environment: Any) -> None:
        """Listen to the requests of this environment until it quits."""
        Path(self.filepath).parent.mkdir(parents=True, exist_ok=True)
        self._file = Path(self.filepath).open("w", newline="", encoding="utf-8")  # noqa: SIM115 - open until the end
        self._writer = csv.writer(self._file)
        self._writer.writerow(_COLUMNS)
        environment.events.request.add_listener(self._write)
        environment.events.quitting.add_listener(self._close)

    def _write(  # noqa: PLR0917 - Locust's signature
        self,
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int,
        exception: BaseException | None = None,
        response: Any = None,
        **_: Any,
    ) -> None:
        now = time.time()
        status = getattr(response, "status_code", "")
        shown = "" if response_time is None else f"{response_time:.2f}"
        self._writer.writerow((f"{now:.3f}", request_type, name, shown, response_length, status, str(exception or "")))
        if now - self._flushed >= self.flush_interval:
            self._flushed = now
            self._file.flush()

    def _close(self, **_: Any) -> None:
        self._file.close()
