"""Templates and expressions: Artillery's reading, and what people write beyond it."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.artillery.flow.expressions import ExpressionError, compile_expression
from swell.dialects.artillery.flow.paths import get_path, parse_path, set_path
from swell.dialects.artillery.flow.templates import compile_template
from swell.dialects.artillery.flow.values import UNDEFINED, js_text, milliseconds


class Scope:
    """Variables and chance."""

    def __init__(self, **variables: Any) -> None:
        self.variables: dict[str, Any] = variables
        self.random = Random(1)

    def call(self, name: str, arguments: list[Any]) -> Any:
        return [name, *arguments] if name == "mine" else UNDEFINED


VARIABLES: dict[str, Any] = {
    "n": 5,
    "f": 2.0,
    "s": "x",
    "t": True,
    "none": None,
    "o": {"a": [{"b c": 1}], "k-l": 2},
    "again": "<{{ s }}>",
    "loop": "{{ loop }}",
    "list": [7],
    "$env": {"HOME": "/h"},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("{{ n }}", 5),
        ("{{n}}", 5),
        ("{{{ n }}}", 5),
        ("a{{ n }}b{{ f }}", "a5b2"),
        ("{{ t }}{{ none }}", "truenull"),
        ("{{ missing }}", UNDEFINED),
        ("a{{ missing }}", "aundefined"),
        ("{{ o }}", {"a": [{"b c": 1}], "k-l": 2}),
        ("{{ o.a[0]['b c'] }}", 1),
        ('{{ o.a.0["b c"] }}', 1),
        ("{{ o.k-l }}", 2),
        ("x{{ o.a }}", 'x[{"b c":1}]'),
        ("{{ o.a.length }}", 1),
        ("{{ again }}", "<x>"),
        ("{{ $env.HOME }}/a", "/h/a"),
        ("{{ none }}", None),
        ("{{ $loopCount }}", UNDEFINED),
    ],
)
def test_artillery_templates(text: str, value: Any) -> None:
    """Lone templates keep types, embedded ones become text as JavaScript writes it."""
    for extended in (True, False):
        assert compile_template(text, extended=extended)(Scope(**VARIABLES)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ missing || 'other' }}", "other"),
        ("{{ s || 'other' }}", "x"),
        ("{{ missing | default('d') }}", "d"),
        ("{{ s | upper }}", "X"),
        ("{{ n + 1 }}", 6),
        ("{{ n * 2 > 9 ? 'big' : 'small' }}", "big"),
        ("{{ $pick(list) }}", 7),
        ("{{ $randomItem(['a']) }}", "a"),
        ("{{ Math.floor(Math.random()) }}", 0),
        ("{{ $env('HOME') }}", "/h"),
        ("{{ mine(n, 'q') }}", ["mine", 5, "q"]),
        ("{{ $nothing() }}", UNDEFINED),
        ("id-{{ o.a[0]['b c'] + n }}", "id-6"),
    ],
)
def test_what_people_write(text: str, value: Any) -> None:
    """Expressions work where Artillery leaves the text or gives nothing."""
    assert compile_template(text)(Scope(**VARIABLES)) == value


def test_functions_of_chance() -> None:
    """Numbers lie between their bounds and are text, strings have their length, UUIDs their form."""
    scope = Scope()
    for _ in range(50):
        number = compile_template("{{ $randomNumber(3, 5) }}")(scope)
        assert isinstance(number, str)
        assert 3 <= int(number) <= 5
    assert len(compile_template("{{ $randomString() }}")(scope)) == 10
    assert len(compile_template("{{ $randomString(3) }}")(scope)) == 3
    assert len(compile_template("{{ $uuid() }}")(scope)) == 36
    assert compile_template("{{ $randomNumber(1,1) }}-{{ $randomNumber(2,2) }}")(scope) == "1-2"


def test_structures_are_templated() -> None:
    """Objects, their keys and lists are rendered; literals stay the same object."""
    scope = Scope(**VARIABLES)
    assert compile_template({"{{ s }}": ["{{ n }}", {"q": "{{ t }}"}]})(scope) == {"x": [5, {"q": True}]}
    literal: dict[str, Any] = {"a": [1, "b"]}
    made = compile_template(literal)
    assert made.render is None
    assert made(scope) is literal


def test_texts_that_are_no_templates_stay() -> None:
    """Braces that hold nothing to render are left, and endless values end."""
    assert compile_template("{{ }} {{ a b ! }}", extended=False)(Scope()) == "{{ }} {{ a b ! }}"
    assert "loop" in compile_template("{{ loop }}")(Scope(**VARIABLES))


@given(st.text())
def test_any_text_compiles(text: str) -> None:
    """No text makes the compiler fail, and text without braces is itself."""
    value = compile_template(text)(Scope(n=1))
    if "{{" not in text:
        assert value == text


@given(st.text(alphabet="ab1().[]'\"+-*/<>=!&|?: n,"))
def test_any_expression_reads_or_says_why(text: str) -> None:
    """Expressions are read or refused, never anything else."""
    try:
        expression = compile_expression(text, filters=True)
    except ExpressionError:
        return
    expression(lambda _: 1, lambda *_: UNDEFINED)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n > 3 and s == 'x'", True),
        ('not (s == "y") && n != 4', True),
        ("n in (1, 5)", True),
        ("n not in (1, 5)", False),
        ("s ~= '^x$'", True),
        ("2 ^ 3 + 1", 9),
        ("-n % 3", -2),
        ("abs(-3) + max(1, n) + round(2.5)", 11),
        ("missing > 3", False),
        ("'5' == n", True),
        ("t ? 1 : 2", 1),
    ],
)
def test_expressions(text: str, value: Any) -> None:
    """Filtrex's operators and functions, and JavaScript's spellings."""
    look = VARIABLES.get
    assert compile_expression(text)(lambda name: look(name, UNDEFINED), lambda *_: UNDEFINED) == value


def test_paths_write_what_they_read() -> None:
    """A value put at a path is found there; shared values are not changed."""
    shared = {"a": {"b": 1}}
    variables: dict[str, Any] = {"x": shared}
    set_path(variables, "x.a.c[1]", 9)
    set_path(variables, "pet[id]", 3)
    assert get_path(variables, parse_path("x.a.c[1]")) == 9
    assert variables["pet"] == {"id": 3}
    assert shared == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (1, 1000),
        (0.5, 500),
        ("2", 2000),
        ("500ms", 500),
        ("1.5s", 1500),
        ("2 min", 120000),
        ("1h", 3600000),
        ("x", None),
    ],
)
def test_spans_of_time(value: Any, time: float | None) -> None:
    """Bare numbers are seconds, texts have units."""
    assert milliseconds(value) == time


def test_texts_are_javascripts() -> None:
    """Values within texts look as JavaScript writes them."""
    texts = [js_text(value) for value in (1.0, 1.5, True, None, UNDEFINED, [1, {"a": None}], 10**15, float("nan"))]
    assert texts == ["1", "1.5", "true", "null", "undefined", '[1,{"a":null}]', "1000000000000000", "NaN"]
