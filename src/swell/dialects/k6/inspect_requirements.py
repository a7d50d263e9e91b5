"""How long a test of k6 takes and how many VUs it needs, from its scenarios.

Rules: pure, on scenarios as k6's JSON has them, shortcuts already turned into scenarios. Durations are texts as Go
writes them, or milliseconds. Graceful stops belong to the total.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from swell.dialects.k6.summary_lines import Fields, items
from swell.model.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Requirements", "duration_text", "requirements", "seconds_of"]

_GRACE = "30s"
_LONGEST = "10m"


class Requirements(NamedTuple):
    """Seconds from the start to the end of the last graceful stop, and the most VUs at one time."""

    seconds: float
    max_vus: int


def requirements(scenarios: Mapping[str, Fields]) -> Requirements:
    """Of all scenarios together: those that do not overlap share their VUs."""
    spans = [_span(scenario) for scenario in scenarios.values()]
    total = max((end for _, end, _ in spans), default=0.0)
    most = max((sum(vus for begin, end, vus in spans if begin <= start < end) for start, _, _ in spans), default=0)
    return Requirements(total, most)


def seconds_of(value: Any, default: str = "0s") -> float:
    """A duration of a scenario in seconds: a text, or milliseconds as a number. ValueError for anything else."""
    if value is None or value == "":
        value = default
    if isinstance(value, str) and not _is_number(value):
        return parse_duration(value)
    return float(value) / 1000.0


def duration_text(seconds: float) -> str:
    """As Go writes durations: "30s", "1m30s", "1h0m0s", "1.5s", "500ms", "0s"."""
    if seconds <= 0:
        return "0s"
    if seconds < 1:
        return f"{_short(seconds * 1000)}ms" if seconds >= 0.001 else f"{_short(seconds * 1e6)}µs"
    minutes, rest = divmod(round(seconds, 9), 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{_short(rest)}s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


def _span(scenario: Fields) -> tuple[float, float, int]:
    """Start, end with graceful stop, and most VUs of one scenario."""
    start = seconds_of(scenario.get("startTime"))
    grace = seconds_of(scenario.get("gracefulStop"), _GRACE)
    stages = items(scenario, "stages")
    of_stages = sum(seconds_of(stage.get("duration")) for stage in stages)
    vus = int(scenario.get("vus") or 1)
    match scenario.get("executor"):
        case "shared-iterations" | "per-vu-iterations":
            length, most = seconds_of(scenario.get("maxDuration"), _LONGEST), vus
            if scenario.get("executor") == "shared-iterations":
                most = min(vus, int(scenario.get("iterations") or 1))
        case "ramping-vus":
            begun = scenario.get("startVUs")
            peaks = [int(1 if begun is None else begun), *(int(stage.get("target") or 0) for stage in stages)]
            length, most = of_stages, max(peaks)
        case "constant-arrival-rate" | "ramping-arrival-rate":
            made = int(scenario.get("preAllocatedVUs") or 0)
            length = of_stages or seconds_of(scenario.get("duration"))
            most = max(made, int(scenario.get("maxVUs") or made))
        case "externally-controlled":
            # It stops at once, and 0 means until it is told to.
            length, most, grace = (
                seconds_of(scenario.get("duration")),
                max(vus, int(scenario.get("maxVUs") or vus)),
                0.0,
            )
        case _:
            length, most = seconds_of(scenario.get("duration")), vus
    return start, start + length + grace, most


def _short(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()
