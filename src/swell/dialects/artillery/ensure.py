"""`ensure`: what must hold of a run's metrics, judged on the aggregate; and the Apdex score.

Rules: pure. Both forms of Artillery are read: thresholds and conditions, and the older min, max, median, p95, p99 and
maxErrorRate. A metric that does not exist fails its check, but a code or an error that never came counts as 0 (in
Artillery it fails, which nobody means). `thresholds_of` gives what can be said in our own grammar.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from swell.dialects.artillery.flow.expressions import ExpressionError, compile_expression
from swell.dialects.artillery.flow.values import UNDEFINED
from swell.dialects.artillery.metrics import HISTOGRAM, selector
from swell.dialects.artillery.shapes import list_of, mapping_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.artillery.buckets import Bucket

__all__ = [
    "Apdex",
    "Check",
    "CheckResult",
    "apdex_of",
    "checks_of",
    "judge",
    "thresholds_of",
    "variables_of",
]

_LEGACY = ("min", "max", "median", "p95", "p99")
_AGGREGATIONS = {
    "min": "min",
    "max": "max",
    "mean": "avg",
    "median": "med",
    "p50": "med",
    "p75": "p(75)",
    "p90": "p(90)",
    "p95": "p(95)",
    "p99": "p(99)",
    "p999": "p(99.9)",
}
_SIMPLE = re.compile(r"\s*(?P<metric>[^<>=!]+?)\.(?P<of>\w+)\s*(?P<operator><=|>=|<|>)\s*(?P<limit>\d+(?:\.\d+)?)\s*")
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_ZERO_IF_ABSENT = ("http.codes.", "errors.", "vusers.failed", "vusers.skipped", "plugins.expect.failed")
_RANKS = ((0.94, "excellent"), (0.85, "good"), (0.7, "fair"), (0.49, "poor"))


class Check(NamedTuple):
    """One thing that must hold. `text` is how it is shown; a check that is not strict is only reported."""

    text: str
    expression: str
    strict: bool = True


class CheckResult(NamedTuple):
    """How a check went. `trouble`: why it could not be judged, "" if it could."""

    check: Check
    ok: bool
    trouble: str = ""


class Apdex(NamedTuple):
    """The Apdex score, from 0 to 1, and what it is called."""

    score: float
    ranking: str


def checks_of(config: Mapping[str, Any]) -> list[Check]:
    """The checks of a config, from `plugins.ensure` or the older place `ensure`, as Artillery shows them."""
    declared = config.get("ensure") or mapping_of(config.get("plugins")).get("ensure")
    spec = mapping_of(declared)
    found: list[Check] = []
    thresholds = spec.get("thresholds")
    if mapping_of(thresholds):
        thresholds = [{name: limit} for name, limit in mapping_of(thresholds).items()]
    for each in list_of(thresholds):
        for name, limit in mapping_of(each).items():
            found.append(Check(f"{name} < {limit}", f"{name} < {limit}"))
    conditions = spec.get("conditions")
    for each in list_of(conditions):
        condition = mapping_of({"expression": each} if isinstance(each, str) else each)
        text = condition.get("expression")
        if text is not None:
            found.append(Check(str(text), str(text), condition.get("strict") is not False))
    for name in _LEGACY:
        if name in spec:
            limit = _leading_number(spec[name])
            found.append(Check(f"{name} < {limit}", f"http.response_time.{name} < {limit}"))
    if spec.get("maxErrorRate") is not None:
        limit = spec["maxErrorRate"]
        rate = "(vusers.created - vusers.completed) / vusers.created * 100"
        found.append(Check(f"maxErrorRate < {limit}", f"{rate} <= {limit}"))
    return found


def thresholds_of(checks: list[Check]) -> tuple[list[str], list[Check]]:
    """(thresholds in our grammar, the checks that cannot be said there)."""
    lines: list[str] = []
    left: list[Check] = []
    for check in checks:
        found = _SIMPLE.fullmatch(check.expression)
        aggregation = _AGGREGATIONS.get(found["of"]) if found is not None else None
        if found is None or aggregation is None or not check.strict:
            left.append(check)
            continue
        lines.append(f"{selector(HISTOGRAM, found['metric'])}: {aggregation} {found['operator']} {found['limit']}")
    return lines, left


def variables_of(bucket: Bucket, apdex: Apdex | None = None) -> dict[str, float]:
    """Everything that a check may name."""
    found: dict[str, float] = {**bucket.counters, **bucket.rates}
    for name, summary in bucket.summaries.items():
        found |= {f"{name}.{aggregation}": value for aggregation, value in summary.items()}
    if apdex is not None:
        found["apdex"] = apdex.score
    return found


def judge(checks: list[Check], variables: Mapping[str, float]) -> list[CheckResult]:
    """Each check's result, in their order."""
    return [_judge(check, variables) for check in checks]


def _judge(check: Check, variables: Mapping[str, float]) -> CheckResult:
    missing: list[str] = []

    def look(name: str) -> Any:
        if name in variables:
            return variables[name]
        if name.startswith(_ZERO_IF_ABSENT):
            return 0
        missing.append(name)
        return UNDEFINED

    def call(name: str, arguments: list[Any]) -> Any:
        del arguments
        raise ExpressionError(f"there is no function {name}")

    try:
        value = compile_expression(_with_names_quoted(check.expression, variables))(look, call)
    except ExpressionError as error:
        return CheckResult(check, ok=False, trouble=str(error))
    if missing:
        return CheckResult(check, ok=False, trouble=f"nothing was measured as {', '.join(dict.fromkeys(missing))}")
    good = bool(value) and not (isinstance(value, float) and math.isnan(value))
    return CheckResult(check, ok=good)


def _with_names_quoted(text: str, names: Mapping[str, float]) -> str:
    """The expression with the names of metrics in quotes: they may hold dashes, slashes and blanks."""
    plain = [name for name in names if re.fullmatch(r"[A-Za-z_][\w.]*", name) is None]
    if not plain:
        return text
    longest = "|".join(re.escape(name) for name in sorted(plain, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w.-])(?:{longest})(?![\w-])")
    parts = _QUOTED.split(text)
    return "".join(part if _QUOTED.fullmatch(part) else pattern.sub(_quote, part) for part in parts)


def _quote(match: re.Match[str]) -> str:
    return "'" + match[0].replace("\\", "\\\\").replace("'", "\\'") + "'"


def apdex_of(bucket: Bucket) -> Apdex | None:
    """The score of a run; None without samples."""
    satisfied, tolerated, frustrated = (
        bucket.counters.get(f"apdex.{name}", 0) for name in ("satisfied", "tolerated", "frustrated")
    )
    total = satisfied + tolerated + frustrated
    if not total:
        return None
    score = (satisfied + tolerated / 2) / total
    return Apdex(score, next((name for least, name in _RANKS if score >= least), "unacceptable"))


def _leading_number(value: Any) -> int | float:
    """A limit of the older form: `200`, or the number that a text such as "200ms" begins with."""
    found = re.match(r"\s*(\d+)", str(value))
    return int(found[1]) if found is not None else math.nan
