"""Executors and options: what is planned for a script, and that the plan is what runs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.k6.executors import describe, scenarios_of, select
from swell.dialects.k6.option_values import OptionError
from swell.dialects.k6.options import Tier, consolidate, decode, from_environment
from swell.dialects.k6.planning import make_plan, thresholds_of
from swell.dialects.k6.scenario_scaling import scaled
from swell.model.plan import Plan
from swell.model.profiles import duration, expected_arrivals, user_steps

if TYPE_CHECKING:
    from .conftest import K6


def planned(options: dict[str, Any]) -> Plan:
    """The plan of a script's options."""
    found, _ = decode("the script", options)
    merged, _ = consolidate([Tier("script", found)])
    return make_plan("/x.js", merged, scenarios_of(merged), env={}, settings={})


def only(executor: str, **fields: Any) -> Any:
    """The profile of one scenario."""
    return planned({"scenarios": {"a": {"executor": executor, **fields}}}).workloads[0].profile


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"executor": "per-vu-iterations", "vus": 1, "iterations": 1}),
        ({"vus": 5}, {"executor": "shared-iterations", "vus": 5, "iterations": 5}),
        ({"vus": "5", "duration": "10s"}, {"executor": "constant-vus", "vus": 5, "duration": "10s"}),
        ({"duration": 1500}, {"executor": "constant-vus", "vus": 1, "duration": "1.5s"}),
        ({"iterations": 9, "duration": "3s"}, {"executor": "shared-iterations", "iterations": 9, "maxDuration": "3s"}),
        ({"vus": 2, "stages": [{"duration": "1m", "target": 9}]}, {"executor": "ramping-vus", "startVUs": 2}),
        ({"stages": [{"duration": "1m", "target": 9}, {"target": 3}]}, {"stages": [{"duration": "1m0s", "target": 9}]}),
    ],
)
def test_shortcuts(options: dict[str, Any], expected: dict[str, Any]) -> None:
    """vus, duration, iterations and stages become the one scenario that k6 makes of them."""
    found = scenarios_of(decode("the script", options)[0])["default"]
    assert found == found | expected


def test_a_ramp_counts_as_k6() -> None:
    """VU n starts when the line reaches n, and leaves when it reaches n-1 on the way down."""
    profile = only(
        "ramping-vus",
        startVUs=0,
        stages=[{"duration": "4s", "target": 4}, {"duration": "2s", "target": 4}, {"duration": "4s", "target": 0}],
    )
    steps = [(round(at, 6), users) for at, users in user_steps(profile)]
    assert steps == [(0.0, 0), (1.0, 1), (2.0, 2), (3.0, 3), (4.0, 4), (7.0, 3), (8.0, 2), (9.0, 1), (10.0, 0)]


@pytest.mark.parametrize(
    ("rate", "unit", "length", "count"), [(10, "1s", "3s", 30), (90, "1m", "20s", 30), (5, "500ms", "1s", 10)]
)
def test_a_constant_rate_counts_as_k6(rate: int, unit: str, length: str, count: int) -> None:
    """The first iteration is due at once, and rate times duration are due in all."""
    profile = only("constant-arrival-rate", rate=rate, timeUnit=unit, duration=length, preAllocatedVUs=1)
    assert expected_arrivals(profile) == pytest.approx(count)
    assert profile.offset == 0.0


def test_a_ramping_rate_starts_at_area_one() -> None:
    """Iteration k is due where the area below the line is k."""
    profile = only(
        "ramping-arrival-rate",
        startRate=0,
        timeUnit="1s",
        stages=[{"duration": "10s", "target": 10}],
        preAllocatedVUs=2,
        maxVUs=4,
    )
    assert expected_arrivals(profile) == pytest.approx(50)
    assert profile.offset == 1.0


def test_an_endless_external_scenario() -> None:
    """externally-controlled runs until it is told to stop unless it has a duration."""
    assert duration(only("externally-controlled", vus=1, maxVUs=5)) is None
    assert duration(only("externally-controlled", vus=1, duration="5s")) == 5.0


@pytest.mark.parametrize(
    ("executor", "fields", "words"),
    [
        ("constant-vus", {}, "duration"),
        ("constant-vus", {"duration": "500ms"}, "at least 1s"),
        ("constant-vus", {"duration": "5s", "vus": 0}, "greater than 0"),
        ("constant-vus", {"duration": "5s", "vus": 1.5}, "whole number"),
        ("shared-iterations", {"vus": 5, "iterations": 2}, "fewer"),
        ("ramping-vus", {}, "stages"),
        ("ramping-vus", {"stages": [{"duration": "1s", "targt": 1}]}, "targt"),
        ("constant-arrival-rate", {"rate": 1, "duration": "1s"}, "preAllocatedVUs"),
        ("constant-arrival-rate", {"rate": 1, "duration": "1s", "preAllocatedVUs": 5, "maxVUs": 2}, "maxVUs"),
        ("constant-arrival-rate", {"rate": 1, "duration": "1s", "preAllocatedVUs": 5, "timeUnit": "0s"}, "timeUnit"),
        ("ramping-arrival-rate", {"preAllocatedVUs": 1}, "stages"),
        ("constant-vus", {"duration": "5s", "startTime": "soon"}, "soon"),
        ("constant-vus", {"duration": "5s", "env": {"A": [1]}}, "env"),
        ("constant-vus", {"duration": "5s", "options": {"browser": {"type": "chromium"}}}, "browser"),
    ],
)
def test_wrong_scenarios_are_told(executor: str, fields: dict[str, Any], words: str) -> None:
    """What cannot run is an error with code 104 that names the field."""
    with pytest.raises(OptionError, match=words) as caught:
        only(executor, **fields)
    assert caught.value.exit_code == 104


