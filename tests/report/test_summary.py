"""The record of a run and what is made of it: terminal summary and JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import msgspec
import pytest
from rich.console import Console

from swell.coordinator.actions import LostWorker, Silence
from swell.coordinator.health_log import HealthLog
from swell.metrics.store import MetricStore
from swell.report.console import make_console
from swell.report.summary_json import encode_summary
from swell.report.terminal import print_summary
from swell.runs.record import Run
from tests.report.conftest import make_plan, make_store

RunOf = Callable[..., Run]


def text_of(run: Run) -> str:
    """The summary as it stands in a log."""
    out = io.StringIO()
    print_summary(run, make_console(out))
    return out.getvalue()


def test_the_verdict_comes_last(failing_run: Run) -> None:
    """The word, then its reasons, and nothing after."""
    lines = [line.strip() for line in text_of(failing_run).splitlines() if line.strip()]
    assert lines[-2].startswith("FAIL")
    assert lines[-1].startswith("http_req_failed: rate < 1%")
    assert failing_run.exit_code == 1


def test_endpoints_show_counts_failures_and_times(failing_run: Run) -> None:
    """Requests, failures with their share, and response times."""
    text = text_of(failing_run)
    assert "GET /feed" in text
    assert "50 (10.0 %)" in text
    assert "100 ms" in text


def test_percentiles_without_enough_samples_are_marked(failing_run: Run) -> None:
    """500 samples carry a p95 but no p99."""
    assert "p99" in failing_run.endpoints[0].duration.weak
    assert "p95" not in failing_run.endpoints[0].duration.weak
    assert "~100 ms" in text_of(failing_run)


def test_errors_are_grouped_with_one_example(failing_run: Run) -> None:
    """Fifty alike are one line with a count, and the first of them."""
    text = text_of(failing_run)
    assert "50x GET /feed  status 503" in text
    assert text.count("body: try [later]") == 1


def test_thresholds_show_value_and_margin(good_run: Run) -> None:
    """Measured against the limit, with the room that is left."""
    text = text_of(good_run)
    assert "http_req_duration{name:/feed}: p(95) < 500ms" in text
    assert "+80.0 %" in text


def test_arrivals_planned_started_and_dropped(good_run: Run) -> None:
    """An open workload accounts for each arrival, and a dropped one makes the verdict WARN."""
    [workload] = good_run.workloads
    assert (workload.planned, workload.started, workload.dropped) == (500, 500, 1)
    assert good_run.verdict == "WARN"
    assert "From the intended start" in text_of(good_run)


def test_checks_groups_and_own_metrics(failing_run: Run) -> None:
    """Each has its section; built-in metrics are not listed as own."""
    text = text_of(failing_run)
    assert "x has items" in text or "✗ has items" in text
    assert "::checkout" in text
    assert "tickets_sold" in text
    assert "iterations  " not in text.split("Own metrics")[1].split("Workloads")[0]


def test_a_saturated_generator_is_said_at_the_top(run_of: RunOf) -> None:
    """INVALID stands before any number, and at the end; exit code 3."""
    log = HealthLog()
    for second in range(5):
        log.add(0, second, {"state": "saturated", "reasons": [f"the generator used 9{second} % of its core"]})
    run = run_of(make_store(), health=log)
    assert run.verdict == "INVALID"
    assert run.exit_code == 3
    assert run.generator.saturated_seconds == 5
    text = text_of(run)
    assert text.index("Do not trust these numbers") < text.index("Endpoint")
    assert len(log.reasons) == 1


def test_a_lost_worker_is_in_the_verdict(run_of: RunOf) -> None:
    """Its reason is named and the run proves nothing."""
    run = run_of(make_store(), lost=[LostWorker(1, 3.0, "killed by SIGKILL", 99)])
    assert run.verdict == "INVALID"
    assert "killed by SIGKILL" in text_of(run)


def test_a_worker_that_hung_is_in_the_verdict(run_of: RunOf) -> None:
    """A generator that said nothing for a while proves nothing, even if it came back."""
    run = run_of(make_store(), silences=[Silence(0, 3.0, 6.0)])
    assert run.verdict == "INVALID"
    assert "said nothing for 6" in text_of(run)


def test_an_interrupted_run_still_has_everything(run_of: RunOf) -> None:
    """Exit code 130 with the verdict of what was measured."""
    run = run_of(make_store(), interrupted=True)
    assert run.exit_code == 130
    assert "interrupted" in text_of(run)


def test_nothing_measured_never_passes(run_of: RunOf) -> None:
    """An empty store with thresholds is INVALID."""
    run = run_of(MetricStore())
    assert run.verdict == "INVALID"
    assert "INVALID" in text_of(run)


def test_names_are_text_not_markup(good_run: Run) -> None:
    """Square brackets of names survive."""
    assert "shop [beta]" in text_of(good_run)


def test_without_a_terminal_there_is_no_colour(good_run: Run) -> None:
    """No escape sequence reaches a log."""
    assert "\x1b" not in text_of(good_run)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_any_width_works(failing_run: Run, width: int) -> None:
    """Narrow terminals lose columns, not the verdict."""
    out = io.StringIO()
    print_summary(failing_run, Console(file=out, width=width, force_terminal=True, markup=False))
    assert "FAIL" in out.getvalue()


def test_an_encoding_without_marks(failing_run: Run) -> None:
    """A terminal that knows ASCII only gets ASCII only."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    print_summary(failing_run, make_console(out))
    out.flush()
    assert b"FAIL" in raw.getvalue()


