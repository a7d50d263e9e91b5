"""Logging as Locust sets it up (the module `locust.log`).

Rules: one line per record on stderr (or in a file), in the form that scripts search. `unhandled_greenlet_exception` is
set by whoever swallows an exception of user code that no task counts; it makes the exit code 2.
"""

from __future__ import annotations

import logging
import logging.config
import socket
from collections import deque
from pathlib import Path
from typing import Any

__all__ = ["HOSTNAME", "LogReader", "greenlet_exception_logger", "note_unhandled", "setup_logging"]

HOSTNAME = socket.gethostname().partition(".")[0]

unhandled_greenlet_exception = False
"""Whether an event listener or a background job of the test raised."""


class LogReader(logging.Handler):
    """Keeps the newest lines in `logs`."""

    def __init__(self) -> None:
        super().__init__()
        self.logs: deque[str] = deque(maxlen=500)

    def emit(self, record: logging.LogRecord) -> None:
        """As logging's."""
        self.logs.append(self.format(record))


def setup_logging(loglevel: str, logfile: str | None = None) -> None:
    """Send everything to stderr or to `logfile`, whose folder is made if it is missing.

    Raises ValueError for a level that is none.
    """
    level = loglevel.upper()
    where: dict[str, Any] = {"class": "logging.StreamHandler"}
    if logfile:
        Path(logfile).parent.mkdir(parents=True, exist_ok=True)
        where = {"class": "logging.FileHandler", "filename": logfile}
    line = f"[%(asctime)s] {HOSTNAME}/%(levelname)s/%(name)s: %(message)s"
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"default": {"format": line}, "plain": {"format": "%(message)s"}},
            "handlers": {
                "lines": {**where, "formatter": "default"},
                "plain": {**where, "formatter": "plain"},
                "reader": {"()": LogReader, "formatter": "default"},
            },
            "loggers": {
                "locust": {"handlers": ["lines", "reader"], "level": level, "propagate": False},
                "locust.stats_logger": {"handlers": ["plain", "reader"], "level": "INFO", "propagate": False},
            },
            "root": {"handlers": ["lines", "reader"], "level": level},
        }
    )


def note_unhandled() -> None:
    """Remember that user code raised where no task counts it."""
    globals()["unhandled_greenlet_exception"] = True


def greenlet_exception_logger(logger: logging.Logger, level: int = logging.CRITICAL) -> Any:
    """A handler for `greenlet.link_exception`: it logs and remembers."""

    def handler(greenlet: Any) -> None:
        error = greenlet.exc_info[1] if getattr(greenlet, "exc_info", None) else None
        if isinstance(error, SystemExit):
            logger.log(min(logging.INFO, level), "sys.exit(%s) called", error)
        else:
            logger.log(level, "Unhandled exception in greenlet: %s", greenlet, exc_info=error)
        note_unhandled()

    return handler
