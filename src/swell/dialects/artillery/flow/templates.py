"""Templates: `{{ name }}`, `{{ $function(1, 2) }}` in any value of a script, compiled once.

Rules: a text that is one template keeps the value's type, within a longer text objects become JSON and what is not
defined becomes "undefined", as in Artillery. Values that hold templates themselves are rendered again. What Artillery
leaves as it stands or makes undefined is tried as an expression (`a || "b"`, `x | default("y")`, `$pick(list)`,
`Math.random()`): people write these; `extended=False` is Artillery's own reading. Literals cost nothing (`Template`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from random import Random
from typing import Any, Final, Protocol, TypeAlias, cast

from swell.dialects.artillery.flow.expressions import Expression, ExpressionError, compile_expression
from swell.dialects.artillery.flow.functions import OWN, find_function
from swell.dialects.artillery.flow.paths import get_path, parse_path
from swell.dialects.artillery.flow.values import UNDEFINED, js_text, truthy

__all__ = ["Render", "Scope", "Template", "compile_template", "holds", "is_template", "render", "render_text"]


class Scope(Protocol):
    """What a template is rendered with."""

    @property
    def variables(self) -> dict[str, Any]:
        """The VU's variables."""
        ...

    @property
    def random(self) -> Random:
        """The VU's source of chance."""
        ...

    def call(self, name: str, arguments: list[Any]) -> Any:
        """A function that templates do not know themselves: one of the processor; UNDEFINED if there is none."""
        ...


Render: TypeAlias = "Callable[[Scope], Any]"

_MARKS: Final = re.compile(r"\{\{\{?\s*(.*?)\s*\}\}\}?", re.DOTALL)
_PATH: Final = re.compile(r"""[\w$.\[\]'" -]+""")
_CALL: Final = re.compile(r"(\$[\w$]+)\(\s*([\w\s,.+-]*?)\s*\)")
_DEEPEST: Final = 10


class Template:
    """A compiled value: `render` is None for a literal, which is then `value`."""

    __slots__ = ("render", "value")

    def __init__(self, value: Any, render: Render | None) -> None:
        self.value = value
        self.render = render

    def __call__(self, scope: Scope) -> Any:
        """The value for this VU."""
        return self.value if self.render is None else self.render(scope)


def is_template(text: str) -> bool:
    """Whether there is anything to render in a text."""
    return "{{" in text and _MARKS.search(text) is not None


def compile_template(value: Any, *, extended: bool = True) -> Template:
    """The template of any value: texts, and lists and objects (their keys too) that hold such."""
    if isinstance(value, str):
        return _compile_text(value, extended)
    if isinstance(value, Mapping):
        pairs = [
            (compile_template(str(key), extended=extended), compile_template(item, extended=extended))
            for key, item in cast("Mapping[Any, Any]", value).items()
        ]
        if all(key.render is None and item.render is None for key, item in pairs):
            return Template(value, None)
        return Template(value, lambda scope: {js_text(key(scope)): item(scope) for key, item in pairs})
    if isinstance(value, list):
        items = [compile_template(item, extended=extended) for item in cast("list[Any]", value)]
        if all(item.render is None for item in items):
            return Template(cast("Any", value), None)
        return Template(cast("Any", value), lambda scope: [item(scope) for item in items])
    return Template(value, None)


def render(value: Any, scope: Scope) -> Any:
    """Render a value that is only known now."""
    return compile_template(value)(scope)


def render_text(template: Template, scope: Scope) -> str:
    """The rendered value as text."""
    value = template.value if template.render is None else template.render(scope)
    return value if isinstance(value, str) else js_text(value)


@lru_cache(maxsize=4096)
def _compile_text(text: str, extended: bool) -> Template:
    if "{{" not in text:
        return Template(text, None)
    pieces: list[str | Render] = []
    end = 0
    for found in _MARKS.finditer(text):
        made = _compile_one(found[1], extended)
        if made is None:  # not a template for Artillery either: it stays
            continue
        if found.start() > end:
            pieces.append(text[end : found.start()])
        pieces.append(made)
        end = found.end()
    if not any(callable(piece) for piece in pieces):
        return Template(text, None)
    if end < len(text):
        pieces.append(text[end:])
    if len(pieces) == 1:
        return Template(text, _again(cast("Render", pieces[0]), extended))
    return Template(text, _again(_joined(pieces), extended))