def test_precedence() -> None:
    """Flags win over the environment, that over the script, that over the file; the load is one unit."""
    tiers = [
        Tier("configuration file", {"vus": 1, "batch": 3, "rps": 9.0}),
        Tier("script", {"stages": [{"duration": "1s", "target": 2}], "batch": 4}),
        Tier("environment", from_environment({"K6_BATCH": "5", "K6_DURATION": "7s", "K6_THROW": "true"})),
        Tier("command line", {"vus": 8}),
    ]
    options, _ = consolidate(tiers)
    assert options == {"vus": 8, "batch": 5, "rps": 9.0, "duration": "7s", "throw": True}


def test_a_shortcut_replaces_the_scenarios() -> None:
    """A load on the command line erases the script's scenarios, with a warning."""
    script = Tier("script", {"scenarios": {"a": {}}})
    options, warnings = consolidate([script, Tier("command line", {"duration": "1s"})])
    assert options == {"duration": "1s"}
    assert "scenarios" in warnings[0]


def test_unknown_options_are_warned_of() -> None:
    """An unknown option of a script does nothing, but is told with what it may have meant."""
    _, warnings = decode("the script", {"treshold": {}, "ext": {"loadimpact": {}}})
    assert len(warnings) == 1
    assert "treshold" in warnings[0]


@pytest.mark.parametrize("variable", ["K6_VUS", "K6_DURATION", "K6_STAGES", "K6_THRESHOLDS", "K6_THROW", "K6_TAGS"])
def test_wrong_variables_are_told(variable: str) -> None:
    """A variable that cannot be read is named."""
    with pytest.raises(OptionError, match=variable):
        from_environment({variable: "~"})


def test_scenarios_are_described() -> None:
    """The lines of the head say what each scenario does, as in k6."""
    scenarios = scenarios_of(
        {
            "scenarios": {
                "a": {"executor": "constant-vus", "vus": 50, "duration": "30s"},
                "b": {"executor": "ramping-vus", "stages": [{"duration": "2m", "target": 20}], "exec": "two"},
                "c": {
                    "executor": "constant-arrival-rate",
                    "rate": 100,
                    "duration": "1m",
                    "preAllocatedVUs": 20,
                    "maxVUs": 50,
                    "startTime": "5s",
                },
            }
        }
    )
    assert {name: describe(each) for name, each in scenarios.items()} == {
        "a": "50 looping VUs for 30s (gracefulStop: 30s)",
        "b": "Up to 20 looping VUs for 2m0s over 1 stages (gracefulRampDown: 30s, exec: two, gracefulStop: 30s)",
        "c": "100.00 iterations/s for 1m0s (maxVUs: 20-50, startTime: 5s, gracefulStop: 30s)",
    }


def test_one_scenario_is_selected() -> None:
    """--scenario leaves the others out, and the first of those that are left begins at once."""
    scenarios = scenarios_of(
        {
            "scenarios": {
                name: {"executor": "constant-vus", "duration": "30s", "startTime": start}
                for name, start in (("a", "0s"), ("b", "10s"), ("c", "15s"))
            }
        }
    )
    assert {name: each["startTime"] for name, each in select(scenarios, ["b", "c"]).items()} == {"b": "0s", "c": "5s"}
    with pytest.raises(OptionError, match=r"'bb'.*'b'"):
        select(scenarios, ["bb"])


def test_scaling_keeps_the_shape() -> None:
    """Times and loads are multiplied, nothing that was above 0 becomes 0."""
    ramp = scenarios_of({"vus": 3, "stages": [{"duration": "10m", "target": 100}]})["default"]
    small = scaled(ramp, 0.01, 0.001)
    assert small["stages"] == [{"duration": "6s", "target": 1}]
    assert (small["startVUs"], small["gracefulRampDown"]) == (1, "5s")


def test_thresholds_select_by_tags() -> None:
    """Colons in values, quotes and several tags; the tag url is the name."""
    found = thresholds_of(
        {"http_reqs{name:http://a/b?c, method:'GET'}": ["count > 1e3"], "http_reqs{url:/x}": ["rate===2"]}, {}
    )
    assert [each.line for each in found] == [
        'http_reqs{name:"http://a/b?c",method:"GET"}: count > 1e3',
        'http_reqs{name:"/x"}: rate == 2',
    ]


