"""Selectors: paths, wildcards, queries, modifiers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.k6.modules.json_selector import select_json

from .conftest import DOCUMENT

NOTHING: Any = ...
PATHS: dict[str, Any] = {
    "name.last": "Anderson",
    "age": 37,
    "none": None,
    "children": ["Sara", "Alex", "Jack"],
    "children.#": 3,
    "children.1": "Alex",
    "children.9": NOTHING,
    "children.x": NOTHING,
    "age.x": NOTHING,
    "child*.2": "Jack",
    "c?ildren.0": "Sara",
    r"fav\.movie": "Deer Hunter",
    "friends.#.first": ["Dale", "Roger", "Jane"],
    "friends.#.nets.0": ["ig", "fb", "ig"],
    "friends.#.nobody": [],
    "friends.1.last": "Craig",
    "name.#": NOTHING,
    'friends.#(last=="Murphy").first': "Dale",
    'friends.#(last=="Murphy")#.first': ["Dale", "Jane"],
    'friends.#(last=="Murphy")#|#': 2,
    'friends.#(last=="Murphy")#.first|0': "Dale",
    "friends.#(age>45)#.last": ["Craig", "Murphy"],
    "friends.#(age>=47).first": "Roger",
    "friends.#(age<45).first": "Dale",
    "friends.#(age!=44)#.age": [68, 47],
    'friends.#(first%"D*").last': "Murphy",
    'friends.#(first!%"D*").last': "Craig",
    'friends.#(nets.#(=="fb"))#.first': ["Dale", "Roger"],
    'children.#(!%"*a*")#': ["Alex"],
    'children.#(%"*c*")': "Jack",
    "friends.#(nobody==1)": NOTHING,
    "friends.#(nobody==1)#": [],
    "friends.#(nobody==~null)#.first": ["Dale", "Roger", "Jane"],
    "friends|0|first": "Dale",
    "friends.#.first|@reverse": ["Jane", "Roger", "Dale"],
    "children.@reverse.0": "Jack",
    "name.@keys": ["first", "last"],
    "name.@values": ["Tom", "Anderson"],
    "friends.#.nets|@flatten": ["ig", "fb", "fb", "tw", "ig"],
    "name.@tostr": '{"first":"Tom","last":"Anderson"}',
    "name.@tostr.@fromstr.last": "Anderson",
    "@this.age": 37,
    "age.@nobody": NOTHING,
    "[age,name.first]": [37, "Tom"],
    '{age,"n":name.last}': {"age": 37, "n": "Anderson"},
    "friends.0.[first,age]": ["Dale", 44],
    "": DOCUMENT,
}


@pytest.mark.parametrize("path", PATHS)
def test_paths(path: str) -> None:
    """What each path finds in one document."""
    assert select_json(DOCUMENT, path) == PATHS[path]


@given(st.text(alphabet='abfriends.#()[]{}|@*?\\"=<>%!~,:0129 ', max_size=30))
def test_no_path_fails(path: str) -> None:
    """Any text is a path; at worst it finds nothing."""
    select_json(DOCUMENT, path)


@given(st.dictionaries(st.text(alphabet="abc", min_size=1), st.integers(), min_size=1))
def test_keys_find_their_values(document: dict[str, int]) -> None:
    """A plain key gives its value."""
    for key, value in document.items():
        assert select_json(document, key) == value
