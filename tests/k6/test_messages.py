"""What a test tells: failed requests in k6's words, errors once, options that cannot be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from swell.dialects.k6.log import make_line
from swell.dialects.k6.modules.http_failures import failure_line, failure_text, url_advice
from swell.http.errors import RequestError

if TYPE_CHECKING:
    from .conftest import K6

_HTTP = "import http from 'k6/http';\n"


def test_failed_requests_in_the_words_of_k6(k6: K6) -> None:
    """Response, log and output call a refused connection what k6 calls it: scripts and log readers look for that."""
    ran = k6(
        _HTTP
        + "export default () => { const r = http.get('http://127.0.0.1:1/x'); console.log(r.error, r.error_code) }",
        *("--out", "json=out.json"),
    )
    assert ran.logged == ["dial: connection refused 1212"]
    line = 'level=warning msg="Request Failed" error="Get \\"http://127.0.0.1:1/x\\": dial: connection refused"'
    assert line in ran.err
    points = [json.loads(each) for each in (ran.folder / "out.json").read_text().splitlines()]
    tags = [each["data"]["tags"] for each in points if each["metric"] == "http_reqs" and each["type"] == "Point"]
    assert [(each["error"], each["error_code"]) for each in tags] == [("dial: connection refused", "1212")]


def test_lines_of_the_log_with_an_error_beside_them() -> None:
    """The error is a field of its own in each format; a message that looks as if it had one is left as it is."""
    said = ("warn", "Request Failed", "", 'Get "http://a/": EOF\n')
    text = make_line("text", 0.0)(*said)
    assert text.endswith('level=warning msg="Request Failed" error="Get \\"http://a/\\": EOF\\n"')
    found = json.loads(make_line("json", 0.0)(*said))
    assert (found["msg"], found["error"]) == ("Request Failed", 'Get "http://a/": EOF\n')
    shown = make_line("tty", 0.0, colours=False, now=lambda: 2.0)(*said)
    assert shown.startswith("WARN[0002] Request Failed   ")
    assert "   error=" in shown
    assert make_line("raw", 0.0)(*said) == f"Request Failed error={json.dumps(said[3])}"
    message = 'Request Failed error="mine"'
    for source in ("console", ""):
        assert json.loads(make_line("json", 0.0)("info", message, source))["msg"] == message


def test_texts_of_failures() -> None:
    """k6's words where it has some, else the client's; URLs hide passwords, and no advice of other front doors."""
    assert failure_text(RequestError("total_timeout", "took too long")) == "request timeout"
    assert failure_text(RequestError("malformed", "no HTTP")) == "no HTTP"
    assert "secret" not in failure_line("POST", "http://ann:secret@host/", "EOF")
    advice = url_advice("undefined/login", "set a host with --host")
    assert "--host" not in advice
    assert "'undefined/login'" in advice
    assert url_advice("ftp://x", "only http") == "only http"


def test_http_debug(k6: K6) -> None:
    """Every request and response is in the log, bodies only with "full", secrets nowhere."""
    source = _HTTP + (
        "export default () => {\n"
        "const headers = { Authorization: 'abc' };\n"
        "http.post(`${__ENV.BASE}/x`, JSON.stringify({ password: 'hush', a: 1 }), { headers });\n"
        "http.batch([`${__ENV.BASE}/y`]) }"
    )
    brief = k6(source, env={"K6_HTTP_DEBUG": "headers"})
    lines = [line for line in brief.err.splitlines() if "source=http-debug" in line]
    starts = ["Request:\\nPOST /x HTTP/1.1\\n", "Response:\\nHTTP/1.1 200 OK\\n", "Request:\\nGET /y HTTP/1.1\\n"]
    assert [start in line for start, line in zip(starts, lines, strict=False)] == [True] * 3
    assert "password" not in brief.err
    full = k6(source, "--http-debug=full")
    assert "password" in full.err
    assert "hush" not in full.err
    assert "abc" not in full.err


@pytest.mark.parametrize(
    ("flags", "env", "words"),
    [
        (["--summary-trend-stats", "p99"], {}, "did you mean 'p(99)'?"),
        (["--summary-trend-stats", "avg,p(101)"], {}, "'p(101)'"),
        ([], {"K6_SUMMARY_TIME_UNIT": "min"}, "is s, ms or us"),
        (["--type", "zip"], {}, "js or archive"),
        (["--tag", "a"], {}, "'a' is no tag: write NAME=VALUE"),
        (["--tag", "a="], {}, "'a=' is no tag"),
        (["--tag", "=b"], {}, "'=b' is no tag"),
        (["--env", "a-b=c"], {}, "'a-b=c' is no NAME=VALUE"),
        ([], {"K6_SUMMARY_MODE": "loud"}, "K6_SUMMARY_MODE: 'loud' is none of"),
        (["--console-output", "nowhere/log.txt"], {}, "nowhere/log.txt cannot be written"),
    ],
)
def test_settings_that_cannot_be(k6: K6, flags: list[str], env: dict[str, str], words: str) -> None:
    """A setting with no meaning ends the command before the test, instead of a summary with zeros."""
    ran = k6("export default () => {}", *flags, env=env)
    assert (ran.code, words in ran.err) == (104, True), ran.err


def test_console_output_by_environment(k6: K6) -> None:
    """K6_CONSOLE_OUTPUT takes what the script prints out of the log."""
    ran = k6("export default () => { console.log('aside') }", env={"K6_CONSOLE_OUTPUT": "said.txt"})
    assert "msg=aside" in (ran.folder / "said.txt").read_text()
    assert "aside" not in ran.err


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("export function setup() { throw new Error('no luck') }", 'msg="setup(): Error: no luck\\n    at setup ('),
        ("export function teardown() { throw new Error('no luck') }", 'msg="teardown failed:\\nError: no luck\\n'),
        ("export const options = { vus: 2, iterations: 2 }; if (__VU === 2) throw new Error('no luck')", "no luck"),
    ],
)
def test_an_exception_outside_iterations_is_told_once(k6: K6, body: str, line: str) -> None:
    """With its place, in the script's words alone: not once for each part of Swell that hears of it."""
    ran = k6(body + "\nexport default () => {}")
    assert ran.code == 107
    assert (ran.err.count("no luck"), line in ran.err, "SetupError" in ran.err) == (1, True, False), ran.err
    assert "test.js:1" in ran.err


