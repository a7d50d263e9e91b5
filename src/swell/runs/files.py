"""Runs as files: one JSON record each in `.swell/runs`.

Rules: a file is complete or absent (written beside its name, then renamed). Names sort by time. OSError
passes through: whoever stores says it, and a run that cannot be stored is still shown and judged.
"""

from __future__ import annotations

import datetime as dt
import secrets
from pathlib import Path

import msgspec

from swell.runs.record import Run

__all__ = ["DEFAULT_FOLDER", "load_run", "new_run_id", "save_run"]

DEFAULT_FOLDER = Path(".swell") / "runs"


def new_run_id(started: float) -> str:
    """A new id for a run that started at this wall-clock time; ids sort by time: "20260131-081500-x7f3"."""
    moment = dt.datetime.fromtimestamp(started, dt.UTC)
    return f"{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def save_run(run: Run, folder: Path = DEFAULT_FOLDER) -> Path:
    """Write the record; returns where. OSError if that fails, with nothing half written left behind."""
    folder.mkdir(parents=True, exist_ok=True)
    _keep_out_of_git(folder)
    path = folder / f"{run.id}.json"
    unfinished = path.with_suffix(".unfinished")
    try:
        unfinished.write_bytes(msgspec.json.encode(run))
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return path


def load_run(path: Path) -> Run:
    """Read a record. OSError, or ValueError if the file is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Run)
    except msgspec.DecodeError as error:
        raise ValueError(f"{path} is not the record of a run: {error}") from None


def _keep_out_of_git(folder: Path) -> None:
    """Records hold host names and URLs: not to be committed by accident."""
    if folder == DEFAULT_FOLDER:
        ignore = folder.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
