"""`asyncio.run` in a task: the coroutine runs in a thread with a loop of its own, and stalls its user only.

Rules: outside of fibers nothing changes. Under Locust one user at a time can do this; here all can. In the coroutine
there is no user: `self.client` says so; other clients and `events.request.fire` after the call are what serve.
"""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import Any

from swell.runtime.fiber import in_fiber
from swell.runtime.threads import blocking

__all__ = ["let_tasks_run_loops"]


def let_tasks_run_loops() -> None:
    """Make `asyncio.run` work in fibers, for this process; harmless when done twice."""
    real: Any = asyncio.run
    if getattr(real, "__wrapped__", None) is not None:
        return

    @wraps(real)
    def run(*args: Any, **options: Any) -> Any:
        return blocking(real, *args, **options) if in_fiber() else real(*args, **options)

    asyncio.run = run
