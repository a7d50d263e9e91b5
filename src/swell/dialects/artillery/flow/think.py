"""The step `think`: a pause, with chance if wanted.

Rules: numbers are seconds, fractions too (Artillery 2 makes 1 ms of them, people mean half a second), texts have units
(`500ms`, `2 min`); a range `1-5` is drawn evenly. `jitter` is a part (`20%`) or a time to either side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.dialects.artillery.flow.templates import compile_template
from swell.dialects.artillery.flow.values import UNDEFINED, milliseconds

if TYPE_CHECKING:
    from random import Random

    from swell.dialects.artillery.flow.vuser import Vuser

__all__ = ["Think"]


class Think:
    """One pause. Raises ValueError for a time that is none."""

    def __init__(self, value: Any, jitter: Any = None) -> None:
        self._template = compile_template(value)
        self._fixed: tuple[float, float] | None = None
        if self._template.render is None:
            self._fixed = _span(value)
            if self._fixed is None:
                raise ValueError(f"think: {value!r} is no time; write seconds, or 500ms, 2s, 1-5")
        self._jitter = _jitter(jitter)

    def run(self, vu: Vuser) -> None:
        """As `Step.run`."""
        span = self._fixed
        if span is None:
            value = self._template(vu)
            span = _span(value)
            if span is None:
                if value is not UNDEFINED:
                    vu.warn_once(f"think: {value!r} is no time")
                return
        vu.hub.sleep(self.seconds(span, vu.random))

    def seconds(self, span: tuple[float, float], random: Random) -> float:
        """How long it is this time."""
        low, high = span
        time = low if low == high else random.uniform(low, high)
        part, fixed = self._jitter
        deviation = time * part + fixed
        return max(0.0, time + (random.uniform(-deviation, deviation) if deviation else 0.0)) / 1000.0


def _span(value: Any) -> tuple[float, float] | None:
    """The shortest and the longest time, in milliseconds."""
    time = milliseconds(value)
    if time is not None:
        return max(time, 0.0), max(time, 0.0)
    if not isinstance(value, str):
        return None
    first, mark, last = value.partition("-")
    high = milliseconds(last) if mark else None
    # "1-5s" means seconds on both sides.
    unit = last.strip().lstrip("0123456789. ")
    low = milliseconds(first.strip() + unit if first.strip().replace(".", "", 1).isdecimal() else first)
    return (min(low, high), max(low, high)) if low is not None and high is not None else None


def _jitter(value: Any) -> tuple[float, float]:
    """(part of the time, milliseconds)."""
    if value is None:
        return 0.0, 0.0
    text = str(value).strip()
    if text.endswith("%"):
        try:
            return abs(float(text[:-1])) / 100.0, 0.0
        except ValueError:
            raise ValueError(f"jitter: {value!r} is no part such as 20%") from None
    time = milliseconds(value, bare=1.0)
    if time is None:
        raise ValueError(f"jitter: {value!r} is neither a part such as 20% nor a time such as 500ms")
    return 0.0, abs(time)