def test_executors_run_what_they_say(k6: K6) -> None:
    """Scenarios run beside and after each other; every iteration is counted under its own."""
    source = """
    import exec from 'k6/execution'; import { sleep } from 'k6'; import { Counter } from 'k6/metrics';
    const c = new Counter('seen');
    const run = (executor, more) => ({ executor, gracefulStop: '0s', ...more });
    export const options = { scenarios: {
      shared: run('shared-iterations', { vus: 3, iterations: 10 }),
      each: run('per-vu-iterations', { vus: 2, iterations: 3 }),
      steady: run('constant-arrival-rate', { rate: 20, duration: '1s', preAllocatedVUs: 3 }),
      later: run('ramping-arrival-rate', { startTime: '1s', startRate: 20, preAllocatedVUs: 3,
        stages: [{ duration: '1s', target: 20 }] }),
      busy: run('constant-arrival-rate', { rate: 10, duration: '1s', preAllocatedVUs: 1, exec: 'slow' }),
    } };
    export default () => { c.add(1, { s: exec.scenario.name }) }
    export const slow = () => { sleep(0.35) }
    export function handleSummary(data) {
      const m = data.metrics;
      return { 'own.json': JSON.stringify({ all: m.seen.values.count, dropped: m.dropped_iterations.values.count }) };
    }
    """
    ran = k6(
        source,
        "--threshold",
        "seen{s:shared}: count == 10",
        "--threshold",
        "seen{s:each}: count == 6",
        "--threshold",
        "seen{s:steady}: count == 20",
        "--threshold",
        "seen{s:later}: count == 20",
    )
    assert ran.code == 0, ran.err
    own = json.loads((k6.folder / "own.json").read_text())
    assert own["all"] == 56
    assert own["dropped"] >= 5
    assert "dropped" in ran.err


def test_vus_are_numbered_and_used_again(k6: K6) -> None:
    """VU numbers start at 1 and serve a later scenario again, with the module's state."""
    source = """
    let n = 0;
    const two = (startTime) => ({ executor: 'per-vu-iterations', vus: 2, iterations: 1, startTime,
      maxDuration: '1s', gracefulStop: '0s' });
    export const options = { scenarios: { a: two('0s'), b: two('1s') } };
    export default () => { n += 1; console.log(__VU, n) }
    """
    assert sorted(k6(source).logged) == ["1 1", "1 2", "2 1", "2 2"]


def test_several_processes_are_one_test(k6: K6) -> None:
    """With --processes numbers of VUs and of iterations are unique over all, and counts are exact."""
    source = """
    import exec from 'k6/execution';
    export const options = { vus: 4, iterations: 20 };
    export function setup() { return 'data' }
    export default (d) => console.log(d, __VU, exec.scenario.iterationInTest);
    """
    ran = k6(source, "--processes", "2")
    assert ran.metric("iterations")["count"] == 20
    rows = [line.split(" ") for line in ran.logged]
    assert {row[0] for row in rows} == {"data"}
    assert {int(row[1]) for row in rows} <= {1, 2, 3, 4}
    assert sorted(int(row[2]) for row in rows) == list(range(20))


def test_flags_shape_the_load(k6: K6) -> None:
    """-i and -u on the command line win over the script's stages."""
    source = "export const options = { stages: [{ duration: '1h', target: 5 }] }; export default () => {}"
    assert k6(source, "-u", "2", "-i", "7").metric("iterations")["count"] == 7


def test_min_iteration_duration(k6: K6) -> None:
    """The next iteration waits for the rest of the shortest duration, which is no part of iteration_duration."""
    source = (
        "export const options = { duration: '1s', minIterationDuration: '300ms', gracefulStop: '0s' };"
        "export default () => {}"
    )
    ran = k6(source)
    assert 3 <= ran.metric("iterations")["count"] <= 4
    assert ran.metric("iteration_duration")["avg"] < 200


def test_a_baseline_counts(k6: K6) -> None:
    """--baseline compares with a stored run: one that is not there is told before the load, one that is is compared."""
    source = (
        "import http from 'k6/http'; import { sleep } from 'k6'; export const options = { vus: 2, duration: '14s' };"
        "export default () => { http.get(`${__ENV.BASE}/x`); sleep(0.05) }"
    )
    missing = k6(source, "--baseline")
    assert missing.code == 104
    assert "baseline" in missing.err
    assert k6(source).code == 0
    made = subprocess.run(
        [sys.executable, "-m", "swell", "runs", "baseline", "last"], cwd=k6.folder, capture_output=True, check=False
    )
    assert made.returncode == 0
    assert "against baseline default" in k6(source, "--baseline", "--margin", "90%").err
