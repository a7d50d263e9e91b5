"""The message of the plugin slack, and what becomes of its secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.artillery.buckets import Bucket
from swell.dialects.artillery.ensure import Check, CheckResult
from swell.dialects.artillery.slack import Ended, message_of, send_message
from swell.metrics.redaction import redact_text
from tests.artillery_plugins.conftest import period

if TYPE_CHECKING:
    from tests.artillery_plugins.conftest import Sink

_SECRET = "T0123/B0456/hunter2"


def _texts(message: dict[str, Any]) -> str:
    blocks = [block.get("fields") or [block["text"]] for block in message["blocks"]]
    return "\n".join(field["text"] for fields in blocks for field in fields)


def _config(url: str = "", **more: Any) -> dict[str, Any]:
    return {"plugins": {"slack": {**({"webhookUrl": url} if url else {}), **more}}}


def test_a_message() -> None:
    """Verdict, counts, response times, checks with their results, errors, what else was against it."""
    stats = period()
    stats.counters |= {"vusers.completed": 2, "vusers.failed": 1, "http.requests": 8}
    stats.summaries["http.response_time"]["p99"] = 25
    checks = [CheckResult(Check("a < 1", "a < 1"), ok=False), CheckResult(Check("b", "b", strict=False), ok=True)]
    message = message_of(Ended(1, stats, checks, 65.0, "nightly", ["p(95) < 10 does not hold"]))
    text = _texts(message)
    assert message["text"] == "\N{LARGE RED CIRCLE} Artillery test run failed (nightly)"
    for part in (
        "*VUs*\n2 completed / 3 created / 1 failed",
        "*Duration*\n1 minute, 5 seconds",
        "*HTTP requests*\n8",
        "*HTTP response time*\np95 20 ms, p99 25 ms",
        "*Checks (1 / 2)*\n```\n\N{LARGE GREEN CIRCLE} b (optional)\n\N{LARGE RED CIRCLE} a &lt; 1\n```",
        "connect ECONNREFUSED 127.0.0.1:1 (1)",
        "p(95) &lt; 10 does not hold",
    ):
        assert part in text


def test_a_good_run_without_checks() -> None:
    """Says so, and that there were no checks and no errors."""
    message = message_of(Ended(0, Bucket(0), [], 1.0))
    assert message["text"].endswith("Artillery test run finished")
    assert "*Checks*\nNone defined" in _texts(message)
    assert "*Errors*\nNone" in _texts(message)


@given(st.dictionaries(st.text(max_size=300), st.integers(0, 9), max_size=30), st.text(max_size=200))
def test_a_message_is_never_too_long(errors: dict[str, int], name: str) -> None:
    """Slack refuses fields of more than 2,000 characters and headers of more than 150."""
    counters = {f"errors.{key}": value for key, value in errors.items()}
    checks = [CheckResult(Check(key, key), ok=bool(value)) for key, value in errors.items()]
    message = message_of(Ended(1, Bucket(0, dict(counters)), checks, 1.0, name, list(errors)))
    assert len(message["text"]) <= 150
    fields = [field["text"] for block in message["blocks"] for field in block.get("fields", ())]
    assert all(len(text) <= 2000 for text in fields)
    assert all(text.count("```") in {0, 2} for text in fields)


def test_it_is_sent(sink: Sink) -> None:
    """To the URL of the config, or of the environment; with notifyOnFailureOnly only when a run failed."""
    good, bad = Ended(0, period(), [], 1.0), Ended(1, period(), [], 1.0)
    assert send_message(_config(f"{sink.url}/services/{_SECRET}"), good, {}) == ""
    assert send_message(_config(), good, {"SLACK_WEBHOOK_URL": f"{sink.url}/env"}) == ""
    assert send_message(_config(f"{sink.url}/f", notifyOnFailureOnly=True), good, {}) == ""
    assert send_message(_config(f"{sink.url}/f", notifyOnFailureOnly=True), bad, {}) == ""
    assert send_message({}, bad, {"SLACK_WEBHOOK_URL": f"{sink.url}/env"}) == ""
    assert [each.path for each in sink.received] == [f"/services/{_SECRET}", "/env", "/f"]
    assert json.loads(sink.received[0].body)["blocks"]


def test_the_url_is_a_secret_wherever_it_stands() -> None:
    """In JSON, in options, in any text."""
    for text in (
        f'{{"config": {{"plugins": {{"slack": {{"webhookUrl": "http://h/{_SECRET}"}}}}}}}}',
        f"SLACK_WEBHOOK_URL=http://h/{_SECRET}",
        f"cannot post to https://hooks.slack.com/services/{_SECRET}: timeout",
    ):
        assert "hunter2" not in redact_text(text)
    assert "webhooks" in redact_text("POST /webhooks/order: 200")


def test_what_goes_wrong_is_a_warning_without_the_secret(sink: Sink) -> None:
    """A missing URL, one that is none, a server that refuses or is not there."""
    ended = Ended(0, period(), [], 1.0)
    assert "SLACK_WEBHOOK_URL" in send_message(_config(), ended, {})
    said = [send_message(_config(f"ftp://h/{_SECRET}"), ended, {})]
    sink.answers = [404]
    said.append(send_message(_config(f"{sink.url}/services/{_SECRET}"), ended, {}))
    said.append(send_message(_config(f"http://127.0.0.1:1/services/{_SECRET}"), ended, {}))
    said.append(send_message(_config(f"http://127.0.0.1:1/ser vices/{_SECRET}\n"), ended, {}))
    assert all(text.startswith("slack: ") for text in said)
    assert "answered 404" in said[1]
    assert not any("hunter2" in text for text in said)