def test_the_record_survives_json(failing_run: Run) -> None:
    """Writing and reading gives the same record."""
    assert msgspec.json.decode(msgspec.json.encode(failing_run), type=Run) == failing_run


def test_the_record_has_no_secrets(good_run: Run) -> None:
    """Secret values of the environment are gone, plain ones stay."""
    data = msgspec.json.encode(good_run).decode()
    assert "hunter2" not in data
    assert good_run.plan.source.env["STAGE"] == "test"


def test_the_json_summary_is_complete(failing_run: Run) -> None:
    """Every documented key, with the documented values."""
    summary = json.loads(encode_summary(failing_run))
    assert summary["schema"] == "swell.summary/1"
    assert summary["verdict"] == "FAIL"
    assert summary["duration_s"] == 10
    duration = summary["metrics"]["http_req_duration"]
    assert duration["type"] == "trend"
    assert set(duration["values"]) == {
        "count", "rate", "avg", "min", "med", "max", "p90", "p95", "p99", "p99_9",
    }  # fmt: skip
    assert duration["values"]["count"] == 500
    assert summary["metrics"]["http_reqs"]["values"] == {"count": 500, "rate": 50}
    assert summary["metrics"]["http_req_failed"]["values"]["rate"] == pytest.approx(0.1)
    [endpoint] = summary["endpoints"]
    assert (endpoint["name"], endpoint["method"], endpoint["failed"]) == ("/feed", "GET", 50)
    assert endpoint["statuses"] == {"200": 450, "503": 50}
    assert [t["grade"] for t in summary["thresholds"]] == ["met", "failed"]
    assert summary["errors"][0]["count"] == 50
    assert summary["generator"]["state"] == "ok"


def test_the_json_summary_is_strict_json(run_of: RunOf) -> None:
    """No NaN and no Infinity, whatever was not measured."""

    def refuse(word: str) -> None:
        raise AssertionError(word)

    json.loads(encode_summary(run_of(MetricStore())), parse_constant=refuse)


def test_strict_turns_warn_into_a_failure_code(run_of: RunOf) -> None:
    """The word stays WARN; only the code changes, and in one place."""
    from swell.coordinator.judge import Judge
    from swell.coordinator.state import Outcome
    from swell.runs.summarize import summarize

    plan, store = make_plan(), make_store()
    outcome = Outcome(started=0.0, ended=10.0, duration=10.0, results=Judge(plan).finish(store))
    run = summarize(plan, store, outcome, run_id="x", workers=1, strict=True)
    assert (run.verdict, run.exit_code) == ("WARN", 1)
