"""The threshold grammar: what is read, what is refused, and where the error points."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.model.criteria import Condition, Criterion, Window, contradiction, holds
from swell.model.threshold import (
    ThresholdError,
    criterion_text,
    parse_declared,
    parse_expression,
    parse_selector,
    parse_threshold,
)


def target(text: str) -> Condition:
    return parse_threshold(text).target


@pytest.mark.parametrize(
    ("text", "aggregation", "percentile", "op", "limit"),
    [
        ("http_req_duration: p(95)<500", "p", 95.0, "<", 500.0),
        ("http_req_duration:p(99.9) <= 500", "p", 99.9, "<=", 500.0),
        ("http_req_duration: avg > .5", "avg", None, ">", 0.5),
        ("http_req_duration: min >= -5", "min", None, ">=", -5.0),
        ("http_req_duration: max === 1e3", "max", None, "==", 1000.0),
        ("http_req_duration: med == 5", "med", None, "==", 5.0),
        ("vus: value != 0", "value", None, "!=", 0.0),
        ("http_reqs: count > 1000", "count", None, ">", 1000.0),
        ("  http_req_failed  :  rate < 0.01  ", "rate", None, "<", 0.01),
    ],
)
def test_k6_grammar(text: str, aggregation: str, percentile: float | None, op: str, limit: float) -> None:
    """Every aggregation and operator of k6 is read as k6 reads it, plain numbers in the metric's own unit."""
    criterion = parse_threshold(text)
    assert (criterion.aggregation, criterion.percentile) == (aggregation, percentile)
    assert criterion.target == Condition(op, limit)  # type: ignore[arg-type]
    assert criterion.unit == "plain"
    assert criterion.window == Window()
    assert not criterion.abort
    assert criterion.source == text.strip()


@pytest.mark.parametrize(
    ("expression", "limit", "unit"),
    [
        ("p(95) < 500ms", 500.0, "time"),
        ("p(95) < 500 ms", 500.0, "time"),
        ("p(95) < 2s", 2000.0, "time"),
        ("p(95) < 1.5m", 90_000.0, "time"),
        ("p(95) < 1m30s", 90_000.0, "time"),
        ("p(95) < 250us", 0.25, "time"),
        ("p(95) < 250µs", 0.25, "time"),
        ("p(95) < 250\u03bcs", 0.25, "time"),
        ("rate < 1%", 0.01, "share"),
        ("rate < 0.7 %", 0.007, "share"),
        ("rate > 100/s", 100.0, "per_second"),
        ("rate > 21/min", 0.35, "per_second"),
        ("rate > 21/m", 0.35, "per_second"),
        ("rate > 7200/h", 2.0, "per_second"),
        ("rate > 100/10s", 10.0, "per_second"),
        ("count < 10MB", 1e7, "size"),
        ("count < 10 kB", 1e4, "size"),
        ("count < 1KiB", 1024.0, "size"),
        ("rate < 5MB/s", 5e6, "size_per_second"),
        ("rate < 60MB/min", 1e6, "size_per_second"),
    ],
)
def test_units(expression: str, limit: float, unit: str) -> None:
    """Units convert exactly to milliseconds, shares, bytes and per second."""
    criterion = parse_expression("metric", expression)
    assert criterion.target.limit == limit
    assert criterion.unit == unit


@pytest.mark.parametrize(
    ("selector", "metric", "tags"),
    [
        ("http_reqs", "http_reqs", {}),
        ("http_reqs{name:/feed}", "http_reqs", {"name": "/feed"}),
        ("http_reqs{name:/feed,method:GET}", "http_reqs", {"name": "/feed", "method": "GET"}),
        ("http_reqs{ name : /feed , method : GET }", "http_reqs", {"name": "/feed", "method": "GET"}),
        ("http_reqs{name:/users/{id}/posts/{post}}", "http_reqs", {"name": "/users/{id}/posts/{post}"}),
        ("http_reqs{name:/a,id:{x,y}}", "http_reqs", {"name": "/a", "id": "{x,y}"}),
        ("group_duration{group:::login}", "group_duration", {"group": "::login"}),
        ("checks{check:status is 200}", "checks", {"check": "status is 200"}),
        ('checks{check:"a, b: } {"}', "checks", {"check": "a, b: } {"}),
        ("checks{check:'it is \"x\"'}", "checks", {"check": 'it is "x"'}),
        (r'checks{check:"say \"x\" \\"}', "checks", {"check": r'say "x" \ '.strip()}),
        ("checks{'check':'x'}", "checks", {"check": "x"}),
        ("http_reqs{name:https://a.test:8000/x?y=1&z=2}", "http_reqs", {"name": "https://a.test:8000/x?y=1&z=2"}),
        ("group_duration{group:}", "group_duration", {"group": ""}),
        ("http_reqs {name:/feed}", "http_reqs", {"name": "/feed"}),
    ],
)
def test_selectors(selector: str, metric: str, tags: dict[str, str]) -> None:
    """Selectors are read as in k6, with quotes for whatever would end a value."""
    assert parse_selector(selector) == (metric, tags)
    criterion = parse_threshold(f"{selector}: p(95)<500")
    assert (criterion.metric, criterion.tags) == (metric, tags)
    assert parse_expression(selector, "p(95)<500") == parse_threshold(f"{selector}: p(95)<500")


