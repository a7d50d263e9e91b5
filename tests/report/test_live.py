"""Views of a running test: what they show, and that they stay calm."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from swell.coordinator.control import Phase
from swell.coordinator.judge import Judge
from swell.coordinator.state import LiveRun
from swell.metrics.recorder import Recorder
from swell.metrics.store import MetricStore
from swell.metrics.tags import TagSet
from swell.report.console import make_console
from swell.report.live import LiveView, PlainProgress, QuietView, make_view
from swell.report.recent import early_warning, recent
from tests.report.conftest import make_plan, make_store


def live_run(*, failing: bool = False, seconds: int = 10) -> LiveRun:
    """A run in its tenth second."""
    plan = make_plan()
    store = make_store(failing=failing, seconds=seconds)
    live = LiveRun(plan, 1, store, 10.0)
    live.phase = Phase.RUNNING
    live.seconds = seconds
    live.elapsed = seconds + 0.2
    live.results = Judge(plan).update(store, seconds) or ()
    live.health.add(0, seconds - 1, {"users": 7, "cpu": 0.5, "state": "ok"})
    return live


def down() -> LiveRun:
    """A run whose every request was refused, after two seconds."""
    store = MetricStore()
    recorder = Recorder()
    tags = TagSet.of({"name": "/feed", "method": "GET", "error": "refused", "expected_response": "false"})
    series = recorder.request_series(tags)
    for second in (0.1, 0.2, 1.1):
        recorder.add_request((series, second, second, 0.0, 0.0, 0.0, 0.0, 0, 0))
        recorder.add_error("refused", "connection refused by 127.0.0.1:8000", tags, None)
    store.add(0, recorder.flush(2.0))
    live = LiveRun(make_plan(), 1, store, 10.0)
    live.phase = Phase.RUNNING
    live.seconds = 2
    live.elapsed = 2.1
    return live


def test_recent_numbers_are_of_the_last_seconds() -> None:
    """Rate, failures and percentiles of the window; totals of the run."""
    now = recent(live_run(failing=True))
    assert now.users == 7
    assert now.rate == 50
    assert now.failed == 0.1
    assert now.p95 is not None
    assert 99 < now.p95 < 101
    assert (now.total, now.total_failed, now.dropped) == (500, 50, 0)
    assert now.worst[0].name == "GET /feed"


def test_a_target_that_is_down_is_said_once() -> None:
    """With the error and the address, in every view, and only once."""
    live = down()
    assert "connection refused" in early_warning(live)
    for view in (QuietView, PlainProgress):
        out = io.StringIO()
        watcher = view(make_console(out))
        for _ in range(3):
            watcher.refresh(live)
        assert out.getvalue().count("all 3 requests so far failed") == 1
        assert "http://127.0.0.1:8000" in out.getvalue()


def test_no_warning_once_something_worked() -> None:
    """Failures among successes are a matter for thresholds."""
    assert early_warning(live_run(failing=True)) == ""


def test_plain_progress_is_one_line_in_ten_seconds() -> None:
    """However often it is refreshed."""
    out = io.StringIO()
    view = PlainProgress(make_console(out))
    live = live_run(failing=True)
    for _ in range(5):
        view.refresh(live)
    lines = out.getvalue().strip().splitlines()
    assert len(lines) == 1
    for words in ("10s", "7 users", "50 requests/s", "10.0 % failed", "p95", "failing: http_req_failed"):
        assert words in lines[0]


def test_the_live_view_shows_figures_criteria_and_generator() -> None:
    """All of it in one picture; it is taken away at the end."""
    out = io.StringIO()
    view = LiveView(Console(file=out, force_terminal=True, width=120, markup=False, highlight=False))
    view.refresh(live_run(failing=True))
    view.close()
    for words in ("shop [beta]", "users", "p95", "GET /feed", "OK (CPU 50.0 %)", "http_req_failed: rate < 1%"):
        assert words in out.getvalue()


def test_output_of_user_code_stands_above_the_view() -> None:
    """Printed lines stay as they are, markup and all."""
    out = io.StringIO()
    view = LiveView(Console(file=out, force_terminal=True, width=60, markup=False, highlight=False))
    view.output(0, "order [red]42[/red] " + "x" * 80)
    view.close()
    assert "order [red]42[/red] " + "x" * 80 in out.getvalue().replace("\n", "")


def test_quiet_says_errors_only() -> None:
    """Notices of lesser weight are dropped."""
    out = io.StringIO()
    view = QuietView(make_console(out))
    view.notice("info", "still loading")
    view.notice("error", "worker 1 is lost")
    assert out.getvalue().strip() == "error: worker 1 is lost"


def test_the_view_follows_the_console(tmp_path: Path) -> None:
    """A terminal gets the live view, a log the plain lines, -q neither."""
    terminal = Console(file=io.StringIO(), force_terminal=True)
    view = make_view(terminal, quiet=False)
    view.close()
    assert isinstance(view, LiveView)
    assert type(make_view(make_console(io.StringIO()), quiet=False)) is PlainProgress
    assert type(make_view(terminal, quiet=True)) is QuietView


def test_before_the_first_second_nothing_is_divided_by_zero() -> None:
    """A fresh run can be shown."""
    live = LiveRun(make_plan(), 1, MetricStore(), None)
    out = io.StringIO()
    view = LiveView(Console(file=out, force_terminal=True, width=80, markup=False))
    view.refresh(live)
    live.phase, live.elapsed = Phase.RUNNING, -0.2
    view.refresh(live)
    view.close()
    assert "loading the test" in out.getvalue()


def failing_with(kind: str, message: str, host: str = "http://127.0.0.1:8000") -> LiveRun:
    """A run whose every request failed in this way, after two seconds."""
    store = MetricStore()
    recorder = Recorder()
    tags = TagSet.of({"name": "/feed", "method": "GET", "expected_response": "false"})
    series = recorder.request_series(tags, sent=False)
    for second in (0.1, 1.1):
        recorder.add_request((series, second, second, 0.0, 0.0, 0.0, 0.0, 0, 0))
        recorder.add_error(kind, message, tags, None)
    store.add(0, recorder.flush(2.0))
    live = LiveRun(make_plan(host=host), 1, store, 10.0)
    live.phase, live.seconds, live.elapsed = Phase.RUNNING, 2, 2.1
    return live


@pytest.mark.parametrize(
    ("kind", "message", "advice"),
    [
        ("refused", "127.0.0.1:8000 refused the connection", "Is http://127.0.0.1:8000 up"),
        ("refused", "the proxy 127.0.0.1:3128 refused the connection", "Is the proxy up"),
        ("proxy", "the proxy http://127.0.0.1:3128 refused the tunnel: HTTP/1.1 407", "Is the proxy up"),
        ("http_404", "status 404 Not Found was not expected", "The target answers: are the paths right"),
        ("http_503", "status 503 Service Unavailable was not expected", "The target answers, but not as expected"),
        ("tls_hostname", "the certificate of 127.0.0.1:8000 was refused: hostname mismatch", ""),
    ],
)
def test_the_early_warning_blames_the_right_one(kind: str, message: str, advice: str) -> None:
    """A target that answers is up; a proxy that does not says nothing about the target."""
    warning = early_warning(failing_with(kind, message))
    assert message in warning
    assert advice in warning
    assert ("Is http://127.0.0.1:8000 up" in warning) == advice.startswith("Is http")


def test_the_early_warning_hides_passwords() -> None:
    """A host with a password in it is named without."""
    assert "hunter2" not in early_warning(failing_with("refused", "refused", "http://me:hunter2@127.0.0.1:8000"))


def test_requests_that_were_never_sent_are_shown() -> None:
    """Their number and their share are there while there are no times yet."""
    live = failing_with("refused", "127.0.0.1:8000 refused the connection")
    now = recent(live)
    assert (now.total, now.requests, now.failed, now.p95) == (2, 2, 1.0, None)
    assert now.worst[0].p95 is None
    out = io.StringIO()
    view = LiveView(Console(file=out, force_terminal=True, width=120, markup=False, highlight=False))
    view.refresh(live)
    view.close()
    assert "100 % failed" in out.getvalue()


def test_the_live_view_fits_a_small_terminal() -> None:
    """At 80 columns no line of figures is broken."""
    out = io.StringIO()
    view = LiveView(Console(file=out, force_terminal=True, width=80, no_color=True, markup=False, highlight=False))
    live = live_run(failing=True)
    view.refresh(live)
    view.close()
    lines = [line for line in Text.from_ansi(out.getvalue()).plain.splitlines() if "p99" in line]
    assert lines
    assert all(line.rstrip().endswith("ms") for line in lines)
