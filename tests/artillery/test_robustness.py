"""Whatever stands in a script, it is loaded or refused in words."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swell.dialects.artillery.compiling import check_test
from swell.dialects.artillery.ensure import checks_of, judge, thresholds_of
from swell.dialects.artillery.lint import lint
from swell.dialects.artillery.loading import Given, load
from swell.dialects.artillery.mistakes import ScriptError
from swell.dialects.artillery.payload import read_payloads
from swell.dialects.artillery.planning import make_plan
from swell.model.threshold import parse_threshold

if TYPE_CHECKING:
    from pathlib import Path

_SCRIPT: dict[str, Any] = {
    "config": {
        "target": "http://a",
        "phases": [{"duration": 10, "arrivalRate": 1, "rampTo": 3, "name": "x", "maxVusers": 4}],
        "environments": {"x": {"target": "http://x"}},
        "http": {"timeout": 3, "pool": 4, "defaults": {"headers": {"a": "b"}}},
        "tls": {"rejectUnauthorized": False},
        "variables": {"a": [1, 2], "b": {"c": 1}},
        "plugins": {"ensure": {"thresholds": [{"a.b": 1}], "conditions": [{"expression": "a < 1"}], "p95": 3}},
        "defaults": {"headers": {"a": "{{ b }}"}},
    },
    "before": {"flow": [{"log": "x"}]},
    "scenarios": [
        {
            "name": "A",
            "weight": 2,
            "flow": [
                {
                    "get": {
                        "url": "/",
                        "qs": {"a": 1},
                        "capture": {"json": "$.a", "as": "a"},
                        "expect": [{"statusCode": 200}],
                    }
                },
                {"loop": [{"post": {"url": "/", "json": {"a": "{{ a }}"}}}], "count": 3},
                {"think": "1s"},
                {"parallel": [{"function": "f"}]},
            ],
        },
    ],
}
_ODD = st.sampled_from(
    [None, True, 0, -1, 2.5, "", "text", "{{ a }}", "{{", [], [1], {}, {"a": {}}, [[]], [None], 10**30]
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        found += _paths(each, (*path, key))
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(_paths(_SCRIPT)), odd=_ODD)
def test_odd_values(tmp_path: Path, path: tuple[Any, ...], odd: Any) -> None:
    """Any value in any place either works or is a ScriptError; nothing else is raised."""
    script = copy.deepcopy(_SCRIPT)
    place: Any = script
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = odd
    file = tmp_path / "test.json"
    file.write_text(json.dumps(script))
    try:
        loaded = load(Given(scripts=[str(file)], environment="x"))
        read_payloads(loaded.test.config)
        check_test(loaded)
        make_plan(loaded)
    except ScriptError:
        return
    lint(loaded.documents, loaded.test.config, loaded.test.scenarios)
    checks = checks_of(loaded.test.config)
    judge(checks, {"a.b": 1.0})
    for line in thresholds_of(checks)[0]:
        parse_threshold(line)
