"""The parts of a suite by themselves: commands of tests, judging, the table in its three forms."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.cli import suite_commands as commands
from swell.cli import suite_result as results
from swell.cli.mistakes import Mistake
from swell.cli.suite_commands import Asked
from swell.cli.suite_report import suite_junit, suite_markdown
from swell.cli.suite_result import SuiteResult, judge_test
from swell.model.plan import Plan, Source
from swell.model.suite import Suite, decode_suite
from swell.runs.record import EndpointSummary, MetricSummary, Run

TEST = '[targets.local]\nurl = "http://t"\n[tests.x]\n'
VALUES = {"url": "http://t", "python": "/py", "tmp": "/tmp/x"}


def command(text: str, **asked: Any) -> list[str]:
    suite = decode_suite(TEST + text, "swell.toml")
    return commands.test_command(suite, suite.tests["x"], suite.targets["local"], Asked(**asked), VALUES)


def a_run(verdict: str, exit_code: int = 0, **more: Any) -> Run:
    duration = MetricSummary(name="http_req_duration", type="trend", unit="ms", values={"p95": 12.0}, weak=["p95"])
    totals = EndpointSummary(name="", method="", requests=10, failed=1, rate=5.0, duration=duration)
    plan = Plan(source=Source("x:y", "load.py"), workloads=())
    fields = {"id": "run-1", "name": "x", "started": 0.0, "ended": 1.0, "duration": 1.0, **more}
    return Run(plan=plan, verdict=verdict, exit_code=exit_code, totals=totals, **fields)


def test_each_front_door_gets_its_own_options() -> None:
    """The same settings, spelled as `run`, `locust`, `k6 run` and `artillery run` want them."""
    load = 'users = 3\nduration = "90s"\nprofile = "p"\n'
    assert command(f'file = "a.py"\n{load}tags = {{ a = "b" }}') == [
        *("run", "--host", "http://t", "--profile", "p", "--users", "3", "--duration", "90s"),
        *("--tag", "a=b", "--name", "x", "a.py"),
    ]
    assert command(f'command = ["locust", "-f", "a.py"]\n{load}') == [
        *("locust", "--headless", "--host", "http://t", "--swell-profile", "p", "--users", "3", "--run-time", "90s"),
        *("-f", "a.py"),
    ]
    assert command(f'command = ["swell", "k6", "run", "a.js"]\n{load}', quiet=True) == [
        *("k6", "run", "--scenario", "p", "--vus", "3", "--duration", "90s", "--quiet", "a.js"),
    ]
    assert command('command = ["artillery", "run", "a.yml"]\nprofile = "p"') == [
        *("artillery", "run", "--target", "http://t", "--environment", "p", "--name", "x", "a.yml"),
    ]


def test_a_profile_asked_for_replaces_the_whole_load() -> None:
    """Users, rate and duration of the file do not stretch another profile."""
    words = command('file = "a.py"\nusers = 3\nduration = "1h"\nrate = 5', profile="smoke", time_scale=0.1)
    assert words == ["run", "--host", "http://t", "--profile", "smoke", "--time-scale", "0.1", "--name", "x", "a.py"]


def test_a_changed_load_is_not_compared() -> None:
    """The baseline had the load that is written down: nothing else is compared with it."""
    text = 'file = "a.py"\nbaseline = "main"\nmargin = "10%"'
    assert command(text)[3:7] == ["--baseline", "main", "--margin", "10%"]
    assert "--baseline" not in command(text, time_scale=0.1)
    assert "--baseline" not in command(text, profile="smoke")


def test_braces_are_filled_where_they_are_meant() -> None:
    """Placeholders in commands, arguments and variables; braces of thresholds stay."""
    text = 'command = ["k6", "run", "{tmp}/a.js"]\nargs = ["--env", "U={url}/{path}"]\n'
    words = command(text + 'thresholds = ["http_reqs{name:url}: count > 1"]')
    assert words[-3:] == ["/tmp/x/a.js", "--env", "U=http://t/{path}"]
    assert "http_reqs{name:url}: count > 1" in words


def test_what_a_front_door_cannot_take_is_a_mistake() -> None:
    """No setting is left out in silence."""
    with pytest.raises(Mistake, match=r"swell\.toml:5: `swell locust` has no option for tags = 'a=b'"):
        command('command = ["locust"]\ntags = { a = "b" }')
    with pytest.raises(Mistake, match="nothing can be added to `swell demo`"):
        command('command = ["demo"]\nusers = 3')


@pytest.mark.parametrize(
    ("exit_code", "run", "verdict"),
    [
        (0, a_run("PASS"), "PASS"),
        (0, a_run("NONE"), "NONE"),
        (1, a_run("FAIL", 1), "FAIL"),
        (3, a_run("INVALID", 3), "INVALID"),
        (1, a_run("WARN", 1), "WARN"),
        (1, a_run("PASS"), "FAIL"),
        (1, a_run("NONE", 1), "FAIL"),
        (0, a_run("INVALID", 3), "WARN"),
        (130, a_run("PASS", 130, interrupted=True), "PASS"),
        (2, None, "ERROR"),
        (0, None, "ERROR"),
        (137, None, "ERROR"),
    ],
)
def test_a_test_is_judged_by_record_and_exit_code(exit_code: int, run: Run | None, verdict: str) -> None:
    """A success needs a record and an exit code that say so."""
    assert judge_test("x", exit_code, run, 1.0).verdict == verdict


WORDS = [word for word in results.WORDS if word not in {results.SKIPPED, results.NOT_RUN}]


@given(st.lists(st.sampled_from(results.WORDS)), st.booleans(), st.booleans())
def test_the_worst_word_decides(words: list[str], strict: bool, interrupted: bool) -> None:
    """The verdict is the worst among the tests that ran; exit code 0 only if each of them may pass."""
    tests = tuple(results.TestResult(name=f"t{n}", verdict=word) for n, word in enumerate(words))
    suite = SuiteResult(name="s", tests=tests, strict=strict, interrupted=interrupted)
    ran = [word for word in words if word in WORDS]
    worst = max(ran, key=WORDS.index) if ran else "INVALID"
    assert suite.verdict == ("INTERRUPTED" if interrupted and worst not in {"FAIL", "ERROR"} else worst)
    good = {"NONE", "PASS"} if strict else {"NONE", "PASS", "WARN"}
    assert (suite.exit_code == 0) == (bool(ran) and set(ran) <= good and not interrupted)
    assert all(name in suite_markdown(suite) for name in (test.name for test in tests))
    assert len(ET.fromstring(suite_junit(suite))) == len(tests)


def test_the_table_in_markdown_and_junit() -> None:
    """Figures, marks of weak percentiles, reasons; nothing breaks out of its cell."""
    tests = (
        judge_test("a|b", 0, a_run("PASS"), 1.0),
        judge_test("bad", 2, None, 1.0),
        judge_test("odd", 1, a_run("PASS"), 1.0),
    )
    suite = SuiteResult(name="Shop", target="local", tests=tests, notes=("the target ended",))
    text = suite_markdown(suite)
    assert "a\\|b | ✅ PASS | no criteria | 10 | 5/s | \\~12.0 ms | 1 (10.0 %) | run-1 |" in text
    assert "- it ended without a result" in text
    assert "Note: the target ended" in text
    junit = ET.fromstring(suite_junit(suite))
    found = [(each.get("name"), each.get("failures"), each.get("errors")) for each in junit]
    assert found == [("a|b", "0", "0"), ("bad", "0", "1"), ("odd", "1", "0")]


def test_places_fall_back_to_what_is_known() -> None:
    """A key without a line of its own is told at the nearest above it."""
    suite = decode_suite(TEST + 'file = "a.py"', "swell.toml")
    assert suite.place("tests", "x", "file") == "swell.toml:4"
    assert suite.place("tests", "x", "nothing") == "swell.toml:3"
    assert msgspec.structs.replace(Suite(file="f"), name="x").place("tests") == "f"
