"""Expressions over variables: those of `ifTrue` and `ensure`, and those people write into templates.

Rules: what Artillery's filtrex knows (`and or not in ~= ?:`, `abs ceil floor log max min random round sqrt`), and the
spellings of JavaScript beside it (`&& || ! === !==`). A name may have dots; the caller looks it up as a whole. A text
in single quotes is a name if there is a variable of that name, as in filtrex, else a text. Compiled once; pure.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from swell.dialects.artillery.flow.paths import step_into
from swell.dialects.artillery.flow.values import UNDEFINED, js_text, number_of, truthy

__all__ = ["Expression", "ExpressionError", "compile_expression"]

Lookup: TypeAlias = Callable[[str], Any]
Calls: TypeAlias = Callable[[str, list[Any]], Any]
Expression: TypeAlias = Callable[[Lookup, Calls], Any]
_Binary: TypeAlias = Callable[[Any, Any], Any]

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<string>"(?:[^"\\]|\\.)*")|(?P<quoted>'(?:[^'\\]|\\.)*')
    |(?P<name>[A-Za-z_$][\w$]*(?:\.[A-Za-z0-9_$]+)*)
    |(?P<operator>===|!==|==|!=|<=|>=|~=|\|\||&&|\*\*|[-+*/%^<>!?:()\[\],|.]))""",
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_WORDS: Final = {"true": True, "false": False, "null": None, "undefined": UNDEFINED}


class ExpressionError(ValueError):
    """A text that is no expression; the message says where it stops to be one."""


def _number(value: Any) -> float:
    if isinstance(value, bool):
        return float(value)
    found = number_of(value)
    return math.nan if found is None else found


def _tidy(value: float) -> Any:
    return int(value) if math.isfinite(value) and value.is_integer() and abs(value) < 2**53 else value


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        return js_text(left) + js_text(right)
    return _tidy(_number(left) + _number(right))


def _divide(left: Any, right: Any) -> Any:
    above, below = _number(left), _number(right)
    if below == 0:
        return math.nan if above == 0 or math.isnan(above) else math.copysign(math.inf, above)
    return _tidy(above / below)


def _modulo(left: Any, right: Any) -> Any:
    above, below = _number(left), _number(right)
    return math.nan if below == 0 or not math.isfinite(above) else _tidy(math.fmod(above, below))


def _equal(left: Any, right: Any) -> bool:
    if left is UNDEFINED or right is UNDEFINED or left is None or right is None:
        return (left is UNDEFINED or left is None) and (right is UNDEFINED or right is None)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, (bool, int, float, str)) and isinstance(right, (bool, int, float, str)):
        return _number(left) == _number(right)
    return bool(left == right)


def _compare(test: Callable[[Any, Any], bool]) -> _Binary:
    def compare(left: Any, right: Any) -> bool:
        if isinstance(left, str) and isinstance(right, str) and (number_of(left) is None or number_of(right) is None):
            return test(left, right)
        return test(_number(left), _number(right))

    return compare


def _contains(left: Any, right: Any) -> bool:
    if isinstance(right, str):
        return js_text(left) in right
    if isinstance(right, (list, tuple)):
        return any(_equal(left, item) for item in cast("Sequence[Any]", right))
    return isinstance(right, dict) and js_text(left) in right


def _power(left: Any, right: Any) -> Any:
    try:
        return _tidy(_number(left) ** _number(right))
    except (OverflowError, ZeroDivisionError, ValueError, TypeError):
        return math.inf


_BINARY: Final[Mapping[str, tuple[int, _Binary]]] = {
    "==": (4, _equal),
    "===": (4, _equal),
    "!=": (4, lambda a, b: not _equal(a, b)),
    "!==": (4, lambda a, b: not _equal(a, b)),
    "<": (4, _compare(lambda a, b: a < b)),
    "<=": (4, _compare(lambda a, b: a <= b)),
    ">": (4, _compare(lambda a, b: a > b)),
    ">=": (4, _compare(lambda a, b: a >= b)),
    "~=": (4, lambda a, b: re.search(js_text(b), js_text(a)) is not None),
    "in": (4, _contains),
    "not in": (4, lambda a, b: not _contains(a, b)),
    "+": (5, _add),
    "-": (5, lambda a, b: _tidy(_number(a) - _number(b))),
    "*": (6, lambda a, b: _tidy(_number(a) * _number(b))),
    "/": (6, _divide),
    "%": (6, _modulo),
    "mod": (6, _modulo),
    "^": (8, _power),
    "**": (8, _power),
}


def _each(function: Callable[[float], float]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        try:
            return _tidy(float(function(_number(arguments[0]))))
        except (ValueError, OverflowError, IndexError):
            return math.nan

    return call


_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "abs": _each(abs),
    "ceil": _each(math.ceil),
    "floor": _each(math.floor),
    "log": _each(math.log),
    "round": _each(lambda x: math.floor(x + 0.5)),
    "sqrt": _each(math.sqrt),
    "max": lambda *given: _tidy(max(map(_number, given), default=-math.inf)),
    "min": lambda *given: _tidy(min(map(_number, given), default=math.inf)),
    "random": lambda *given: random.random() * (_number(given[0]) if given else 1),
}


def compile_expression(text: str, *, filters: bool = False) -> Expression:
    """The expression of a text. With `filters`, `value | name(args)` calls `name(value, args)`.

    Names go to the `lookup` it is called with, functions that filtrex has not to `calls`. Raises ExpressionError.
    """
    parser = _Parser(text, filters)
    made = parser.ternary()
    if parser.kind:
        raise ExpressionError(f"{parser.text!r} is not expected in the expression {text!r}")
    return made


