"""From a plan to the writer that stores its run: what every command that runs tests does.

Rules: the plan and the command line are stored without secrets. A store that cannot be used costs a warning.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from swell.runs.commit import git_commit
from swell.runs.redact import redact_command, redact_plan
from swell.runs.store import open_store
from swell.runs.writer import RunHead, RunWriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.model.plan import Plan

__all__ = ["NO_STORE", "keep_run"]

NO_STORE = "none"
"""As the URL of a store: keep nothing."""


def keep_run(
    plan: Plan, run_id: str, started: float, *, workers: int, command: Sequence[str], url: str | None
) -> RunWriter | None:
    """A writer for a run that begins now; None if nothing is to be kept. `url` as for `open_store`."""
    if url == NO_STORE:
        return None
    plain = redact_plan(plan)
    encoded = msgspec.json.encode(plain)
    head = RunHead(
        id=run_id,
        name=plain.name or plain.source.path,
        file=plain.source.path,
        target=plain.host,
        started=started,
        workers=workers,
        plan=encoded,
        plan_hash=hashlib.sha256(encoded).hexdigest(),
        command="\n".join(redact_command(command)),
        commit=git_commit(Path()),
        tags=dict(plain.tags),
    )
    return RunWriter(head, lambda: open_store(url))
