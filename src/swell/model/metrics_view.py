"""What thresholds may ask of the measurements: two protocols that the metric store fulfils.

Rules: nothing here stores or computes; the model judges numbers and does not know where they live. Windows
are whole seconds from the start of the run, half open: [start, end). Time metrics are in milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

__all__ = ["Aggregate", "MetricKind", "MetricsView"]

MetricKind: TypeAlias = Literal["counter", "gauge", "rate", "trend"]


class Aggregate(Protocol):
    """All samples of a selector in one window, as one."""

    @property
    def count(self) -> int:
        """Number of samples."""
        ...

    @property
    def sum(self) -> float:
        """Sum of the samples; of a counter its total."""
        ...

    @property
    def min(self) -> float:
        """Smallest sample."""
        ...

    @property
    def max(self) -> float:
        """Largest sample."""
        ...

    @property
    def last(self) -> float:
        """Newest sample, for gauges."""
        ...

    @property
    def passes(self) -> int:
        """Samples that were true, for rates."""
        ...

    @property
    def seconds(self) -> float:
        """Length of the window in seconds."""
        ...

    @property
    def avg(self) -> float:
        """Mean of the samples."""
        ...

    @property
    def med(self) -> float:
        """Median of the samples."""
        ...

    @property
    def rate(self) -> float:
        """Of a counter the sum per second, of a rate passes / count."""
        ...

    def percentile(self, q: float, /) -> float:
        """The value below which `q` of 100 samples lie."""
        ...


class MetricsView(Protocol):
    """Read access to everything measured so far."""

    def known_metrics(self) -> Set[str]:
        """Names of built-in, declared and recorded metrics."""
        ...

    def metric_type(self, name: str, /) -> MetricKind | None:
        """The kind of a metric; None if the name is unknown."""
        ...

    def aggregate(
        self, metric: str, tags: Mapping[str, str], start: float | None = None, end: float | None = None
    ) -> Aggregate | None:
        """All samples whose tags include `tags`, in [start, end). None if there is no sample."""
        ...
