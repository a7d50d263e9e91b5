r"""The grammar of thresholds: a recursive descent parser from text to `Criterion`.

    threshold  = selector ":" expression
    selector   = metric [ "{" tag ":" value { "," tag ":" value } "}" ]
    expression = aggregation condition { [","] clause }
    aggregation= "avg" | "min" | "max" | "med" | "p" "(" number ")" | "count" | "rate" | "value"
    condition  = ( "<" | "<=" | ">" | ">=" | "==" | "===" | "!=" ) quantity
    quantity   = number [ "%" | unit { number unit } ] [ "/" [ number ] time-unit ]
    clause     = "acceptable" condition | "fail" condition
               | "over" "any" duration | "over" "last" duration | "per" "stage"
               | "abort" [ "after" duration ]

Rules: each clause at most once, in any order. A plain number is in the metric's own unit, as in k6; units
convert to it. Every error says what was expected, and where. What only the metric's kind can tell is checked
elsewhere (`model.threshold_checks`).
"""

from __future__ import annotations

import math
from fractions import Fraction

from swell.model.criteria import (
    AGGREGATION_NAMES,
    Aggregation,
    Condition,
    Criterion,
    Operator,
    Unit,
    Window,
    contradiction,
)
from swell.model.threshold_tokens import (
    DURATIONS,
    ThresholdError,
    Token,
    nearest,
    scan_selector,
    tokenize,
    unit_of,
)

__all__ = ["parse_expression", "parse_selector", "parse_threshold"]

_CLAUSES = ("acceptable", "fail", "over", "per", "abort")
# What people from other tools write, and how it is called here.
_OTHER_NAMES = {
    "average": "avg",
    "mean": "avg",
    "median": "med",
    "maximum": "max",
    "minimum": "min",
    "percentile": "p(95)",
    "rps": "rate",
    "ratio": "rate",
    "total": "count",
    "sum": "count",
}
_OPERATORS: dict[str, Operator] = {
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "==": "==",
    "===": "==",
    "!=": "!=",
}
_OTHER_OPERATORS = {"=": "==", "=<": "<=", "=>": ">=", "<>": "!=", "!==": "!=", "≤": "<=", "≥": ">="}
_JOINTS = ("&", "&&", "|", "||")
_NO_JOINTS = "thresholds cannot be joined: write one threshold for each condition"
_UNIT_NAMES: dict[Unit, str] = {
    "time": "a time",
    "share": "a percentage",
    "size": "a size",
    "per_second": "a rate",
    "size_per_second": "a size per time",
    "plain": "a number",
}


def parse_threshold(text: str) -> Criterion:
    """Read `SELECTOR: EXPRESSION`. Raises ThresholdError with the column in `text`."""
    metric, tags, position = scan_selector(text)
    rest = text[position:].lstrip()
    column = len(text) - len(rest) + 1
    if not rest.startswith(":"):
        found = f'not "{rest[0]}"' if rest else "but the text ends"
        raise ThresholdError(
            f'after the selector comes ":" and what must hold ({metric}: p(95) < 500), {found}', text, column
        )
    return _Parser(text, column).criterion(metric, tags, text.strip())


def parse_selector(text: str) -> tuple[str, dict[str, str]]:
    """Read `metric{tag:value}` alone: the metric and its tags. Raises ThresholdError."""
    metric, tags, position = scan_selector(text)
    if text[position:].strip():
        rest = text[position:].lstrip()
        raise ThresholdError(
            f'"{rest[0]}" cannot follow a selector; quote tag values that hold commas or braces',
            text,
            len(text) - len(rest) + 1,
        )
    return metric, tags


def parse_expression(
    metric_selector: str, expression: str, *, abort: bool = False, abort_after: float = 0.0
) -> Criterion:
    """Read a selector and an expression that stand apart, as in a dictionary of thresholds.

    `abort` and `abort_after` (seconds) stand for k6's abortOnFail and delayAbortEval; the `abort` clause in
    the expression does the same. Raises ThresholdError with the column in whichever text is wrong.
    """
    metric, tags = parse_selector(metric_selector)
    criterion = _Parser(expression, 0).criterion(metric, tags, "")
    source = f"{metric_selector.strip()}: {expression.strip()}"
    if abort and not criterion.abort:
        source += " abort"
        if abort_after:
            source += f" after {abort_after!r}s"
    # Through the parser again, so that the source says exactly what the criterion does.
    return parse_threshold(source)


