"""Names of runs. Pure but for the random part."""

from __future__ import annotations

import datetime as dt
import secrets

__all__ = ["new_run_id"]


def new_run_id(started: float) -> str:
    """A new id for a run that started at this wall-clock time; ids sort by time: "20260131-081500-x7f3"."""
    moment = dt.datetime.fromtimestamp(started, dt.UTC)
    return f"{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
