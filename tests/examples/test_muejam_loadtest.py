"""The MueJam load test: what the team's guide demands, and one rehearsal of it from end to end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import pytest

from swell.dialects.python.loader import LOADER, load
from swell.dialects.python.options import RunOptions
from swell.model.plan import Source
from swell.model.profiles import duration, users_at
from tests.examples.conftest import MUEJAM, run_command


@pytest.fixture
def program(tmp_path, monkeypatch):
    """The load test, loaded with a fresh token pool."""
    assert run_command(MUEJAM, "tokens", "--tokens", str(tmp_path)).returncode == 0
    monkeypatch.setenv("MUEJAM_TOKENS", str(tmp_path))
    return load(Source(LOADER, str(MUEJAM / "loadtest.py")))


def test_user_types_and_shares(program):
    """Of 100 users 70 are signed in, 25 visitors, 4 writers and 1 a health check."""
    (workload,) = program.plan(RunOptions(profile="basic")).workloads
    assert {share.behaviour: share.weight for share in workload.mix} == {
        "AuthenticatedUser": 70,
        "UnauthenticatedUser": 25,
        "WriterUser": 4,
        "HealthCheckUser": 1,
    }


def test_task_weights(program):
    """Each user type does its tasks in the guide's proportions."""
    weights = {
        name: sorted(Counter(task.__name__ for task in cls.tasks).values(), reverse=True)
        for name, cls in program.users.items()
    }
    assert weights == {
        "AuthenticatedUser": [10, 8, 5, 3, 2, 1],
        "UnauthenticatedUser": [10, 5, 2],
        "WriterUser": [5, 3, 2],
        "HealthCheckUser": [1, 1],
    }


@pytest.mark.parametrize(
    ("name", "length", "users"),
    [
        ("basic", 300, {5: 50, 9: 90, 60: 100, 299: 100}),
        ("peak", 600, {10: 500, 60: 1_000, 599: 1_000}),
        ("sustained", 1_800, {5: 100, 60: 200, 1_799: 200}),
        ("spike", 600, {3: 30, 60: 50, 119: 50, 122: 250, 290: 500, 310: 300, 400: 100, 599: 100}),
    ],
)
def test_scenarios(program, name, length, users):
    """The four scenarios have the guide's users, spawn rates and lengths."""
    (workload,) = program.plan(RunOptions(profile=name)).workloads
    assert duration(workload.profile) == pytest.approx(length)
    for at, count in users.items():
        assert abs(users_at(workload.profile, at) - count) <= 1, at


def test_criteria(program):
    """The guide's table of success criteria is there, line by line."""
    assert program.plan(RunOptions(profile="basic")).thresholds[:4] == (
        "http_req_duration: p(95) < 500ms, acceptable < 1000ms, fail > 1000ms",
        "http_req_duration: p(99) < 1000ms, acceptable < 2000ms, fail > 2000ms",
        "http_req_failed: rate < 0.5%, acceptable < 2%, fail > 5%",
        "http_reqs: rate > 100/s, acceptable > 50/s, fail < 50/s",
    )


def _rehearse(folder, *options):
    """Run a scenario against the embedded target; its summary."""
    path = folder / "summary.json"
    command = [sys.executable, str(MUEJAM / "run.py"), *options, "--no-store", "--quiet", "--json", str(path)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert path.exists(), done.stderr
    summary = json.loads(path.read_text())
    assert summary["exit_code"] == done.returncode
    return summary


def test_rehearsal(tmp_path):
    """One command runs target and test; every endpoint answers, and a 429 is no failure."""
    summary = _rehearse(tmp_path, "spike", "--time-scale", "0.015")
    names = {f"{one['method']} {one['name']}" for one in summary["endpoints"]}
    assert {"GET /v1/discover", "GET /v1/public/stories", "POST /v1/writer/stories", "GET /health"} <= names
    assert summary["metrics"]["http_req_failed"]["values"]["rate"] == 0
    assert summary["metrics"]["rate_limited"]["values"]["rate"] > 0
    assert all(check["passes"] > 0 == check["fails"] for check in summary["checks"])


def test_fault_turns_the_verdict(tmp_path):
    """A target with a fault cannot pass."""
    summary = _rehearse(tmp_path, "basic", "--time-scale", "0.015", "--fault", "errors")
    grades = {one["metric"]: one["grade"] for one in summary["thresholds"]}
    assert grades["http_req_failed"] == "failed"
    assert summary["exit_code"] != 0
