"""swell.toml as data: what is right is read, what is wrong is told with its line."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.model.suite import SuiteError, SuiteOutputs, SuiteTarget, SuiteTest, decode_suite
from swell.model.toml_lines import key_lines

WHOLE = """
[project]
name = "Shop"

[targets.local]
url = "http://127.0.0.1:8000/"
env = { API_URL = "{url}" }
start = ["{python}", "serve.py"]
ready = "/health"
wait = "90s"

[targets.staging]
url = "https://staging.example.org"

[defaults]
target = "staging"
thresholds = ["http_req_failed: rate < 1%"]
tags = { team = "shop", level = "low" }
duration = "2m"

[tests.browse]
file = "load.py"
users = 20
processes = "auto"
tags = { level = "high" }
thresholds = "http_req_duration: p(95) < 500ms"

[tests.team]
command = ["locust", "-f", "locustfile.py"]
duration = 30
rate = "10/s"
only_on = "local"

[groups]
nightly = ["browse", "team"]

[outputs]
folder = "out"
html = true
out = "json=x.json"
"""


def decoded(text: str) -> Any:
    return decode_suite(text, "swell.toml")


def wrong(text: str) -> list[str]:
    with pytest.raises(SuiteError) as error:
        decoded(text)
    return str(error.value).splitlines()


def test_a_whole_file_is_read() -> None:
    """Every section ends up in the suite, in plain units."""
    suite = decoded(WHOLE)
    local = suite.targets["local"]
    assert (local.url, local.wait, local.start) == ("http://127.0.0.1:8000", 90.0, ("{python}", "serve.py"))
    assert suite.target == "staging"
    assert suite.groups == {"nightly": ("browse", "team")}
    assert (suite.outputs.folder, suite.outputs.html, suite.outputs.out) == ("out", True, ("json=x.json",))
    team = suite.tests["team"]
    assert (team.duration, team.rate, team.only_on) == (30.0, 10.0, ("local",))


def test_defaults_hold_where_a_test_says_nothing_else() -> None:
    """Single values are replaced by a test's own; thresholds and tags add up, the test's last."""
    browse = decoded(WHOLE).tests["browse"]
    assert browse.duration == 120.0
    assert browse.thresholds == ("http_req_failed: rate < 1%", "http_req_duration: p(95) < 500ms")
    assert browse.tags == {"team": "shop", "level": "high"}


_SIMPLE = st.one_of(st.booleans(), st.integers(-2, 5), st.floats(-1, 9), st.sampled_from(["", "x", "local", "10s"]))
_ANY = st.one_of(
    _SIMPLE, st.lists(_SIMPLE, max_size=2), st.dictionaries(st.sampled_from(["A", "url"]), _SIMPLE, max_size=2)
)
_FIELDS = sorted(
    {name for kind in (SuiteTest, SuiteTarget, SuiteOutputs) for name in kind.__struct_fields__} | {"target", "odd"}
)
_TABLE = st.dictionaries(st.sampled_from(_FIELDS), _ANY, max_size=5)
_SECTIONS = ["project", "outputs", "defaults", "groups", "targets.local", "tests.x", "tests.y", "odd"]


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


@given(st.dictionaries(st.sampled_from(_SECTIONS), _TABLE, max_size=5))
def test_whatever_is_written_is_read_or_told(sections: dict[str, dict[str, Any]]) -> None:
    """Values of any type at any key end in a suite or in a SuiteError, each line of it with a place."""
    lines = [[f"[{name}]", *(f"{key} = {toml(one)}" for key, one in keys.items())] for name, keys in sections.items()]
    text = "\n".join(line for section in lines for line in section)
    try:
        decoded(text)
    except SuiteError:
        assert wrong(text)[0].startswith("swell.toml")


def test_the_first_target_is_the_default() -> None:
    """Without a word about it the first target is meant, and none if there is none."""
    assert decoded('[targets.a]\nurl="http://a"\n[targets.b]\nurl="http://b"\n[tests.x]\nfile="x.py"').target == "a"
    assert decoded('[tests.x]\nfile="x.py"').target == ""


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[test.x]\nfile = "x.py"', 1, "no section [test]. Did you mean 'tests'?"),
        ('[tests.x]\nfille = "x.py"', 2, "no key 'fille' in [tests.x]. Did you mean 'file'?"),
        ('[tests.x]\nfile = "x.py"\nusers = "3"', 3, "users: expected a whole number, got a text"),
        ('[tests.x]\nfile = "x.py"\nusers = 0', 3, "users: expected a whole number >= 1"),
        ('[tests.x]\nfile = "x.py"\nduration = "3 parsecs"', 3, "parsecs"),
        ('[tests.x]\nfile = "x.py"\nduration = 0', 3, "must be more than 0"),
        ('[tests.x]\nfile = "x.py"\nargs = ["a", 2]', 3, "args: expected a text, got a whole number (item 2)"),
        ('[tests.x]\nfile = "x.py"\nthresholds = [\n  "http_reqs: rate > 1/s",\n  "wat",\n]', 5, "wat"),
        ('[tests.x]\nfile = "x.py"\nonly_on = ["locl"]\n[targets.local]\nurl = "http://x"', 3, "mean 'local'"),
        ('[tests.x]\nfile = "x.py"\nprocesses = "many"', 3, "a number or 'auto'"),
        ("[tests.x]\nusers = 1", 1, "needs a file or a command"),
        ('[tests.x]\nfile = "x.py"\ncommand = ["k6", "run"]', 1, "not both"),
        ('[tests."a b"]\nfile = "x.py"', 1, "names are made of"),
        ('[targets.a]\nready = "/"\n[tests.x]\nfile = "x.py"', 1, "needs a url, or a start command"),
        ('[targets.a]\nurl = "localhost:80"\n[tests.x]\nfile = "x.py"', 2, "is no URL"),
        ('[defaults]\ntarget = "b"\n[targets.a]\nurl = "http://a"\n[tests.x]\nfile = "x.py"', 2, "no target 'b'"),
        ('[groups]\nall = ["y"]\n[tests.x]\nfile = "x.py"', 2, "no test 'y'. Known: x"),
        ('[groups]\nx = ["x"]\n[tests.x]\nfile = "x.py"', 2, "needs a name of its own"),
        ('[groups]\nall = "x"\n[tests.x]\nfile = "x.py"', 1, "groups are lists"),
        ("[project]\nname = [\n1,\n", 3, ""),
        ('tests = "x.py"', 1, "write sections [tests.NAME]"),
        ('[tests]\nfile = "x.py"', 2, "write a section [tests.NAME] with file"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, line: int, words: str) -> None:
    """Each kind of mistake names the file, the line and what is wrong."""
    said = wrong(text)
    assert said[0].startswith(f"swell.toml:{line}: "), said
    assert words in said[0]


def test_all_mistakes_are_told_at_once() -> None:
    """Somebody who mends a file sees everything, each thing once."""
    text = '[defaults]\nduration = "x"\n[tests.a]\nfile = "a.py"\nuser = 1\n[tests.b]\nfile = "b.py"\n'
    said = wrong(text + "[outputs]\nhtm = true")
    assert [each.partition(": ")[0] for each in said] == ["swell.toml:9", "swell.toml:5", "swell.toml:2"]


def test_a_file_without_tests_is_a_mistake() -> None:
    """An empty file says what to write."""
    assert wrong("") == ["swell.toml: there is no test in it; write a section [tests.NAME] with file = ..."]


def test_lines_of_keys_in_every_notation() -> None:
    """Dotted and quoted keys, inline tables, long texts and comments do not lose the count."""
    text = (
        '# comment [not.a.table]\n"a b".c = 1\n[x . y]\nlong = """\n[z]\nq = 1\n"""\n'
        "lit = '''\n]'''\nlist = [\n  1, # one ]\n  [2,\n  3],\n]\ninline = { u = \"}\", v.w = [1] }\nend = 'x'\n"
    )
    assert tomllib.loads(text)
    lines = key_lines(text)
    assert lines["a b", "c"] == 2
    assert lines["x", "y"] == 3
    assert lines["x", "y", "lit"] == 8
    assert (lines["x", "y", "list", 0], lines["x", "y", "list", 1], lines["x", "y", "list", 1, 1]) == (11, 12, 13)
    assert lines["x", "y", "inline", "v", "w"] == 15
    assert lines["x", "y", "end"] == 16
    assert not any("z" in path or "q" in path for path in lines)


_KEYS = st.from_regex(r"[a-z]{1,4}", fullmatch=True)
_VALUES = st.recursive(
    st.sampled_from(["1", "true", '"a # [b]"', "'c]'", '"\\""', '"""d\n"""', "'''e\n]\\'''", "1979-05-27"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[\n" + ",\n".join(items) + "\n]"),
    max_leaves=4,
)


@given(st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=6))
def test_every_key_is_found_on_its_line(pairs: dict[str, str]) -> None:
    """Whatever the values look like, each key stands on the line that it was written on."""
    text, expected, line = "", {}, 1
    for key, value in pairs.items():
        expected[key] = line
        piece = f"{key} = {value}\n"
        text += piece
        line += piece.count("\n")
    assert tomllib.loads(text)
    found = key_lines(text)
    assert {key: found[key,] for key in pairs} == expected
