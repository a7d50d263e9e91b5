"""Whole runs by the front door: counters, hooks, payloads, limits, exit codes, signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.artillery.conftest import Runner, Server

_PHASE = "phases: [{duration: 200ms, arrivalCount: %d}]"


def _script(server: Server, flow: str, count: int = 4, config: str = "", more: str = "") -> str:
    return f"""
config:
  target: {server.url}
  {_PHASE % count}
  {config}
{more}
scenarios:
  - name: one
    flow:
{flow}
"""


def test_a_run(runner: Runner, server: Server) -> None:
    """Requests are sent as the script says; counters, summaries and console agree with them."""
    ran = runner.run(_script(server, "      - get: {url: /a}\n      - post: {url: /b, json: {x: 1}}\n"))
    assert ran.code == 0, ran.err
    assert Counter(server.lines()) == {"GET /a": 4, "POST /b": 4}
    wanted = {
        "vusers.created": 4, "vusers.completed": 4, "vusers.failed": 0, "vusers.created_by_name.one": 4,
        "http.requests": 8, "http.responses": 8, "http.codes.200": 8,
    }  # fmt: skip
    assert {name: ran.counters[name] for name in wanted} == wanted
    assert ran.report["aggregate"]["summaries"]["http.response_time"]["count"] == 8
    assert sum(each["counters"].get("http.requests", 0) for each in ran.report["intermediate"]) == 8
    for line in (
        "Test run id: t",
        "Phase started: unnamed (index: 0, duration: 200ms)",
        "All VUs finished. Total time:",
    ):
        assert line in ran.out
    assert "Summary report @ " in ran.out
    assert f"vusers.completed: {'.' * 62} 4\n" in ran.out
    assert "metrics-by-endpoint" not in ran.out
    assert any(name.startswith("plugins.metrics-by-endpoint.") for name in ran.counters)


def test_errors_are_no_failure_of_the_run(runner: Runner, server: Server) -> None:
    """5xx is no error; a refused connection fails the VU, not the run, and later steps are skipped."""
    flow = "      - get: {url: /status/500}\n      - get: {url: 'http://127.0.0.1:1/'}\n      - get: {url: /never}\n"
    ran = runner.run(_script(server, flow, 3))
    assert ran.code == 0
    assert ran.counters["http.codes.500"] == 3
    assert ran.counters["errors.ECONNREFUSED"] == 3
    assert ran.counters["vusers.failed"] == 3
    assert "vusers.completed" not in ran.counters
    assert "GET /never" not in server.lines()


def test_exit_codes_of_checks(runner: Runner, server: Server) -> None:
    """A failed strict check ends with 1, a failed expectation with 21; without its plugin it does with a warning."""
    ensure = "ensure: {thresholds: [{http.response_time.p95: 0}], conditions: [{expression: vusers.failed == 0}]}"
    flow = "      - get: {url: /}\n"
    ran = runner.run(_script(server, flow, config=ensure))
    assert ran.code == 1
    assert "fail: http.response_time.p95 < 0" in ran.out
    assert "ok: vusers.failed == 0" in ran.out
    assert "Artillery ignores it" in ran.err
    expecting = "      - get: {url: /, expect: [{statusCode: 404}]}\n"
    ran = runner.run(_script(server, expecting, config="apdex: {threshold: 60000}\n  plugins: {expect: {}}"))
    assert ran.code == 21
    assert "  not ok statusCode 200" in ran.out
    assert [ran.counters[f"apdex.{grade}"] for grade in ("satisfied", "tolerated", "frustrated")] == [4, 0, 0]
    assert "Apdex score: 1 (excellent)" in ran.out


@pytest.mark.parametrize(
    ("processor", "words"),
    [
        (
            "const a = 1;\nthrow new Error('no database');\n",
            "p.js:2: the processor cannot be loaded: Error: no database",
        ),
        ("module.exports = {\n  f(a, b, c { } };\n", "p.js:2:13: Unexpected token"),
    ],
)
def test_a_processor_that_cannot_be_loaded(runner: Runner, server: Server, processor: str, words: str) -> None:
    """The test ends with 1, its own message and line, nothing of what loads it, and nothing sent."""
    runner.write("p.js", processor)
    ran = runner.run(_script(server, "      - get: {url: /}\n", config="processor: ./p.js"))
    assert ran.code == 1
    assert words in ran.err
    assert "entry" not in ran.err
    assert "Traceback" not in ran.err
    assert server.seen == []


def test_a_threshold_of_ours(runner: Runner, server: Server) -> None:
    """--threshold turns 0 into 1."""
    flow = "      - get: {url: /}\n"
    held = 'artillery_counter{counter:"vusers.completed"}: count >= 4'
    assert runner.run(_script(server, flow), "--threshold", held).code in {0, 3}
    assert runner.run(_script(server, flow), "--threshold", "http_reqs: count > 100").code == 1


def test_before_and_after(runner: Runner, server: Server) -> None:
    """Before runs once and gives its variables to all VUs, after runs once at the end; neither is measured."""
    more = """
