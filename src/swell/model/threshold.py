"""Thresholds, the front door: reading them, in whatever form a test file declares them, and judging them.

Rules: texts are `SELECTOR: EXPRESSION` in the grammar of `model.threshold_grammar`; every text that comes out here
(`Criterion.source`) goes in again. Other modules import thresholds from here only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from swell.model.criteria import Condition, Criterion, CriterionResult, Grade, StageResult, Window, grade_of
from swell.model.evaluation import ThresholdWatch, WindowWatch, evaluate, should_abort
from swell.model.metrics_view import Aggregate, MetricKind, MetricsView
from swell.model.threshold_checks import (
    Finding,
    MetricFacts,
    hopeless_windows,
    misused_metrics,
    unknown_metrics,
)
from swell.model.threshold_grammar import parse_expression, parse_selector, parse_threshold
from swell.model.threshold_text import criterion_text, expression_text, result_text, selector_text, value_text
from swell.model.threshold_tokens import ThresholdError
from swell.model.units import parse_duration

__all__ = [
    "Aggregate",
    "Condition",
    "Criterion",
    "CriterionResult",
    "Finding",
    "Grade",
    "MetricFacts",
    "MetricKind",
    "MetricsView",
    "StageResult",
    "ThresholdError",
    "ThresholdWatch",
    "Window",
    "WindowWatch",
    "criterion_text",
    "evaluate",
    "expression_text",
    "grade_of",
    "hopeless_windows",
    "misused_metrics",
    "parse_declared",
    "parse_expression",
    "parse_selector",
    "parse_threshold",
    "result_text",
    "selector_text",
    "should_abort",
    "unknown_metrics",
    "value_text",
]


def parse_declared(declared: object) -> list[Criterion]:
    """Thresholds as a test file declares them.

    Either texts (`SELECTOR: EXPRESSION`, one or a list), or k6's form: a dictionary from selector to one or a list
    of expressions, each a text or `{"threshold": text, "abortOnFail": bool, "delayAbortEval": duration}`. Raises
    ThresholdError for a text that cannot be read, TypeError for another shape.
    """
    if isinstance(declared, Mapping):
        criteria: list[Criterion] = []
        for selector, expressions in cast("Mapping[object, object]", declared).items():
            if not isinstance(selector, str):
                raise TypeError(f"thresholds are declared under the name of a metric, not under {selector!r}")
            criteria.extend(_expression(selector, one) for one in _items(expressions))
        return criteria
    return [_text(one) for one in _items(declared)]


def _items(declared: object) -> Sequence[object]:
    if isinstance(declared, str | Mapping):
        return (cast("object", declared),)
    if isinstance(declared, Sequence):
        return cast("Sequence[object]", declared)
    raise TypeError(f"thresholds are texts, or a dictionary from metric to texts, not {declared!r}")


def _text(declared: object) -> Criterion:
    if not isinstance(declared, str):
        raise TypeError(f'a threshold is a text such as "http_req_duration: p(95) < 500ms", not {declared!r}')
    return parse_threshold(declared)


def _expression(selector: str, declared: object) -> Criterion:
    if isinstance(declared, str):
        return parse_expression(selector, declared)
    if not isinstance(declared, Mapping):
        raise TypeError(f'the thresholds of {selector} are texts such as "p(95) < 500ms", not {declared!r}')
    fields = cast("Mapping[object, object]", declared)
    odd = [repr(name) for name in fields if name not in {"threshold", "abortOnFail", "delayAbortEval"}]
    text = fields.get("threshold")
    if odd or not isinstance(text, str):
        wrong = f"{', '.join(odd)} is unknown" if odd else '"threshold" is missing'
        raise TypeError(f"a threshold of {selector} has threshold (a text), abortOnFail and delayAbortEval; {wrong}")
    delay = fields.get("delayAbortEval") or 0
    if isinstance(delay, bool) or not isinstance(delay, str | int | float):
        raise TypeError(f'delayAbortEval of {selector} is a duration such as "10s", not {delay!r}')
    return parse_expression(selector, text, abort=bool(fields.get("abortOnFail")), abort_after=parse_duration(delay))
