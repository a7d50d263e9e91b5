"""Waiting in a program that uses Locust as a library: its greenlets, if it has any, go on meanwhile.

Rules: in a fiber of a test it is the fiber that waits, as for every `time.sleep`.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from swell.runtime.fiber import in_fiber

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["pause", "wait_until"]

_STEP = 0.05


def pause(seconds: float) -> None:
    """Wait; with gevent loaded, its other greenlets of this thread run."""
    # The thread of the users may be importing gevent just now: then it has no `sleep` yet.
    sleep: Any = getattr(sys.modules.get("gevent"), "sleep", None)
    if sleep is None or in_fiber():
        time.sleep(seconds)
    else:
        sleep(seconds)


def wait_until(done: Callable[[], bool], timeout: float | None = None) -> bool:
    """Wait until `done()`; whether that is so before `timeout` seconds have passed."""
    end = None if timeout is None else time.monotonic() + timeout
    while not done():
        if end is not None and time.monotonic() >= end:
            return False
        pause(_STEP)
    return True