before:
  flow:
    - get: {url: /login, capture: {json: $.token, as: token}}
after:
  flow:
    - get: {url: "/logout/{{ token }}"}
"""
    ran = runner.run(_script(server, '      - get: {url: "/x/{{ token }}"}\n', 3, more=more))
    assert ran.code == 0, ran.err
    assert server.lines() == ["GET /login", *["GET /x/t-1"] * 3, "GET /logout/t-1"]
    assert ran.counters["http.requests"] == 3


def test_a_failing_before_ends_the_test(runner: Runner, server: Server) -> None:
    """Nothing is sent after it, and the exit code is 1."""
    more = "before: {flow: [{get: {url: /, capture: {json: $.none, as: x}}}]}"
    ran = runner.run(_script(server, "      - get: {url: /}\n", more=more))
    assert ran.code == 1
    assert f'"before" failed: GET {server.url}/: ' in ran.err
    assert "$.none" in ran.err
    assert len(server.seen) == 1


def test_rows_are_unique_over_workers(runner: Runner, server: Server) -> None:
    """In sequence no row is used twice before all were, with several workers too."""
    runner.write("users.csv", "name\n" + "".join(f"u{number}\n" for number in range(12)))
    config = "payload: {path: users.csv, fields: [name], order: sequence, skipHeader: true}"
    ran = runner.run(_script(server, '      - get: {url: "/{{ name }}"}\n', 12, config), "--processes", "2")
    assert ran.code == 0, ran.err
    assert sorted(server.lines()) == sorted(f"GET /u{number}" for number in range(12))


def test_max_vusers(runner: Runner, server: Server) -> None:
    """An arrival that finds maxVusers busy is skipped and counted."""
    script = _script(server, "      - think: 1\n      - get: {url: /}\n").replace(
        _PHASE % 4, "phases: [{duration: 500ms, arrivalCount: 10, maxVusers: 3}]"
    )
    ran = runner.run(script)
    assert ran.counters["vusers.created"] == 3
    assert ran.counters["vusers.skipped"] == 7
    assert ran.counters["vusers.completed"] == 3


def test_options(runner: Runner, server: Server) -> None:
    """Variables, overrides, environments and the scenario's name reach the run; --quiet prints nothing."""
    script = f"""
config:
  target: http://127.0.0.1:1
  phases: [{{duration: 100, arrivalRate: 100}}]
  environments: {{here: {{target: "{server.url}"}}}}
scenarios:
  - {{name: one, flow: [{{get: {{url: "/one/{{{{ v }}}}"}}}}]}}
  - {{name: two, flow: [{{get: {{url: "/two/{{{{ v }}}}"}}}}]}}
"""
    overrides = '{"config": {"phases": [{"duration": "200ms", "arrivalCount": 2}]}}'
    ran = runner.run(script, "-e", "here", "--overrides", overrides, "-v", '{"v": "w"}', "--scenario-name", "two", "-q")
    assert ran.code == 0, ran.err
    assert server.lines() == ["GET /two/w"] * 2
    assert ran.out == ""


