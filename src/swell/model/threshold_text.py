"""Criteria and their results as text for people; criteria as text that the parser reads back.

Rules: `criterion_text` is canonical and loses nothing: parsing it gives the same criterion. Values are shown in the
unit in which the person wrote the limit, with as many digits as it takes to see on which side of it they lie.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from swell.model.units import plural

if TYPE_CHECKING:
    from swell.model.criteria import Condition, Criterion, CriterionResult, Grade, Unit

__all__ = ["criterion_text", "expression_text", "result_text", "selector_text", "value_text"]


def selector_text(metric: str, tags: dict[str, str]) -> str:
    """`metric{tag:value,...}`, values quoted where they need it."""
    if not tags:
        return metric
    return metric + "{" + ",".join(f"{name}:{_tag_text(value)}" for name, value in tags.items()) + "}"


def expression_text(criterion: Criterion) -> str:
    """What must hold, without the selector: `p(95) < 500ms, acceptable < 1s over any 30s abort`."""
    parts = [f"{_aggregation_text(criterion)} {_condition_text(criterion.target, criterion.unit)}"]
    if criterion.acceptable is not None:
        parts.append(f", acceptable {_condition_text(criterion.acceptable, criterion.unit)}")
    if criterion.fail is not None:
        parts.append(f", fail {_condition_text(criterion.fail, criterion.unit)}")
    window = criterion.window
    if window.kind == "stage":
        parts.append(" per stage")
    elif window.kind != "run":
        parts.append(f" over {window.kind} {window.seconds}s")
    if criterion.abort:
        parts.append(" abort")
        if criterion.abort_after:
            parts.append(f" after {_plain(criterion.abort_after)}s")
    return "".join(parts)


def criterion_text(criterion: Criterion) -> str:
    """Selector and expression in one form, whatever way they were written."""
    return f"{selector_text(criterion.metric, criterion.tags)}: {expression_text(criterion)}"


def value_text(criterion: Criterion, value: float) -> str:
    """A measured value in the unit of the criterion's limits, distinguishable from its target."""
    scale, symbol = _shown_unit(criterion.unit, criterion.target.limit)
    return _digits(value * scale, criterion.target.limit * scale) + symbol


def result_text(result: CriterionResult) -> str:
    """One line: what was asked, what was measured, where, and how far from the limit."""
    criterion = result.criterion
    asked = criterion.source or criterion_text(criterion)
    if result.value is None:
        return f"{asked}: no data ({result.note})" if result.note else f"{asked}: no data"
    text = f"{asked}: {value_text(criterion, result.value)}"
    if result.stage:
        text += f" in {result.stage}"
    elif criterion.window.kind == "any" and result.start is not None:
        text += f" in the worst {criterion.window.seconds} s, from {_clock(result.start)}"
        if result.failed_windows:
            text += f" ({result.failed_windows} of {plural(result.windows, 'window')} failed)"
    details = [_margin_text(result.margin, result.grade)] if result.margin is not None else []
    if result.unsupported:
        details.append(too_few_text(result))
    if result.note:
        details.append(result.note)
    return f"{text}; {'; '.join(details)}" if details else text


def too_few_text(result: CriterionResult) -> str:
    """That the samples of a result do not support its percentile."""
    return f"{plural(result.count, 'sample')} {'is' if result.count == 1 else 'are'} too few for this percentile"


def _tag_text(value: str) -> str:
    plain = value and value == value.strip() and not any(letter in ",\"'\\" for letter in value)
    if plain and _is_balanced(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter == "{") - (letter == "}")
        if depth < 0:
            return False
    return depth == 0


def _aggregation_text(criterion: Criterion) -> str:
    if criterion.percentile is None:
        return criterion.aggregation
    return f"p({_plain(criterion.percentile)})"


def _condition_text(condition: Condition, unit: Unit) -> str:
    limit = condition.limit
    match unit:
        case "time":
            amount = f"{_plain(limit / 1000)}s" if abs(limit) >= 1000 and limit % 1000 == 0 else f"{_plain(limit)}ms"
        case "share":
            # In decimals, because 0.07 * 100 is not 7 in floating point.
            amount = f"{(Decimal(repr(limit)) * 100).normalize():f}%"
        case "size":
            amount = f"{_plain(limit)}B"
        case "per_second":
            amount = f"{_plain(limit)}/s"
        case "size_per_second":
            amount = f"{_plain(limit)}B/s"
        case "plain":
            amount = _plain(limit)
    return f"{condition.op} {amount}"


def _shown_unit(unit: Unit, limit: float) -> tuple[float, str]:
    """Factor and symbol for values beside a limit of this size."""
    size = abs(limit)
    match unit:
        case "time":
            return (1.0, " ms") if size < 1000 else (1e-3, " s")
        case "share":
            return 100.0, " %"
        case "per_second":
            return 1.0, "/s"
        case "size" | "size_per_second":
            per = "/s" if unit == "size_per_second" else ""
            for factor, symbol in ((1e-9, "GB"), (1e-6, "MB"), (1e-3, "kB")):
                if size * factor >= 1:
                    return factor, f" {symbol}{per}"
            return 1.0, f" B{per}"
        case "plain":
            return 1.0, ""


def _digits(value: float, limit: float) -> str:
    text = ""
    for digits in range(4, 18):
        text = f"{value:.{digits}g}"
        if float(text) != limit or value == limit:
            break
    return _plain(float(text))


def _plain(number: float) -> str:
    """The shortest text of exactly this number."""
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return repr(number)


def _margin_text(margin: float, grade: Grade) -> str:
    if margin == 0:
        return "exactly on the limit" if grade == "met" else "exactly on the limit, which is not within it"
    percent = abs(margin) * 100
    amount = f"{percent:,.0f}" if percent >= 10 else f"{percent:.2g}"
    return f"{amount} % beyond the target" if margin < 0 else f"{amount} % to spare"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
