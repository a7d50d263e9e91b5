"""Scenarios made shorter or longer, smaller or larger (`--time-scale`, `--load-scale`), with their shape kept.

Rules: as `model.scaling` does with plans, on scenarios as k6's JSON has them, so that plan, banner and what scripts
read of their scenario agree. Counts are rounded half up, and nothing that was above 0 becomes 0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from swell.dialects.k6.inspect_requirements import duration_text, seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["scaled"]

_TIMES = ("duration", "startTime")
_GRACES = ("gracefulStop", "gracefulRampDown")
_COUNTS = ("vus", "startVUs", "preAllocatedVUs", "maxVUs")
_RATES = ("rate", "startRate")
_SHORTEST_GRACE = 5.0


def scaled(scenario: Mapping[str, Any], time_scale: float, load_scale: float) -> dict[str, Any]:
    """One complete scenario with its times and its load multiplied."""
    made = dict(scenario)
    for key in _TIMES:
        if key in made:
            made[key] = duration_text(seconds_of(made[key]) * time_scale)
    for key in _GRACES:
        if key in made and time_scale < 1:
            grace = seconds_of(made[key])
            made[key] = duration_text(min(grace, max(_SHORTEST_GRACE, grace * time_scale)))
    for key in _COUNTS:
        if key in made:
            made[key] = _count(made[key], load_scale)
    for key in _RATES:
        if key in made:
            made[key] *= load_scale
    open_model = "preAllocatedVUs" in made
    if "stages" in made:
        made["stages"] = [
            {
                **stage,
                "duration": duration_text(seconds_of(stage["duration"]) * time_scale),
                "target": stage["target"] * load_scale if open_model else _count(stage["target"], load_scale),
            }
            for stage in made["stages"]
        ]
    if "iterations" in made:
        # Iterations of one VU are its journey; shared ones are the load, and there are fewer in a shorter time.
        shared = made["executor"] == "shared-iterations"
        factor = time_scale * (load_scale if shared else 1.0)
        made["iterations"] = max(_count(made["iterations"], factor), made["vus"] if shared else 1)
    return made


def _count(value: int, factor: float) -> int:
    return 0 if value == 0 else max(1, math.floor(value * factor + 0.5))