def test_what_is_wrong_is_told_first(runner: Runner, server: Server) -> None:
    """A script that cannot run ends with 1 and one line with its place; nothing is sent."""
    ran = runner.run(_script(server, "      - get: {}\n"))
    assert ran.code == 1
    assert ran.err.startswith("Error: ")
    assert "test.yml:10: " in ran.err
    assert "Traceback" not in ran.err
    assert server.seen == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_keeps_everything(runner: Runner, server: Server, number: int, code: int) -> None:
    """The summary is printed and the report written; the exit code says which signal it was, as Artillery's does."""
    script = _script(server, "      - get: {url: /}\n").replace(_PHASE % 4, "phases: [{duration: 60, arrivalRate: 20}]")
    runner.write("test.yml", script)
    command = [sys.executable, "-m", "swell", "artillery", "run", "test.yml", "-o", "report.json", "--no-store"]
    process = subprocess.Popen(
        command, cwd=runner.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    deadline = time.monotonic() + 60
    while len(server.seen) < 30 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    report = json.loads((runner.folder / "report.json").read_text())
    assert 30 <= report["aggregate"]["counters"]["http.responses"] <= len(server.seen)
    assert "Summary report @ " in out


def test_quick_and_report(runner: Runner, server: Server) -> None:
    """Quick sends what it says; report makes a page of the file it wrote."""
    ran = runner.command("quick", "--count", "3", "-n", "2", "-o", "report.json", "--no-store", f"{server.url}/q")
    assert ran.code == 0, ran.err
    assert server.lines() == ["GET /q"] * 6
    assert ran.counters["http.requests"] == 6
    made = runner.command("report", "report.json", "-o", "page.html")
    assert made.code == 0
    assert "http.response_time" in (runner.folder / "page.html").read_text()
    assert runner.command("report", "none.json").code == 1


def test_classic_console(runner: Runner, server: Server) -> None:
    """--console classic prints the rows of version 1."""
    ran = runner.run(_script(server, "      - get: {url: /status/409}\n"), "--console", "classic")
    assert "Scenarios launched:  4" in ran.out
    assert "  HTTP 409: 4" in ran.out
    assert "  one: 4 (100%)" in ran.out


def test_the_record_of_a_run(runner: Runner, server: Server) -> None:
    """Checks and Swell's own figures are in the record; the script's text is not."""
    config = "plugins: {ensure: {p95: 0}}\n  variables: {password: hunter22}"
    script = _script(server, "      - get: {url: /}\n", config=config)
    runner.write("test.yml", script)
    ran = runner.command("run", "test.yml", "--summary-json", "summary.json", "--store", "runs.db")
    text = (runner.folder / "summary.json").read_text()
    summary = json.loads(text)
    assert ran.code == 1
    assert summary["verdict"] == "FAIL"
    assert "hunter22" not in text
    assert b"hunter22" not in (runner.folder / "runs.db").read_bytes()


def test_swell_run(runner: Runner, server: Server) -> None:
    """`swell run` takes a script under the common options, `swell check` explains it and lints."""
    runner.write("test.yml", _script(server, "      - get: {url: /, captur: 1}\n"))
    checked = runner.swell("check", "test.yml")
    assert checked.code == 0, checked.err
    assert "exactly 4 iterations" in checked.out
    assert "test.yml:10: a request has no key 'captur'" in checked.err
    ran = runner.swell("run", "test.yml", "--iterations", "6", "--users", "2", "--json", "-", "--no-store", "-q")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["metrics"]["http_reqs"]["values"]["count"] == 6


def test_a_processor(runner: Runner, server: Server) -> None:
    """A JavaScript processor sets variables, emits metrics, prints, and may wish for an exit code."""
    runner.write(
        "p.js",
        "module.exports = { f(context, events, done) { context.vars.x = 'js'; events.emit('counter', 'my.count', 2);"
        " events.emit('histogram', 'my.time', 5); console.log('printed'); artillery.suggestedExitCode = 7;"
        " done(); } };",
    )
    flow = '      - function: f\n      - get: {url: "/{{ x }}"}\n'
    ran = runner.run(_script(server, flow, 2, "processor: ./p.js"), "--summary-json", "summary.json")
    assert ran.code == 7, ran.err
    assert server.lines() == ["GET /js"] * 2
    assert ran.counters["my.count"] == 4
    assert ran.report["aggregate"]["summaries"]["my.time"]["max"] == 5
    assert ran.out.count("printed\n") == 2
    metrics = json.loads((runner.folder / "summary.json").read_text())["metrics"]
    assert metrics["my.count"]["values"]["count"] == 4
    assert "artillery_counter" not in metrics