def test_an_exception_of_setup_holds_no_secret(k6: K6) -> None:
    """What k6/secrets handed out is nowhere in the message, whichever command runs the script."""
    source = (
        "import secrets from 'k6/secrets';\nexport default () => {}\n"
        "export async function setup() { throw new Error('no luck with ' + await secrets.get('key')) }"
    )
    ran = k6(source, "--secret-source=mock=key=hush-hush")
    assert ran.code == 107
    assert "no luck with" in ran.err
    assert "hush-hush" not in ran.err


def test_crossed_thresholds_are_named_with_their_tags(k6: K6) -> None:
    """As the script wrote them: a test with one metric for many endpoints must say which."""
    options = "thresholds: { 'checks{check:a}': ['rate>0.5'], checks: ['rate>=0'], http_reqs: ['count>0'] }"
    ran = k6(
        "import { check } from 'k6';\n"
        f"export const options = {{ {options} }};\n"
        "export default () => { check(1, { a: false }) }"
    )
    assert ran.code == 99
    assert "thresholds on metrics 'checks{check:a}, http_reqs' have been crossed" in ran.err


def test_the_summary_counts_vus_while_there_are_any(k6: K6) -> None:
    """Three VUs all the time are 3 and never 0: the end, when they have gone, is no reading, for thresholds either."""
    ran = k6(
        "import { sleep } from 'k6';\nexport const options = { vus: 3, duration: '1500ms',\n"
        "  thresholds: { vus: ['value>0'], 'vus{scenario:default}': ['value>0'] } };\n"
        "export default () => { sleep(0.4) }"
    )
    assert ran.code == 0, ran.out
    vus = ran.metric("vus")
    assert vus["max"] == 3
    assert vus["min"] > 0
    assert vus["value"] > 0


def test_an_endless_handle_summary_ends_at_its_timeout(k6: K6) -> None:
    """The option handleSummaryTimeout holds, and the usual summary follows."""
    source = "export default () => {}\nexport function handleSummary() { for (;;) {} }"
    ran = k6(source, env={"K6_HANDLE_SUMMARY_TIMEOUT": "1s"})
    assert "ran for more than 1 s" in ran.err
    assert "iterations" in ran.out
