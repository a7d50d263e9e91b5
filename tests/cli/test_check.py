"""`swell check` explains a plan; nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Said

Swell = Callable[..., Said]


def test_an_open_plan(swell: Swell) -> None:
    """Rate, exact total, plot and thresholds are shown; no host is needed."""
    said = swell("check", "loadtest.py", "--rate", "50/s", "-t", "1m", "--threshold", "http_req_failed: rate < 1%")
    assert said.code == 0
    for words in ("Visitor", "50/s", "exactly 3,000 iterations", "open model", "http_req_failed: rate < 1%"):
        assert words in said.out


def test_a_closed_plan_with_stages(swell: Swell) -> None:
    """Users over time with the peak as the label of the plot."""
    said = swell("check", "loadtest.py", "--stage", "10s:20", "--stage", "20s:0")
    assert "up to 20 users over 30s" in said.out
    assert "20 users |" in said.out


def test_scales_change_what_is_explained(swell: Swell) -> None:
    """Time and load scale apply to the plan that is shown."""
    options = ("--rate", "50/s", "-t", "1m", "--time-scale", "0.1", "--load-scale", "2")
    assert "exactly 600 iterations" in swell("check", "loadtest.py", *options).out


def test_without_thresholds_it_says_that_there_is_no_verdict(swell: Swell) -> None:
    """And how to get one."""
    assert "--threshold" in swell("check", "loadtest.py").out


def test_more_processes_than_a_plan_can_use(swell: Swell) -> None:
    """Fewer workers are used, and that is said."""
    said = swell("check", "loadtest.py", "--rate", "5/s", "-t", "5s", "--max-users", "2", "--processes", "4")
    assert "using 2" in said.err
    assert "2 workers" in said.out


def test_every_named_profile(swell: Swell, folder: Path) -> None:
    """All names of the help work for any file."""
    for name in ("smoke", "average", "stress", "spike", "soak", "breakpoint"):
        assert swell("check", "loadtest.py", "--profile", name).code == 0


def test_a_run_until_stopped(swell: Swell) -> None:
    """Users without a duration."""
    said = swell("check", "loadtest.py", "-u", "5")
    assert "Workload Visitor: 5 users until stopped" in said.out


def test_a_duration_that_cuts_the_load(swell: Swell) -> None:
    """Length, peak, plot and total are those of the part that runs."""
    said = swell("check", "loadtest.py", "--stage", "10s:5", "-t", "5s")
    assert "up to 2 users over 5s" in said.out
    assert "2 users |" in said.out
    said = swell("check", "loadtest.py", "--rate-stage", "10s:50/s", "-t", "5s")
    assert "up to 25/s arrivals over 5s" in said.out
    assert "exactly 63 iterations" in said.out


def test_passwords_are_not_printed(swell: Swell) -> None:
    """Neither that of the host nor that of a proxy."""
    options = ("--host", "http://user:hunter2@example.org", "--proxy", "http://me:hunter3@127.0.0.1:3128")
    said = swell("check", "loadtest.py", *options)
    assert said.code == 0
    assert "example.org" in said.out
    assert "hunter" not in said.out + said.err


def test_a_window_longer_than_the_load(swell: Swell) -> None:
    """It can only end without data, and that is said ahead; one that fits is fine."""
    said = swell("check", "loadtest.py", "-u", "1", "-t", "10s", "--threshold", "http_reqs: rate > 1 over any 10m")
    assert said.code == 0
    assert "warning: threshold http_reqs: rate > 1 over any 10m: the load lasts 10s" in said.err
    assert swell("check", "loadtest.py", "-t", "10s", "--threshold", "http_reqs: rate > 1 over any 10s").err == ""