class _Parser:
    """One pass over the tokens of one expression."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._tokens = tokenize(text, start)
        self._next = 0
        # The one unit of all limits; plain numbers go with any.
        self._unit: Unit = "plain"

    def criterion(self, metric: str, tags: dict[str, str], source: str) -> Criterion:
        aggregation, percentile = self._aggregation()
        token = self._peek()
        target = self._condition(aggregation)
        acceptable: Condition | None = None
        fail: Condition | None = None
        window: Window | None = None
        abort: float | None = None
        seen: set[str] = set()
        while self._peek().kind != "end":
            self._accept(",")
            token = self._peek()
            clause = self._clause()
            # "over" and "per" both choose the window.
            slot = "window" if clause in {"over", "per"} else clause
            if slot in seen:
                raise self._error(f"there can be only one {slot} clause", token)
            seen.add(slot)
            if clause == "acceptable":
                acceptable = self._condition(aggregation)
            elif clause == "fail":
                fail = self._condition(aggregation)
            elif clause == "over":
                window = self._over()
            elif clause == "per":
                self._expect_word(("stage",), 'after "per" comes "stage"')
                window = Window("stage")
            else:
                abort = self._duration() if self._accept("after") else 0.0
            if clause in {"acceptable", "fail"}:
                conflict = contradiction(target, acceptable, fail)
                if conflict:
                    raise self._error(conflict, token)
        return Criterion(
            metric=metric,
            aggregation=aggregation,
            target=target,
            tags=tags,
            percentile=percentile,
            acceptable=acceptable,
            fail=fail,
            window=window or Window(),
            unit=self._unit,
            abort=abort is not None,
            abort_after=abort or 0.0,
            source=source,
        )

    def _aggregation(self) -> tuple[Aggregation, float | None]:
        token = self._take()
        if token.kind == "op":
            raise self._error("say first which value is meant, for example p(95), avg, rate or count", token)
        if token.kind != "word":
            raise self._error("here comes what must hold, for example p(95) < 500 or rate < 1%", token)
        word = token.text
        if word == "p":
            return "p", self._percentile()
        if word in AGGREGATION_NAMES:
            return AGGREGATION_NAMES[word], None
        if word[0] in "pP" and word[1:].isdigit():
            raise self._error(f'unknown aggregation "{word}": write p({word[1:]})', token)
        hint = _OTHER_NAMES.get(word.lower()) or nearest(word, AGGREGATION_NAMES)
        meant = f", did you mean {hint}?" if hint else ""
        raise self._error(
            f'unknown aggregation "{word}"{meant} (there are avg, min, max, med, p(N), count, rate, value)',
            token,
        )

    def _percentile(self) -> float:
        if not self._accept("("):
            raise self._error("p needs its percentile in parentheses: p(95)", self._peek())
        token = self._take()
        if token.kind != "number":
            raise self._error("a percentile is a number from 0 to 100: p(95)", token)
        percentile = float(token.text)
        if not 0 <= percentile <= 100:
            raise self._error(f"a percentile is a number from 0 to 100, not {token.text}", token)
        if not self._accept(")"):
            raise self._error('")" is missing after the percentile', self._peek())
        return percentile + 0.0

    def _condition(self, aggregation: Aggregation) -> Condition:
        token = self._take()
        if token.kind != "op":
            found = f', not "{token.text}"' if token.text else ""
            raise self._error(f"here comes a comparison: < <= > >= == or !={found}", token)
        op = _OPERATORS.get(token.text)
        if op is None:
            if token.text in _JOINTS:
                raise self._error(_NO_JOINTS, token)
            meant = _OTHER_OPERATORS.get(token.text)
            hint = f": write {meant}" if meant else "; there are < <= > >= == !="
            raise self._error(f'unknown comparison "{token.text}"{hint}', token)
        return Condition(op, self._quantity(aggregation))

    def _quantity(self, aggregation: Aggregation) -> float:
        first = self._number("here comes a number, for example 500, 500ms or 1%")
        amount = Fraction(first.text)
        unit: Unit = "plain"
        if self._accept("%"):
            amount, unit = amount / 100, "share"
        elif self._peek().kind == "word" and self._peek().text not in _CLAUSES:
            amount, unit = self._measured(amount)
        if self._accept("/"):
            if unit not in {"plain", "size"}:
                raise self._error(f"{_UNIT_NAMES[unit]} cannot be per time", first)
            amount /= self._per()
            unit = "size_per_second" if unit == "size" else "per_second"
        self._check_unit(aggregation, unit, amount, first)
        if self._unit not in {"plain", unit} and unit != "plain":
            raise self._error(
                f"{_UNIT_NAMES[unit]} does not fit here: the limit before it is {_UNIT_NAMES[self._unit]}",
                first,
            )
        if self._unit == "plain":
            self._unit = unit
        try:
            limit = float(amount)
        except OverflowError:
            limit = math.inf
        if math.isinf(limit):
            raise self._error("this number is too large", first)
        return limit

    def _measured(self, amount: Fraction) -> tuple[Fraction, Unit]:
        """The rest of `500ms`, `2 MB` or `1m30s`, in milliseconds or bytes."""
        unit, factor = self._unit_word()
        total = amount * factor
        while unit == "time" and self._peek().kind == "number":
            more = Fraction(self._take().text)
            token = self._peek()
            other, factor = self._unit_word()
            if other != "time":
                raise self._error("a time goes on with a time unit, as in 1m30s", token)
            total += more * factor
        return total, unit

    def _unit_word(self) -> tuple[Unit, Fraction]:
        token = self._take()
        found = unit_of(token.text) if token.kind == "word" else None
        if found is not None:
            return found
        if token.kind == "end":
            raise self._error("a unit is missing here, as in 1m30s", token)
        if token.text.lower() in {"rps", "tps", "qps"}:
            raise self._error(f'unknown unit "{token.text}": write /s, as in rate > 100/s', token)
        hint = nearest(token.text, _CLAUSES) if token.kind == "word" else ""
        meant = f'; did you mean "{hint}"?' if hint else ""
        known = "us ms s m h, %, B kB MB GB, /s /m"
        raise self._error(f'unknown unit "{token.text}"{meant} (there are {known})', token)

    def _per(self) -> Fraction:
        """What stands after "/": `s`, `min`, `10s`, in seconds."""
        many = Fraction(1)
        if self._peek().kind == "number":
            many = Fraction(self._take().text)
        token = self._take()
        if token.kind != "word" or token.text not in DURATIONS:
            raise self._error('after "/" comes a time unit: 100/s, 21/min', token)
        if many <= 0:
            raise self._error("a rate is per a time longer than 0", token)
        return many * DURATIONS[token.text]

    def _check_unit(self, aggregation: Aggregation, unit: Unit, amount: Fraction, token: Token) -> None:
        wrong: set[Unit] = {"per_second", "size_per_second"}
        expected = f"{aggregation} is a value of the metric, not a rate"
        if aggregation == "rate":
            wrong = {"time", "size"}
            expected = "rate is a share (rate < 1%) or per time (rate > 100/s)"
        elif aggregation == "count":
            wrong |= {"time", "share"}
            expected = "count is a total, a plain number or a size"
        if unit in wrong:
            raise self._error(f"{_UNIT_NAMES[unit]} does not fit: {expected}", token)
        if aggregation == "rate" and unit == "share" and not 0 <= amount <= 1:
            raise self._error("a share lies between 0 and 100 %", token)

    def _clause(self) -> str:
        token = self._take()
        if token.text in _CLAUSES:
            return token.text
        if token.kind == "number":
            raise self._error("write numbers without commas or blanks: 1000", token)
        if token.kind == "op" and token.text in _JOINTS:
            raise self._error(_NO_JOINTS, token)
        if token.kind == "op":
            raise self._error("one threshold has one comparison: write a second threshold", token)
        hint = nearest(token.text, _CLAUSES) if token.kind == "word" else ""
        if hint:
            raise self._error(f'"{token.text}" is unknown here: did you mean "{hint}"?', token)
        found = f'"{token.text}" is not' if token.text else "the text ends; after the comma comes"
        raise self._error(f'{found} one of "acceptable", "fail", "over any", "over last", "per stage", "abort"', token)

    def _over(self) -> Window:
        word = self._expect_word(("any", "last"), '"over" goes on as "over any 30s" or "over last 1m"')
        token = self._peek()
        seconds = self._duration()
        if seconds < 1 or not seconds.is_integer():
            raise self._error("a window is a number of whole seconds, at least 1s", token)
        return Window("any" if word == "any" else "last", int(seconds))

    def _duration(self) -> float:
        """Seconds. A plain number is taken as seconds."""
        token = self._number("here comes a time, for example 30s")
        amount = Fraction(token.text) * 1000
        if self._peek().kind == "word" and self._peek().text not in _CLAUSES:
            amount, unit = self._measured(Fraction(token.text))
            if unit != "time":
                raise self._error("here comes a time, for example 30s", token)
        if amount < 0:
            raise self._error("a time cannot be negative", token)
        return float(amount / 1000)

    def _number(self, expected: str) -> Token:
        token = self._take()
        if token.kind != "number":
            raise self._error(f'{expected}, not "{token.text}"' if token.text else expected, token)
        if len(token.text) > 40 or abs(_exponent(token.text)) > 300:
            raise self._error("this number is too long", token)
        return token

    def _expect_word(self, words: tuple[str, ...], expected: str) -> str:
        token = self._take()
        if token.text not in words:
            raise self._error(expected, token)
        return token.text

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        if token.kind != "end":
            self._next += 1
        return token

    def _accept(self, text: str) -> bool:
        if self._peek().text != text:
            return False
        self._next += 1
        return True

    def _error(self, message: str, token: Token) -> ThresholdError:
        return ThresholdError(message, self._text, token.column)


def _exponent(text: str) -> int:
    _, mark, power = text.lower().partition("e")
    return int(power) if mark else 0
