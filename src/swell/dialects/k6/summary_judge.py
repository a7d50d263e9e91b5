"""Thresholds of a k6 test, judged on exact percentiles as long as the run is short enough for them.

Rules: everything else is the judge's. A threshold and the summary beside it always speak of the same number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.coordinator.judge import Judge
from swell.metrics.exact import ExactTrends, ExactView

if TYPE_CHECKING:
    from swell.metrics.store import MetricStore
    from swell.model.criteria import CriterionResult
    from swell.model.metrics_view import MetricsView
    from swell.model.plan import Plan

__all__ = ["K6Judge"]


class K6Judge(Judge):
    """A judge of a plan with `exact_samples`; make it before the run, it listens to the store.

    `exact` has the samples, for `summary_data` too.
    """

    def __init__(self, plan: Plan, store: MetricStore) -> None:
        super().__init__(plan)
        self.exact = ExactTrends(store)
        self._exact_view = ExactView(store, self.exact)

    def update(self, view: MetricsView, seconds: int) -> tuple[CriterionResult, ...] | None:  # noqa: ARG002 - ours instead
        """As every judge, on the samples where they are known."""
        return super().update(self._exact_view, seconds)

    def finish(
        self,
        view: MetricsView,  # noqa: ARG002 - ours instead
        load: float | None = None,
        *,
        afresh: bool = False,
    ) -> list[CriterionResult]:
        """As every judge, on the samples where they are known."""
        return super().finish(self._exact_view, load, afresh=afresh)