class _Parser:
    """Reads from left to right, one token ahead: `kind` ("" at the end) and `text`."""

    def __init__(self, source: str, filters: bool) -> None:
        self._source = source
        self._filters = filters
        self._position = 0
        self._depth = 0
        self.kind = self.text = ""
        self._next()

    def _next(self) -> None:
        if not self._source[self._position :].strip():
            self.kind = self.text = ""
            return
        found = _TOKEN.match(self._source, self._position)
        if found is None:
            raise ExpressionError(f"the expression {self._source!r} cannot be read at column {self._position + 1}")
        self._position = found.end()
        self.kind = found.lastgroup or ""
        self.text = found[self.kind]

    def _take(self, *texts: str) -> str:
        """The text of the token if it is one of these, and step over it."""
        if self.kind in {"operator", "name"} and self.text in texts:
            taken = self.text
            self._next()
            return taken
        return ""

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise ExpressionError(f"{text!r} is missing in the expression {self._source!r}")

    def ternary(self) -> Expression:
        self._depth += 1
        if self._depth > 50:
            raise ExpressionError("the expression is nested too deeply")
        condition = self._either()
        while self._filters and self._take("|"):
            condition = self._filter(condition)
        if self._take("?"):
            yes = self.ternary()
            self._expect(":")
            no = self.ternary()
            condition = _either_of(condition, yes, no)
        self._depth -= 1
        return condition

    def _filter(self, value: Expression) -> Expression:
        name = self.text
        if self.kind != "name":
            raise ExpressionError(f"the name of a function is missing after '|' in {self._source!r}")
        self._next()
        arguments = [value, *(self._list(")") if self._take("(") else [])]
        return _call_of(name, arguments)

    def _either(self) -> Expression:
        left = self._both()
        while self._take("or", "||"):
            left = _or(left, self._both())
        return left

    def _both(self) -> Expression:
        left = self._negated()
        while self._take("and", "&&"):
            left = _and(left, self._negated())
        return left

    def _negated(self) -> Expression:
        if self._take("not", "!"):
            inner = self._negated()
            return lambda look, call: not truthy(inner(look, call))
        return self._binary(4)

    def _binary(self, least: int) -> Expression:
        left = self._unary()
        while True:
            text = self.text if self.kind in {"operator", "name"} else ""
            if text == "not":
                text = "not in"
            known = _BINARY.get(text)
            if known is None or known[0] < least:
                return left
            self._next()
            if text == "not in":
                self._expect("in")
            level, operation = known
            left = _apply(operation, left, self._binary(level if level == 8 else level + 1))

    def _unary(self) -> Expression:
        if self._take("-"):
            inner = self._binary(7)
            return lambda look, call: _tidy(-_number(inner(look, call)))
        if self._take("+"):
            return self._unary()
        return self._suffixes(self._primary())

    def _suffixes(self, value: Expression) -> Expression:
        while text := self._take("[", "."):
            if text == "[":
                index = self.ternary()
                self._expect("]")
                value = _apply(lambda a, b: step_into(a, js_text(b)), value, index)
                continue
            if self.kind != "name":
                raise ExpressionError(f"a name is missing after '.' in {self._source!r}")
            value = _member(value, self.text)
            self._next()
        return value

    def _primary(self) -> Expression:
        kind, text = self.kind, self.text
        if not kind:
            raise ExpressionError(f"the expression {self._source!r} ends too early")
        self._next()
        if kind == "number":
            number = _tidy(float(text))
            return lambda _look, _call: number
        if kind in {"string", "quoted"}:
            plain = _ESCAPE.sub(r"\1", text[1:-1])
            if kind == "string":
                return lambda _look, _call: plain
            return lambda look, _call: plain if (found := look(plain)) is UNDEFINED else found
        if kind == "name":
            if self._take("("):
                return _call_of(text, self._list(")"))
            if text in _WORDS:
                word = _WORDS[text]
                return lambda _look, _call: word
            return lambda look, _call: look(text)
        if text == "(":
            items = self._list(")")
            return items[0] if len(items) == 1 else _list_of(items)
        if text == "[":
            return _list_of(self._list("]"))
        raise ExpressionError(f"{text!r} is not expected in the expression {self._source!r}")

    def _list(self, end: str) -> list[Expression]:
        items: list[Expression] = []
        while not self._take(end):
            items.append(self.ternary())
            if not self._take(","):
                self._expect(end)
                break
        return items


def _either_of(test: Expression, yes: Expression, no: Expression) -> Expression:
    return lambda look, call: (yes if truthy(test(look, call)) else no)(look, call)


def _or(left: Expression, right: Expression) -> Expression:
    return lambda look, call: value if truthy(value := left(look, call)) else right(look, call)


def _and(left: Expression, right: Expression) -> Expression:
    return lambda look, call: right(look, call) if truthy(value := left(look, call)) else value


def _apply(operation: _Binary, left: Expression, right: Expression) -> Expression:
    return lambda look, call: operation(left(look, call), right(look, call))


def _member(value: Expression, path: str) -> Expression:
    parts = path.split(".")

    def member(look: Lookup, call: Calls) -> Any:
        found = value(look, call)
        for part in parts:
            found = step_into(found, part)
        return found

    return member


def _list_of(items: list[Expression]) -> Expression:
    return lambda look, call: [item(look, call) for item in items]


def _call_of(name: str, arguments: list[Expression]) -> Expression:
    known = _FUNCTIONS.get(name)
    if known is not None:
        return lambda look, call: known(*(argument(look, call) for argument in arguments))
    return lambda look, call: call(name, [argument(look, call) for argument in arguments])