def test_graded_criteria_of_a_real_table() -> None:
    """The four rows of the graded table of seed 001 can be written as they stand there."""
    latency = parse_threshold("http_req_duration: p(95) < 500ms, acceptable < 1000ms, fail > 1000ms")
    assert latency.acceptable == Condition("<", 1000.0)
    assert latency.fail == Condition(">", 1000.0)
    errors = parse_threshold("http_req_failed: rate < 0.5%, acceptable < 2%, fail > 5%")
    assert (errors.target.limit, errors.acceptable, errors.fail) == (
        0.005,
        Condition("<", 0.02),
        Condition(">", 0.05),
    )
    throughput = parse_threshold("http_reqs: rate > 100/s, acceptable > 50/s, fail < 50/s")
    assert throughput.fail == Condition("<", 50.0)


@pytest.mark.parametrize(
    ("clause", "window", "abort", "after"),
    [
        ("over any 30s", Window("any", 30), False, 0.0),
        ("over last 1m", Window("last", 60), False, 0.0),
        ("over last 90", Window("last", 90), False, 0.0),
        ("per stage", Window("stage"), False, 0.0),
        ("abort", Window(), True, 0.0),
        ("abort after 10s", Window(), True, 10.0),
        ("abort after 1m30s over any 5s", Window("any", 5), True, 90.0),
        (", over any 5s, abort", Window("any", 5), True, 0.0),
        ("over any 5s, acceptable < 600 abort", Window("any", 5), True, 0.0),
    ],
)
def test_windows_and_abort(clause: str, window: Window, abort: bool, after: float) -> None:
    """Window and abort clauses come in any order, with or without commas."""
    criterion = parse_threshold(f"http_req_duration: p(95) < 500 {clause}")
    assert (criterion.window, criterion.abort, criterion.abort_after) == (window, abort, after)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "name of a metric"),
        ("95: p(95)<5", 1, "name of a metric"),
        ("http_reqs", 10, 'comes ":"'),
        ("x p(95)<500", 3, 'comes ":"'),
        ("x:", 3, "what must hold"),
        ("x: p95<500", 4, "write p(95)"),
        ("x: averag < 5", 4, "did you mean avg"),
        ("x: median < 5", 4, "did you mean med"),
        ("x: < 5", 4, "which value"),
        ("x: p<5", 5, "parentheses"),
        ("x: p(<5", 6, "0 to 100"),
        ("x: p(101)<5", 6, "0 to 100"),
        ("x: p(-1)<5", 6, "0 to 100"),
        ("x: p(95<5", 8, '")" is missing'),
        ("x: p(95)", 9, "a comparison"),
        ("x: p(95) 500", 10, "a comparison"),
        ("x: p(95) = 500", 10, "write =="),
        ("x: p(95) =< 500", 10, "write <="),
        ("x: p(95) ≤ 500", 10, "write <="),
        ("x: p(95) <", 11, "a number"),
        ("x: p(95) < fast", 12, 'not "fast"'),
        ("x: rate < 500ms", 11, "a time does not fit"),
        ("x: rate < 5MB", 11, "a size does not fit"),
        ("x: p(95) < 5/s", 12, "a rate does not fit"),
        ("x: count < 5%", 12, "a percentage does not fit"),
        ("x: count < 5/s", 12, "a rate does not fit"),
        ("x: rate < 150%", 11, "between 0 and 100"),
        ("x: rate > 100 rps", 15, "write /s"),
        ("x: rate > 100/x", 15, "a time unit"),
        ("x: rate > 100/0s", 16, "longer than 0"),
        ("x: rate > 5%/s", 11, "cannot be per time"),
        ("x: avg < 5 parsecs", 12, "unknown unit"),
        ("x: avg < 1m30", 14, "unit is missing"),
        ("x: avg < 1m30MB", 14, "time unit"),
        ("x: avg < 1,000", 12, "without commas"),
        ("x: avg < 1e999", 10, "too long"),
        ("x: avg < 1e300s", 0, ""),
        ("x: avg < 5 && max < 6", 12, "cannot be joined"),
        ("x: avg < 5 < 6", 12, "one comparison"),
        ("x: avg < 5,", 12, "the text ends"),
        ("x: avg < 5, aceptable < 9", 13, 'did you mean "acceptable"'),
        ("x: avg < 5 abrot", 12, 'did you mean "abort"'),
        ("x: avg < 5, acceptable < 3", 13, "looser than the target"),
        ("x: avg < 5, acceptable > 9", 13, "looser than the target"),
        ("x: avg < 5, fail < 9", 13, "must not cover"),
        ("x: avg < 5, acceptable < 9, fail > 7", 29, "must not cover"),
        ("x: avg != 5, acceptable < 9", 14, "cannot be graded"),
        ("x: avg < 5s, acceptable < 1%", 27, "does not fit here"),
        ("x: avg < 5, acceptable < 9, acceptable < 10", 29, "only one"),
        ("x: avg < 5 over any 3s per stage", 24, "only one window"),
        ("x: avg < 5 over 30s", 17, "over any 30s"),
        ("x: avg < 5 over any 0.5s", 21, "whole seconds"),
        ("x: avg < 5 over any 0s", 21, "whole seconds"),
        ("x: avg < 5 over any 3MB", 21, "a time"),
        ("x: avg < 5 per user", 16, '"stage"'),
        ("x: avg < 5 abort after", 23, "a time"),
        ("x: avg < 5 abort after -1s", 24, "negative"),
        ("x: avg < 5 §", 12, "means nothing"),
        ("x{}: avg < 5", 3, "a tag is missing"),
        ("x{a:b,}: avg < 5", 7, "a tag is missing"),
        ("x{a}: avg < 5", 3, "needs a value"),
        ("x{a=b}: avg < 5", 3, 'not "="'),
        ("x{a:b: avg < 5", 2, "never closed"),
        ('x{a:"b}: avg < 5', 5, "never closed"),
        ('x{a:"b"c}: avg < 5', 8, "after a quoted value"),
        ("x{a:b,a:c}: avg < 5", 7, "twice"),
    ],
)
def test_errors_say_what_and_where(text: str, column: int, said: str) -> None:
    """Each mistake gets its own message and the column it is in."""
    if not column:  # large, but a number
        assert target(text).limit == 1e303
        return
    with pytest.raises(ThresholdError) as caught:
        parse_threshold(text)
    assert said in caught.value.message
    assert caught.value.column == column


