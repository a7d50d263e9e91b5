"""Reading files: values as Artillery's reader gives them, positions, mistakes with their line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.artillery.documents import read_document, read_text
from swell.dialects.artillery.mistakes import ScriptError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("True", True),
        ("~", None),
        ("", None),
        ("12", 12),
        ("1e3", 1000),
        ("0x1F", 31),
        ("010", 8),
        ("1_000", 1000),
        ("1.50", 1.5),
        ("2020-01-01", "2020-01-01"),
        ("12:30", "12:30"),
        ("'12'", "12"),
        ("-5", -5),
        (".5", 0.5),
        ("0123456789abc", "0123456789abc"),
        ("089", "089"),
    ],
)
def test_scalars(text: str, value: Any) -> None:
    """Scalars have the types that js-yaml gives them; times of day and dates stay text."""
    assert read_text(f"a: {text}", "f.yml").data == {"a": value}


def test_positions() -> None:
    """Each value knows its line, also within lists and aliases."""
    document = read_text("config:\n  phases:\n    - duration: 1\n    - duration: 2\n", "f.yml")
    assert str(document.place("config", "phases", 1, "duration")) == "f.yml:4"
    assert str(document.place("config", "phases", 1, "missing")) == "f.yml:4"
    assert str(document.place("elsewhere")) == "f.yml:1"


def test_merge_keys() -> None:
    """<< takes what is not there, and earlier ones win over later ones."""
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\n"
    assert read_text(text, "f.yml").data["c"] == {"x": 3, "y": 1, "z": 2}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\na: 2\n", 2, "comes twice"),
        ("a:\n  - b\n c: 1\n", 3, "no YAML"),
        ("a: [1\n", 2, "no YAML"),
        ("{[1]: 2}", 1, "plain text"),
    ],
)
def test_mistakes(text: str, line: int, said: str) -> None:
    """What cannot be read is told with file and line."""
    with pytest.raises(ScriptError) as caught:
        read_text(text, "f.yml")
    assert str(caught.value).startswith(f"f.yml:{line}: ")
    assert said in str(caught.value)


def test_files(tmp_path: Any) -> None:
    """Files that are none, or of another kind, are told in words."""
    for name, said in (("no.yml", "there is no file"), ("a.js", "JavaScript"), ("a.txt", "unknown file type")):
        with pytest.raises(ScriptError, match=said):
            read_document(str(tmp_path / name))


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("abc {}:-#\"'$.", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc.", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_VALUES)
def test_json_is_read_as_it_stands(value: Any) -> None:
    """Every JSON document gives what it says."""
    assert read_text(json.dumps({"a": value}), "f.json").data == {"a": value}
