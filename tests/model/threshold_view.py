"""A metrics view that keeps every sample: slow, plain, and surely right."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.model.metrics_view import MetricKind

__all__ = ["Sample", "View", "counter", "trend"]

Sample = tuple[int, float]


@dataclass(frozen=True)
class Samples:
    """The plainest aggregate: it keeps every sample."""

    values: tuple[float, ...]
    seconds: float
    kind: str

    @property
    def count(self) -> int:
        return len(self.values)

    @property
    def sum(self) -> float:
        return math.fsum(self.values)

    @property
    def min(self) -> float:
        return min(self.values)

    @property
    def max(self) -> float:
        return max(self.values)

    @property
    def last(self) -> float:
        return self.values[-1]

    @property
    def passes(self) -> int:
        return sum(value != 0 for value in self.values)

    @property
    def avg(self) -> float:
        return self.sum / self.count

    @property
    def med(self) -> float:
        return self.percentile(50)

    @property
    def rate(self) -> float:
        return self.sum / self.seconds if self.kind == "counter" else self.passes / self.count

    def percentile(self, q: float) -> float:
        return sorted(self.values)[max(0, math.ceil(q / 100 * self.count) - 1)]


@dataclass
class View:
    """A view of samples (second, value) by metric; `now` hides what has not happened yet."""

    samples: dict[str, list[Sample]]
    length: float
    kinds: dict[str, MetricKind] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    now: float = math.inf
    asked: list[tuple[str, float | None, float | None]] = field(default_factory=list)

    def known_metrics(self) -> set[str]:
        return set(self.samples)

    def metric_type(self, name: str) -> MetricKind | None:
        return self.kinds.get(name, "trend") if name in self.samples else None

    def aggregate(
        self, metric: str, tags: Mapping[str, str], start: float | None = None, end: float | None = None
    ) -> Samples | None:
        self.asked.append((metric, start, end))
        if not tags.items() <= self.tags.get(metric, {}).items():
            return None
        length = min(self.length, self.now)
        low, high = start or 0.0, length if end is None else end
        chosen = tuple(
            value for second, value in self.samples.get(metric, []) if low <= second < high and second < self.now
        )
        return Samples(chosen, high - low, self.kinds.get(metric, "trend")) if chosen else None


def trend(*samples: Sample, length: float) -> View:
    return View({"t": list(samples)}, length)


def counter(*samples: Sample, length: float) -> View:
    return View({"c": list(samples)}, length, {"c": "counter"})