def test_error_shows_a_caret_and_survives_pickling() -> None:
    """The message for people is three lines with a caret under the mistake; it can travel between processes."""
    with pytest.raises(ThresholdError) as caught:
        parse_threshold("x: p95<500")
    lines = str(caught.value).splitlines()
    assert lines[1:] == ["  x: p95<500", "     ^"]
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


def test_errors_of_apart_texts_point_into_the_right_one() -> None:
    """With selector and expression apart, the column counts in the text that is wrong."""
    with pytest.raises(ThresholdError) as caught:
        parse_expression("http_reqs{a}", "rate<5")
    assert (caught.value.text, caught.value.column) == ("http_reqs{a}", 11)
    with pytest.raises(ThresholdError) as caught:
        parse_expression("http_reqs", "rat<5")
    assert (caught.value.text, caught.value.column) == ("rat<5", 1)
    with pytest.raises(ThresholdError, match="cannot follow a selector"):
        parse_selector("http_reqs{a:b}}")


def test_k6_object_form() -> None:
    """The dictionary of k6 options becomes criteria, abortOnFail and delayAbortEval included."""
    criteria = parse_declared(
        {
            "http_req_duration{name:/feed}": ["p(95)<500", {"threshold": "p(99)<900", "abortOnFail": True}],
            "http_req_failed": [{"threshold": "rate<0.01", "abortOnFail": True, "delayAbortEval": "10s"}],
            "checks": "rate>0.99",
            "http_reqs": {"threshold": "count>10", "abortOnFail": False},
        }
    )
    assert [criterion.source for criterion in criteria] == [
        "http_req_duration{name:/feed}: p(95)<500",
        "http_req_duration{name:/feed}: p(99)<900 abort",
        "http_req_failed: rate<0.01 abort after 10.0s",
        "checks: rate>0.99",
        "http_reqs: count>10",
    ]
    assert [parse_threshold(criterion.source) for criterion in criteria] == criteria
    assert (criteria[2].abort, criteria[2].abort_after) == (True, 10.0)


