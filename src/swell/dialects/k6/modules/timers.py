"""k6/timers: the functions that are globals as well.

Rules: nothing of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from swell.dialects.javascript import HostModule

__all__ = ["modules"]

_SOURCE = "return { setTimeout, clearTimeout, setInterval, clearInterval };"


def modules() -> Mapping[str, HostModule]:
    """The module k6/timers, also by its first name."""
    module = HostModule({}, _SOURCE)
    return {"k6/timers": module, "k6/experimental/timers": module}