def _joined(pieces: list[str | Render]) -> Render:
    parts: list[Render] = [_constant(piece) if isinstance(piece, str) else _as_text(piece) for piece in pieces]
    if len(parts) == 2:
        first, second = parts
        return lambda scope: first(scope) + second(scope)
    return lambda scope: "".join([part(scope) for part in parts])


def _constant(text: str) -> Render:
    return lambda _: text


def _as_text(piece: Render) -> Render:
    def text(scope: Scope) -> str:
        value = piece(scope)
        return value if isinstance(value, str) else js_text(value)

    return text


def _again(first: Render, extended: bool) -> Render:
    """Render what was rendered while it still holds templates."""

    def rendered(scope: Scope) -> Any:
        value = first(scope)
        if not isinstance(value, str) or "{{" not in value:
            return value
        for _ in range(_DEEPEST):
            inner = _once(value, extended)
            if inner is None:
                break
            value = inner(scope)
            if not isinstance(value, str):
                break
        return value

    return rendered


def _once(text: str, extended: bool) -> Render | None:
    """The pieces of a text rendered one time only; None for a literal."""
    if "{{" not in text:
        return None
    end = 0
    pieces: list[str | Render] = []
    for found in _MARKS.finditer(text):
        made = _compile_one(found[1], extended)
        if made is not None:
            pieces += [text[end : found.start()], made]
            end = found.end()
    if not pieces:
        return None
    if len(pieces) == 2 and not pieces[0] and end == len(text):
        return cast("Render", pieces[1])
    return _joined([*pieces, text[end:]])


def _compile_one(inside: str, extended: bool) -> Render | None:
    """What stands between the braces; None if it is no template."""
    called = _CALL.fullmatch(inside)
    if called is not None and (called[1] in OWN or called[1] == "$template" or not extended):
        arguments = [part.strip() for part in called[2].split(",")] if called[2] else []
        return _own_call(called[1], arguments)
    if inside and _PATH.fullmatch(inside):
        return _variable(inside, extended)
    if not extended:
        return None
    try:
        expression = compile_expression(inside, filters=True)
    except ExpressionError:
        return None
    return _evaluated(expression)


def _own_call(name: str, arguments: list[str]) -> Render:
    if name == "$template":
        return lambda scope: render(scope.variables.get(arguments[0], UNDEFINED), scope) if arguments else UNDEFINED
    function = OWN.get(name)
    if function is None:
        return lambda _: UNDEFINED

    def call(scope: Scope) -> Any:
        given = [scope.variables.get(text, text) for text in arguments]
        return function(scope.random, given[:2])

    return call


def _variable(name: str, extended: bool) -> Render:
    path = parse_path(name)
    plain = path[0]
    function = find_function(name) if extended and name.startswith("$") and len(path) == 1 else None

    def simple(scope: Scope) -> Any:
        value = scope.variables.get(plain, UNDEFINED)
        if value is UNDEFINED and function is not None:
            return function(scope.random, ())
        return value

    def deep(scope: Scope) -> Any:
        variables = scope.variables
        return variables[name] if name in variables else get_path(variables, path)

    return simple if len(path) == 1 else deep


def _evaluated(expression: Expression) -> Render:
    def evaluate(scope: Scope) -> Any:
        return expression(lambda name: _look_up(scope, name), lambda name, given: _call(scope, name, given))

    return evaluate


def _look_up(scope: Scope, name: str) -> Any:
    variables = scope.variables
    value = variables[name] if name in variables else get_path(variables, parse_path(name))
    if value is UNDEFINED and name.startswith("$"):
        function = find_function(name)
        return UNDEFINED if function is None else function(scope.random, ())
    return value


def _call(scope: Scope, name: str, arguments: list[Any]) -> Any:
    if name in {"$env", "$processEnvironment"}:
        return get_path(scope.variables, (name, *map(js_text, arguments[:1])))
    if name == "$template":
        return render(arguments[0], scope) if arguments else UNDEFINED
    value = scope.call(name, arguments)
    if value is not UNDEFINED:
        return value
    function = find_function(name)
    if function is None:
        return UNDEFINED
    try:
        return function(scope.random, arguments)
    except (TypeError, ValueError, OverflowError, IndexError):
        return UNDEFINED


def holds(expression: Expression, scope: Scope) -> bool:
    """Whether an expression (of `ifTrue`) is true for a VU."""
    return truthy(expression(lambda name: _look_up(scope, name), lambda name, given: _call(scope, name, given)))
