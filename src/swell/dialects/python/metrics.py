"""Metrics of a test's own: counters, gauges, rates and trends, declared at the top of the file.

Rules: names and kinds as in k6. A metric knows no run; each sample goes to the recorder of the worker whose user adds
it, with the tags in force there. What a sample costs is one dictionary look-up and one append.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, ClassVar

from swell.dialects.python.current import virtual_user
from swell.dialects.python.scope import current_scope
from swell.metrics.builtin import BUILTIN
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from swell.metrics.builtin import Kind

__all__ = ["Counter", "Gauge", "Metric", "Rate", "Trend"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


class Metric:
    """The base of the four kinds. `is_time`: values are milliseconds and are shown as times."""

    kind: ClassVar[Kind]

    def __init__(self, name: str, *, is_time: bool = False) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is no name for a metric: use letters, digits and _ (at most 128, no digit first)"
            )
        if name in BUILTIN:
            raise ValueError(f"{name!r} is a built-in metric; choose another name")
        scope = current_scope()
        if scope is not None:
            known = scope.metrics.setdefault(name, self)
            if known.kind != self.kind:
                raise ValueError(f"{name!r} is declared twice, as a {known.kind} and as a {self.kind}")
        self.name = name
        self.is_time = is_time

    def add(self, value: float = 1.0, **tags: object) -> None:
        """Record one sample, with these tags besides those in force. Only inside a running test."""
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(f"metric {self.name!r} takes numbers, not {value!r}")
        self._record(number, tags)

    def _record(self, number: float, tags: dict[str, object]) -> None:
        user: Any = virtual_user()
        here: Any = current_fiber().tags
        if tags:
            here = here.with_tags(**{name: str(value) for name, value in tags.items()})
        recorder = user.recorder
        # Tag sets outlive a run when several run in one process, series do not: hence the check.
        known = here.cache.get(self)
        if known is None or known[0] is not recorder:
            series = recorder.series(self.name, self.kind, here, is_time=self.is_time)
            known = here.cache[self] = (recorder, series)
        recorder.add_sample((known[1], user.hub.time(), number))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Counter(Metric):
    """Adds up: how often, how much."""

    kind: ClassVar[Kind] = "counter"

    def add(self, value: float = 1.0, **tags: object) -> None:
        """Add `value`, which is not negative."""
        if value < 0:
            raise ValueError(f"counter {self.name!r} only grows, got {value!r}")
        super().add(value, **tags)


class Gauge(Metric):
    """Keeps the last value, and the smallest and the largest."""

    kind: ClassVar[Kind] = "gauge"


class Rate(Metric):
    """The share of samples that are true."""

    kind: ClassVar[Kind] = "rate"

    def add(self, value: object = True, **tags: object) -> None:
        """Record one outcome: true or false."""
        self._record(1.0 if value else 0.0, tags)


class Trend(Metric):
    """A distribution: average, median, percentiles."""

    kind: ClassVar[Kind] = "trend"
