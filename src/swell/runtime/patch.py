"""Makes `time.sleep` in user code stall only its own user.

Rules: the patch is process-wide but acts only in a fiber of a thread that has a hub; every other caller gets the
real sleep. It is installed before a test file is imported, so that `from time import sleep` gets it too.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from swell.runtime.fiber import in_fiber

if TYPE_CHECKING:
    from swell.runtime.hub import Hub

__all__ = ["current_hub", "install", "set_hub"]

_real_sleep = time.sleep
_local = threading.local()


def set_hub(hub: Hub | None) -> None:
    """Name the hub that serves the fibers of this thread."""
    _local.hub = hub


def current_hub() -> Hub | None:
    """The hub of this thread, or None."""
    return getattr(_local, "hub", None)


def _sleep(seconds: float, /) -> None:
    """Suspend the caller for `seconds`: only its own user inside a test, the thread elsewhere."""
    hub = current_hub()
    if hub is None or not in_fiber():
        _real_sleep(seconds)
        return
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    hub.sleep(seconds)


def install() -> None:
    """Replace `time.sleep`; harmless when done twice."""
    time.sleep = _sleep
