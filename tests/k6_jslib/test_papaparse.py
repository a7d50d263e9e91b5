"""papaparse: parse() and unparse()."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from .conftest import World

_PAPA = "import papaparse from 'https://jslib.k6.io/papaparse/5.1.1/index.js';"


def _parse(world: World, text: str, config: str = "{}") -> Any:
    return world.value(_PAPA, f"return papaparse.parse({json.dumps(text)}, {config});")


def test_rows_are_arrays(world: World) -> None:
    """Without a header each row is an array of texts; a line break at the end is one more empty row."""
    found = _parse(world, "a,b\n1,2\n")
    assert found["data"] == [["a", "b"], ["1", "2"], [""]]
    assert found["errors"] == []
    assert found["meta"]["delimiter"] == ","
    assert found["meta"]["linebreak"] == "\n"


def test_a_header_makes_objects(world: World) -> None:
    """The first row names the fields; rows of another length are told."""
    found = _parse(world, "\ufeffuser,pass\r\nann,1\r\nbob\r\ncy,2,3\r\n", "{ header: true }")
    assert found["data"] == [
        {"user": "ann", "pass": "1"},
        {"user": "bob"},
        {"user": "cy", "pass": "2", "__parsed_extra": ["3"]},
        {"user": ""},
    ]
    assert [(error["code"], error["row"]) for error in found["errors"]] == [
        ("TooFewFields", 1),
        ("TooManyFields", 2),
        ("TooFewFields", 3),
    ]
    assert found["meta"]["fields"] == ["user", "pass"]


def test_empty_lines_can_be_left_out(world: World) -> None:
    """True leaves out empty lines, "greedy" those of blanks too."""
    text = "a,b\n\n , \n1,2\n"
    assert _parse(world, text, "{ skipEmptyLines: true }")["data"] == [["a", "b"], [" ", " "], ["1", "2"]]
    assert _parse(world, text, "{ skipEmptyLines: 'greedy', header: true }")["data"] == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [("a;b;c\n1;2;3", ";"), ("a\tb\n1\t2", "\t"), ("a|b\n1|2", "|"), ("a,b;c\n1,2;3\n4,5;6", ","), ("a\nb", ",")],
)
def test_the_delimiter_is_guessed(world: World, text: str, delimiter: str) -> None:
    """By the most even rows; a comma where nothing fits."""
    found = _parse(world, text)
    assert found["meta"]["delimiter"] == delimiter
    assert ("UndetectableDelimiter" in str(found["errors"])) == (text == "a\nb")


def test_quotes(world: World) -> None:
    """Quoted fields may hold delimiters, line breaks and doubled quotes."""
    found = _parse(world, 'a,"b, c","d ""e"""\n"x\ny",,""\n')
    assert found["data"] == [["a", "b, c", 'd "e"'], ["x\ny", "", ""], [""]]
    broken = _parse(world, 'a,"b\nc', "{ delimiter: ',' }")
    assert broken["data"] == [["a", "b\nc"]]
    assert broken["errors"][0]["code"] == "MissingQuotes"


def test_own_quotes_and_escapes(world: World) -> None:
    """QuoteChar and escapeChar are other characters."""
    found = _parse(world, "'a,b';c\n'it\\'s';d", "{ quoteChar: \"'\", escapeChar: '\\\\', delimiter: ';' }")
    assert found["data"] == [["a,b", "c"], ["it's", "d"]]


def test_types(world: World) -> None:
    """DynamicTyping makes numbers, booleans and null, for all fields or some."""
    text = "n,b,s,e\n-1.5e2,TRUE,x1,\n"
    found = _parse(world, text, "{ header: true, dynamicTyping: true, skipEmptyLines: true }")
    assert found["data"] == [{"n": -150, "b": True, "s": "x1", "e": None}]
    found = _parse(world, text, "{ header: true, dynamicTyping: { n: true }, skipEmptyLines: true }")
    assert found["data"] == [{"n": -150, "b": "TRUE", "s": "x1", "e": ""}]


def test_transforms_comments_preview(world: World) -> None:
    """Values and names are transformed, comments left out, rows limited."""
    config = """{ header: true, comments: '#', preview: 1, transform: (v, f) => f + '=' + v.trim(),
        transformHeader: (h) => h.toUpperCase() }"""
    found = _parse(world, "# note\na,b\n# more, commas\n 1 ,2\n3,4", config)
    assert found["data"] == [{"A": "A=1", "B": "B=2"}]
    assert found["meta"]["truncated"] is True


def test_double_names_get_numbers(world: World) -> None:
    """No column is lost because of its name."""
    assert _parse(world, "a,a\n1,2", "{ header: true }")["data"] == [{"a": "1", "a_1": "2"}]


def test_steps(world: World) -> None:
    """step() gets each row and may stop; complete() is called at the end."""
    found = world.value(
        _PAPA,
        """const rows = []; let done = 0;
        papaparse.parse('a,b\\n1,2\\n3,4\\n5,6', { header: true, complete: () => { done++; },
          step: (r, parser) => { rows.push(r.data); if (rows.length === 2) parser.abort(); } });
        let all; papaparse.parse('x,y', { complete: (r) => { all = r.data; } });
        return { rows, done, all };""",
    )
    assert found == {"rows": [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}], "done": 1, "all": [["x", "y"]]}


def test_unparse(world: World) -> None:
    """Objects, arrays and { fields, data } become text; quotes where they are needed."""
    found = world.value(
        _PAPA,
        """return [
          papaparse.unparse([{ a: 1, b: 'x,y' }, { a: null, b: 'q"z' }]),
          papaparse.unparse([['a', ' b'], [true, undefined]], { delimiter: ';', newline: '\\n' }),
          papaparse.unparse({ fields: ['n'], data: [[1], [2]] }, { quotes: true, newline: '\\n' }),
          papaparse.unparse([{ a: 1 }], { header: false }),
          papaparse.unparse([['=1+1']], { escapeFormulae: true }),
        ];""",
    )
    assert found == [
        'a,b\r\n1,"x,y"\r\n,"q""z"',
        'a;" b"\ntrue;',
        '"n"\n"1"\n"2"',
        "1",
        '"\'=1+1"',
    ]


_CELL = st.text(st.sampled_from(list('ab",;\n ')), max_size=6)


@given(rows=st.lists(st.lists(_CELL, min_size=2, max_size=4), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_python_writes_is_read_back(world: World, rows: list[list[str]]) -> None:
    """Any table, quoted by Python's csv module, comes out as it was; so does our own text."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    source = f"""const config = {{ delimiter: ',', newline: '\\n' }};
        const found = papaparse.parse({json.dumps(out.getvalue()[:-1])}, config).data;
        return [found, papaparse.parse(papaparse.unparse(found, config), config).data];"""
    assert world.value(_PAPA, source) == [rows, rows]
