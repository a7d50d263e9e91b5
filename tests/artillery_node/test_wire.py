"""The lines between a worker and Node: cutting, encoding, differences of variables."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.artillery.flow.node_sidecar_wire import Constants, Lines, Mirror, as_line, call_text
from swell.dialects.artillery.flow.values import UNDEFINED

_NAMES = st.sampled_from(["a", "b", "c", "$env", 'q"\n'])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def told(text: str) -> dict[str, Any]:
    """The parts of a message that `Mirror.changes` gives."""
    return json.loads("{" + text[1:] + "}") if text else {}


@given(st.lists(st.binary()), st.lists(st.integers(0, 30), max_size=8))
def test_lines_are_cut_alike_however_they_come(lines: list[bytes], cuts: list[int]) -> None:
    """The same bytes in any pieces give the same lines, and the rest is kept."""
    data = b"".join(line.replace(b"\n", b"") + b"\n" for line in lines) + b"rest"
    places = sorted({min(sum(cuts[: n + 1]), len(data)) for n in range(len(cuts))})
    reader, found = Lines(), []
    for start, end in zip([0, *places], [*places, len(data)], strict=True):
        found += reader.feed(data[start:end])
    assert found == [line.replace(b"\n", b"") for line in lines]
    assert reader.rest() == b"rest"
    assert reader.rest() == b""


@given(st.lists(st.tuples(_NAMES, _VALUES | st.just(UNDEFINED) | st.just(None)), max_size=12), st.data())
def test_node_knows_the_variables(steps: list[tuple[str, Any]], data: st.DataObject) -> None:
    """Applying each message to what Node had gives the variables as they are, whatever was set and deleted."""
    mirror, constants, known, variables = Mirror(), Constants(), {}, {}
    for name, value in steps:
        if data.draw(st.booleans(), "delete"):
            variables.pop(name, None)
        else:
            variables[name] = value
        if not data.draw(st.booleans(), "send"):
            continue
        message = told(mirror.changes(variables, constants))
        for gone in message.get("d", ()):
            del known[gone]
        known |= message.get("s", {})
        assert known == {name: value for name, value in variables.items() if value is not UNDEFINED}
        assert mirror.changes(variables, constants) == ""


def test_what_node_has_told_is_not_sent_back() -> None:
    """Changes that came from Node are known there."""
    mirror, constants = Mirror(), Constants()
    variables: dict[str, Any] = {"a": [1], "b": 2}
    assert told(mirror.changes(variables, constants)) == {"s": {"a": [1], "b": 2}}
    changed = {"c": {"d": [3]}}
    variables.update(changed)
    del variables["b"]
    mirror.take(changed, ["b"])
    assert mirror.changes(variables, constants) == ""


def test_numbers_and_booleans_are_told_apart() -> None:
    """1, 1.0 and True are different values to JavaScript code."""
    mirror, constants = Mirror(), Constants()
    assert told(mirror.changes({"a": 1}, constants)) == {"s": {"a": 1}}
    assert told(mirror.changes({"a": True}, constants)) == {"s": {"a": True}}
    assert mirror.changes({"a": True}, constants) == ""


def test_large_values_go_once() -> None:
    """A large object gets a number with the first VU; others name it. Small ones, and the 65th large one, do not."""
    constants = Constants()
    rows = [{"id": number} for number in range(500)]
    first, second = Mirror(), Mirror()
    message = told(first.changes({"rows": rows, "few": [1]}, constants))
    assert message == {"s": {"few": [1]}, "k": {"rows": 1}}
    assert [json.loads(text) for text in constants.fresh] == [{"k": 1, "v": rows}]
    constants.fresh.clear()
    assert told(second.changes({"rows": rows}, constants)) == {"k": {"rows": 1}}
    assert constants.fresh == []
    many = {f"v{number}": list(rows) for number in range(70)}
    message = told(first.changes(many, constants))
    assert (len(message["k"]), len(message["s"]), len(constants.fresh)) == (63, 7, 63)


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_any_text_makes_one_line(name: str, body: str) -> None:
    """Whatever a body holds, halves of surrogate pairs too, the line is one line of JSON that says the same."""
    line = as_line(call_text(1, 2, 2, name, "{}", {"body": body, "status": 200}, [3, 4]) + "}")
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    message = json.loads(line)
    assert (message["f"], message["w"]["body"], message["z"], message["a"]) == (name, body, [3, 4], {})