def test_texts_as_declaration() -> None:
    """One text or a list of texts is a declaration too."""
    assert parse_declared("checks: rate>0.9") == [parse_threshold("checks: rate>0.9")]
    assert len(parse_declared(("checks: rate>0.9", "http_reqs: count>5"))) == 2
    assert parse_declared([]) == []


@pytest.mark.parametrize(
    "declared",
    [
        5,
        [5],
        {5: "rate<1"},
        {"checks": 5},
        {"checks": [5]},
        {"checks": {"abortOnFail": True}},
        {"checks": {"threshold": "rate<1", "abort": True}},
        {"checks": {"threshold": "rate<1", "delayAbortEval": [1]}},
    ],
)
def test_wrong_shapes_are_told(declared: object) -> None:
    """A declaration of the wrong shape is a TypeError that says what is expected."""
    with pytest.raises(TypeError, match=r"threshold|delayAbortEval"):
        parse_declared(declared)


numbers = st.floats(0, 1e9, allow_nan=False).map(lambda number: round(number, 6) + 0.0)
tag_names = st.from_regex(r"[a-z_][a-z0-9_.-]{0,8}", fullmatch=True)
tag_values = st.text(st.sampled_from("ab/{}:,'\"\\ <>=é?&"), max_size=12)


@st.composite
def criteria(draw: st.DrawFn) -> Criterion:
    aggregation = draw(st.sampled_from(("avg", "count", "max", "med", "min", "p", "rate", "value")))
    units = {
        "rate": ("plain", "per_second", "size_per_second", "share"),
        "count": ("plain", "size"),
    }.get(aggregation, ("plain", "time", "size", "share"))
    unit = draw(st.sampled_from(units))
    scale = 1e-9 if unit == "share" else 1.0
    low, middle, high = sorted((draw(numbers), draw(numbers), draw(numbers)))
    graded = draw(st.booleans())
    seconds = st.integers(1, 4000)
    return Criterion(
        metric=draw(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True)),
        aggregation=aggregation,
        target=Condition("<", low * scale),
        tags=draw(st.dictionaries(tag_names, tag_values, max_size=3)),
        percentile=draw(st.floats(0, 100).map(lambda number: round(number, 3) + 0.0)) if aggregation == "p" else None,
        acceptable=Condition("<=", middle * scale) if graded else None,
        fail=Condition(">", high * scale) if graded and draw(st.booleans()) else None,
        window=draw(
            st.one_of(
                st.just(Window()),
                st.just(Window("stage")),
                seconds.map(lambda n: Window("any", n)),
                seconds.map(lambda n: Window("last", n)),
            )
        ),
        unit=unit,
        abort=(abort := draw(st.booleans())),
        abort_after=draw(numbers) if abort else 0.0,
    )


@given(criteria())
def test_canonical_text_loses_nothing(criterion: Criterion) -> None:
    """Any criterion, written as text, is read back as the same criterion; and the source of that text again."""
    again = parse_threshold(criterion_text(criterion))
    assert again == Criterion(
        **{name: getattr(criterion, name) for name in criterion.__struct_fields__ if name != "source"},
        source=criterion_text(criterion),
    )
    assert parse_threshold(again.source) == again


@given(st.text(st.sampled_from("x:p(95)<500ms%/,{}\"' abortoveranyperstagefail>=&§é\n"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the parser do anything but return a criterion or raise a ThresholdError inside the text."""
    try:
        criterion = parse_threshold(text)
    except ThresholdError as error:
        column = error.column
    else:
        column = 1
        assert parse_threshold(criterion.source) == criterion
    assert 1 <= column <= len(text) + 1


conditions = st.builds(Condition, st.sampled_from(("<", "<=", ">", ">=", "==")), st.integers(0, 4).map(float))


@given(conditions, st.none() | conditions, st.none() | conditions)
def test_grades_contradict_exactly_when_some_value_says_so(
    target: Condition, acceptable: Condition | None, fail: Condition | None
) -> None:
    """Grades are refused if and only if a value is on target but not acceptable, or good and failed at once."""
    found = False
    for value in (half / 2 for half in range(-2, 12)):
        good = holds(target, value)
        tolerated = acceptable is not None and holds(acceptable, value)
        found |= acceptable is not None and good and not tolerated
        found |= fail is not None and holds(fail, value) and (good or tolerated)
    assert bool(contradiction(target, acceptable, fail)) == found
