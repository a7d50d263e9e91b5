"""The command line, the lint and the plan, without a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.artillery.compiling import check_test
from swell.dialects.artillery.flags import QUICK_FLAGS, REPORT_FLAGS, RUN_FLAGS, parse
from swell.dialects.artillery.lint import lint, plugin_notes, transform_notes
from swell.dialects.artillery.loading import Given, load
from swell.dialects.artillery.mistakes import ScriptError
from swell.dialects.artillery.planning import make_plan, weights
from swell.dialects.artillery.quick import quick_test
from swell.dialects.artillery.settings import ArtilleryTest, public_plan
from swell.model.plan import ArrivalSequence, UserStages

if TYPE_CHECKING:
    from swell.dialects.artillery.loading import Loaded


def _load(tmp_path: Path, text: str, **more: Any) -> Loaded:
    (tmp_path / "test.yml").write_text(text)
    return load(Given(scripts=[str(tmp_path / "test.yml")], **more))


def test_flags() -> None:
    """Long and short flags, values with and without =, files anywhere, lists in their order."""
    parsed = parse(
        ["-t", "http://a", "x.yml", "--environment=stage", "-i", "b.yml", "-kq", "-ic.yml", "--", "-z"], RUN_FLAGS
    )
    assert parsed.files == ["x.yml", "-z"]
    assert parsed.one("target") == "http://a"
    assert parsed.one("environment") == "stage"
    assert parsed.many("input") == ["b.yml", "c.yml"]
    assert parsed.has("insecure")
    assert parsed.has("quiet")
    assert parse(["--env-file", "x"], RUN_FLAGS).one("dotenv") == "x"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--outptu", "x"], "did you mean --output"),
        (["--target"], "needs a value"),
        (["--record"], "Artillery Cloud"),
        (["--platform", "aws:lambda"], "only the local platform"),
        (["-Z"], "no option -Z"),
        (["--quiet=maybe"], "takes no value"),
    ],
)
def test_wrong_flags(arguments: list[str], said: str) -> None:
    """What is not there, lacks a value or cannot work here is told."""
    with pytest.raises(ScriptError, match=said):
        parse(arguments, RUN_FLAGS)


def test_flags_are_in_the_manual() -> None:
    """Every flag is in docs/artillery.md."""
    manual = (Path(__file__).parents[2] / "docs" / "artillery.md").read_text(encoding="utf-8")
    missing = {f"--{flag.name}" for flag in (*RUN_FLAGS, *QUICK_FLAGS, *REPORT_FLAGS)} - {"--help"}
    assert [name for name in sorted(missing) if f"`{name}" not in manual] == []


_LINTED = """
config:
  target: http://a
  phases: [{duration: 1, arrivalrate: 1, arrivalRate: 1}]
  http: {timout: 3}
  ensure: {p95: 200}
phases: []
scenarios:
  - name: A
    wieght: 2
    get: {url: /}
    flow:
      - get: {url: /, captures: [], expect: {statusCode: 200}}
        capture: {json: $.a, as: a}
      - loop:
          - post: {url: /, jsn: {}}
        count: 2
"""


def test_lint(tmp_path: Path) -> None:
    """What Artillery ignores in silence is told with its line."""
    loaded = _load(tmp_path, _LINTED)
    found = [
        line.replace(f"{tmp_path}/", "") for line in lint(loaded.documents, loaded.test.config, loaded.test.scenarios)
    ]
    wanted = [
        ("test.yml:7", "move it into config"),
        ("test.yml:5", "'timeout'"),
        ("test.yml:4", "'arrivalRate'"),
        ("test.yml:10", "'weight'"),
        ("test.yml:11", "never sent"),
        ("test.yml:14", "capture stands beside get"),
        ("test.yml:13", "'capture'"),
        ("test.yml:16", "'json'"),
        ("config.ensure", "config.plugins.ensure"),
        ("expect", "config.plugins.expect"),
    ]
    assert len(found) == len(wanted), found
    for line, (start, said) in zip(found, wanted, strict=True):
        assert line.startswith(start)
        assert said in line


def test_a_transform_is_told(tmp_path: Path) -> None:
    """Artillery 2 keeps the captured value as it came; that is told with its line, and before a run."""
    flow = "[{loop: [{get: {url: /, capture: {json: $.a, as: a, transform: this.a * 2}}}], count: 2}]"
    loaded = _load(tmp_path, f"config: {{target: http://a}}\nscenarios:\n  - flow: {flow}\n")
    (found,) = lint(loaded.documents, loaded.test.config, loaded.test.scenarios)
    assert "test.yml:3: transform: " in found
    (note,) = transform_notes(loaded.test.scenarios)
    assert "afterResponse" in note
    assert transform_notes([{"flow": [{"get": {"url": "/"}}, {"think": 1}]}]) == []


def test_a_clean_script_has_no_findings(tmp_path: Path) -> None:
    """Every key of the original is known."""
    text = """
config:
  target: http://a
  plugins: {ensure: {}, expect: {}}
  payload: {path: a.csv, fields: [a], order: sequence, skipHeader: true}
  http: {timeout: 5, pool: 3, defaults: {headers: {a: b}, strictCapture: false}}
scenarios:
  - name: A
    weight: 2
    beforeRequest: f
    flow:
      - get: {url: /, qs: {a: 1}, capture: [{header: etag, as: e, strict: false}], ifTrue: "a"}
      - parallel: [{get: {url: /}}]
        limit: 3
      - think: 1
"""
    loaded = _load(tmp_path, text)
    assert lint(loaded.documents, loaded.test.config, loaded.test.scenarios) == []


_PHASED = """
config:
  target: http://a
  http: {timeout: 5, pool: 7}
  tls: {rejectUnauthorized: false}
  phases:
    - {duration: 10, arrivalRate: 2, maxVusers: 3, name: one}
    - {pause: 5}
