"""When the cyclic garbage collector runs: not while requests are measured, but once a second, in one short go.

Rules: what exists when the load starts is frozen and never looked at again. Each second the young objects are
collected, which is quick; the old ones only after memory has grown by half, since that walk stops the world.
"""

from __future__ import annotations

import gc

__all__ = ["Collector"]

GROWTH = 1.5
SMALLEST = 64 * 1024 * 1024


class Collector:
    """Takes over from the automatic collector between `start` and `stop`."""

    def __init__(self) -> None:
        self._full_at = 0

    def start(self) -> None:
        """Collect once, freeze what is left, switch the automatic collector off."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def collect(self, rss: int) -> None:
        """The collection of one second; `rss` in bytes decides whether it is a full one."""
        if not self._full_at:
            self._full_at = max(SMALLEST, int(rss * GROWTH))
        if rss >= self._full_at:
            gc.collect()
            self._full_at = int(rss * GROWTH)
        else:
            gc.collect(1)

    def stop(self) -> None:
        """Give the work back."""
        gc.unfreeze()
        gc.enable()
