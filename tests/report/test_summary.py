"""The record of a run and what is made of it: terminal summary and JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import msgspec
import pytest
from rich.console import Console
from rich.text import Text

from swell.coordinator.actions import LostWorker, Silence
from swell.coordinator.health_log import HealthLog
from swell.metrics.recorder import Recorder
from swell.metrics.store import MetricStore
from swell.metrics.tags import TagSet
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


def refused_store(*, also_slow: bool = False) -> MetricStore:
    """Ten refused requests to /feed in one second; with `also_slow`, two more that opened a connection and were
    answered.
    """
    store = MetricStore()
    recorder = Recorder()
    tags = TagSet.of({"name": "/feed", "method": "GET", "scenario": "browse"})
    refused = recorder.request_series(
        tags.with_tags(status="0", expected_response="false", error="refused", error_code="1212"), sent=False
    )
    good = recorder.request_series(tags.with_tags(status="200", expected_response="true"))
    for place in range(10):
        recorder.add_request((refused, place / 20, place / 20 + 0.01, 0.0, 0.0, 0.0, 0.0, 0, 0))
        recorder.add_error("refused", "127.0.0.1:8000 refused the connection", tags, None)
    for place in range(2 if also_slow else 0):
        end = 0.6 + place / 10
        recorder.add_request((good, end - 0.08, end, 0.0, 0.0, 0.04, 0.0, 100, 100))
        # 40 ms until there was a connection: 10 of look-up, 20 of connecting, 8 of TLS.
        recorder.add_connect((good, end, 0.04, 0.01, 0.02, 0.008))
    store.add(0, recorder.flush(1.0))
    store.finish(1.0)
    return store


def test_shares_of_phases_count_nothing_twice(run_of: RunOf) -> None:
    """The wait for a connection is what the opening took beyond look-up, connecting and TLS; all shares make one."""
    run = run_of(refused_store(also_slow=True))
    shares = {phase.name: phase.share for phase in run.phases}
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["connecting"] == pytest.approx(20 / 80)
    assert shares["blocked"] == pytest.approx(2 / 80)
    [blocked] = [phase for phase in run.phases if phase.name == "blocked"]
    assert blocked.metric.values["max"] == pytest.approx(40.0)
    assert blocked.avg == pytest.approx(2 * 2.0 / 12)
    [line] = [line for line in text_of(run).splitlines() if "waiting for a connection" in line]
    assert "2.50 %" in line
    assert "40" not in line


def test_requests_that_were_never_sent_are_in_the_table(run_of: RunOf) -> None:
    """They count and have failed, though they have no duration; so do the others of their endpoint."""
    run = run_of(refused_store())
    [endpoint] = run.endpoints
    assert (endpoint.requests, endpoint.failed, endpoint.rate, endpoint.duration.values) == (10, 10, 10.0, {})
    assert "10 (100 %)" in text_of(run)
    [document] = json.loads(encode_summary(run))["endpoints"]
    assert (document["requests"], document["failed"], document["rate"], document["values"]) == (10, 10, 10, {})
    mixed = run_of(refused_store(also_slow=True)).endpoints[0]
    assert (mixed.requests, mixed.failed, mixed.duration.values["count"]) == (12, 10, 2)


def test_silent_and_saturated_seconds_count_once(run_of: RunOf) -> None:
    """A worker that hung for seven seconds, and says afterwards that it was saturated then, lost seven seconds."""
    log = HealthLog()
    for second in range(10):
        state = "saturated" if 3 <= second < 9 else "ok"
        log.add(0, second, {"state": state, "reasons": ["the generator used 99 % of its core"]})
    run = run_of(make_store(), health=log, silences=[Silence(0, 2.02, 6.9)])
    assert "saturated for 7 s" in run.reasons[0]
    assert "saturated for 9 s" in run_of(make_store(), health=log, silences=[Silence(0, 0.0, 6.9)]).reasons[0]


def test_why_the_test_ended_its_load_is_a_note(run_of: RunOf) -> None:
    """A regular end by the test is told, and judged like any other end."""
    run = run_of(make_store(), end_reason="feeder accounts has no rows left")
    assert run.verdict == run_of(make_store()).verdict != "INVALID"
    assert "the test ended the load: feeder accounts has no rows left" in text_of(run)


def test_a_limit_that_is_hit_exactly(run_of: RunOf) -> None:
    """Nothing is to spare, on neither side, and a failure says why it is one."""
    failed = text_of(run_of(make_store(), make_plan(thresholds=("http_reqs: count > 500",))))
    assert "to spare" not in failed
    assert "+0 %" not in failed
    assert failed.count("exactly on the limit, which is not within it") == 2
    assert "the threshold failed" in failed
    met = text_of(run_of(make_store(), make_plan(thresholds=("http_reqs: count >= 500",))))
    assert "exactly on the limit" not in met


def test_both_places_write_a_margin_alike(run_of: RunOf) -> None:
    """The table and the reason below it separate thousands in the same way."""
    text = text_of(run_of(make_store(), make_plan(thresholds=("http_req_duration: p(95) < 0.1",))))
    assert text.count("99,9") == 2


def test_a_short_run_has_a_length(run_of: RunOf) -> None:
    """Less than a second of load is not 0 s."""
    assert "40ms of load" in text_of(run_of(make_store(), duration=0.04))


def test_a_narrow_terminal_cuts_names_not_figures(failing_run: Run) -> None:
    """At 80 columns every figure of the tables stands whole."""
    out = io.StringIO()
    print_summary(failing_run, Console(file=out, width=80, force_terminal=True, no_color=True, markup=False))
    text = Text.from_ansi(out.getvalue()).plain
    for figure in ("requests", "50 (10.0 %)", "~100 ms", "iterations", "lag max"):
        assert figure in text
    assert "…" not in text
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80


def test_a_very_narrow_terminal_breaks_lines_and_cuts_no_figure(failing_run: Run) -> None:
    """At 40 columns a table is wider than the terminal: its lines are broken, its figures stay whole."""
    out = io.StringIO()
    console = Console(file=out, width=40, force_terminal=True, no_color=True, markup=False)
    print_summary(failing_run, console)
    text = Text.from_ansi(out.getvalue()).plain
    for figure in ("requests", "50 (10.0 %)", "~100 ms", "iterations", "lag max"):
        assert figure in text
    assert console.width == 40


def test_remarks_on_criteria_stand_below_where_there_is_no_room(run_of: RunOf) -> None:
    """A remark never squeezes the criterion into a column of single words."""
    criterion = "http_req_duration{name:/a/path}: p(99.9) < 500ms"
    run = run_of(make_store(), make_plan(thresholds=("http_req_duration: p(99.9) < 5m", criterion)))
    out = io.StringIO()
    print_summary(run, Console(file=out, width=80, force_terminal=True, no_color=True, markup=False))
    text = Text.from_ansi(out.getvalue()).plain
    assert "http_req_duration: p(99.9) < 5m" in text
    assert criterion in text
    lines = text.splitlines()
    place = next(i for i, line in enumerate(lines) if f"? {criterion}" in line)
    assert "no data" in lines[place + 1]


def test_without_a_health_record_the_generator_is_not_called_ok(good_run: Run) -> None:
    """Of a run that was cut off before its first second nothing is known."""
    generator = msgspec.structs.replace(good_run.generator, seconds=0)
    text = text_of(msgspec.structs.replace(good_run, generator=generator))
    assert "Generator  no health record" in text
    assert "Generator  OK  1 worker" in text_of(good_run)