scenarios:
  - {name: A, weight: 3, flow: [{get: {url: /}}]}
  - {name: A, flow: [{get: {url: /}}]}
  - {weight: 0, flow: [{get: {url: /}}]}
  - {name: own, phases: [{duration: 4, users: 2, rampTo: 6}], flow: [{get: {url: /}}]}
"""


def test_plan(tmp_path: Path) -> None:
    """Phases are one sequence of arrivals, weights the mix; a scenario with phases of its own is its own workload."""
    loaded = _load(tmp_path, _PHASED)
    plan = make_plan(loaded)
    common, own = plan.workloads
    assert isinstance(common.profile, ArrivalSequence)
    assert [(part.name, part.max_users) for part in common.profile.parts] == [("one", 3), ("", None)]
    assert [(share.behaviour, share.weight) for share in common.mix] == [("A", 3.0), ("A #1", 1.0)]
    assert common.fresh_users
    assert common.pick == "random"
    assert isinstance(own.profile, UserStages)
    assert [stage.target for stage in own.profile.stages] == [2, 6]
    assert (plan.http.timeout, plan.http.verify, plan.http.share_connections) == (5, False, True)
    assert plan.http.max_connections_per_host == 7
    assert ArtilleryTest.unpack(plan.source.options) == loaded.test
    assert public_plan(plan).source.options == {}


def test_weights() -> None:
    """1 by default; texts of numbers and fractions count, what is no number weighs nothing."""
    assert weights([{}, {"weight": "3"}, {"weight": 0.5}, {"weight": "x"}, {"weight": -1}]) == [1, 3, 0.5, 0, 0]
    with pytest.raises(ScriptError, match="weight 0"):
        make_plan(_weightless())


def _weightless() -> Any:
    test = ArtilleryTest(script="a", config_file="a", scenarios=[{"weight": 0, "flow": []}])
    return type("L", (), {"test": test, "phases": [], "env": {}})()


@pytest.mark.parametrize(
    ("flow", "line", "said"),
    [
        ("      - thinkk: 1", 4, "thinkk"),
        ("      - get: {}", 4, "url"),
        ("      - think: 1\n      - loop:\n          - get: {url: /, capture: {json: $.a}}", 6, "as"),
        ("      - just text", 4, "a step is a mapping"),
    ],
)
def test_mistakes_in_flows_have_their_line(tmp_path: Path, flow: str, line: int, said: str) -> None:
    """What cannot be run is told with the line of the step, before anything is sent."""
    loaded = _load(tmp_path, f"config: {{target: http://a}}\nscenarios:\n  - flow:\n{flow}\n")
    with pytest.raises(ScriptError) as caught:
        check_test(loaded)
    assert f"test.yml:{line}: " in str(caught.value)
    assert said in str(caught.value)


def test_a_missing_processor_is_told(tmp_path: Path) -> None:
    """With the line of the config."""
    loaded = _load(tmp_path, "config:\n  target: http://a\n  processor: ./p.js\nscenarios: [{flow: [{think: 1}]}]\n")
    with pytest.raises(ScriptError, match=r"test\.yml:3: config\.processor: there is no file"):
        check_test(loaded)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("target: 123", "test.yml:2: config.target is a text"),
        (
            "target: http://a\n  payload:\n    - {path: none.csv, fields: [a]}",
            "test.yml:4: config.payload[0]: there",
        ),
    ],
)
def test_mistakes_in_the_config_have_their_line(tmp_path: Path, config: str, said: str) -> None:
    """What is no URL and what is no file is told before anything runs."""
    with pytest.raises(ScriptError) as caught:
        _load(tmp_path, f"config:\n  {config}\nscenarios: [{{flow: [{{think: 1}}]}}]\n").check_payloads()
    assert said in str(caught.value)


def test_unknown_plugins_are_told() -> None:
    """A plugin that does nothing here is no silent one; a misspelled one gets a suggestion."""
    near, other = plugin_notes({"plugins": {"expekt": {}, "hls": {}, "slack": {}}}, [])
    assert "config.plugins.expekt" in near
    assert "'expect'" in near
    assert "config.plugins.hls" in other
    assert "nothing of it is done" in other


def test_quick() -> None:
    """Quick makes a script: VUs within a second, each with a loop of requests."""
    loaded = quick_test(parse(["-c", "3", "-n", "4", "http://h:1/p?q"], QUICK_FLAGS))
    assert loaded.test.config["target"] == "http://h:1"
    assert loaded.phases[0].arrival_count == 3
    assert loaded.test.scenarios[0]["flow"] == [{"loop": [{"get": {"url": "http://h:1/p?q"}}], "count": 4}]
    old = quick_test(parse(["-d", "5", "-r", "2", "http://h"], QUICK_FLAGS))
    assert (old.phases[0].duration, old.phases[0].arrival_rate) == (5, 2)
    assert old.test.scenarios[0]["flow"] == [{"get": {"url": "http://h"}}]
    with pytest.raises(ScriptError):
        quick_test(parse(["ftp://x"], QUICK_FLAGS))


def test_unknown_steps_are_methods(tmp_path: Path) -> None:
    """A step that nobody knows is sent as a method of HTTP, as in Artillery; the lint says so."""
    loaded = _load(tmp_path, "config: {target: http://a}\nscenarios:\n  - flow:\n      - pots: {url: /}\n")
    check_test(loaded)
    (found,) = lint(loaded.documents, loaded.test.config, loaded.test.scenarios)
    assert "test.yml:4: 'pots' is no step" in found
    assert "'post'" in found
