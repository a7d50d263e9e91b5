"""The Music 'n Me suite: what the team's guide demands of its files, and rehearsals of it from end to end."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from tests.examples.musicnme import MUSICNME

FULL, DASHBOARD, CALENDAR, HYBRID = (
    "artillery.yml",
    "scenarios/dashboard.yml",
    "scenarios/calendar.yml",
    "scenarios/hybrid-booking.yml",
)
FILES = (FULL, DASHBOARD, CALENDAR, HYBRID)


def _read(file: str) -> Any:
    return yaml.safe_load((MUSICNME / file).read_text(encoding="utf-8"))


def _thresholds(script: Any) -> dict[str, int]:
    return {name: limit for one in script["config"]["ensure"]["thresholds"] for name, limit in one.items()}


@pytest.mark.parametrize(
    ("file", "phases"),
    [
        (FULL, [(60, 10), (120, 50), (180, 200)]),
        (DASHBOARD, [(60, 20), (120, 50)]),
        (CALENDAR, [(60, 15), (120, 40)]),
        (HYBRID, [(30, 5), (90, 20), (60, 30)]),
    ],
)
def test_load_profiles(file, phases):
    """Each suite has the guide's phases, and a rehearsal of the same phases within 30 seconds."""
    config = _read(file)["config"]
    assert [(one["duration"], one["arrivalRate"]) for one in config["phases"]] == phases
    rehearsal = config["environments"]["rehearsal"]["phases"]
    assert [one["name"] for one in rehearsal] == [one["name"] for one in config["phases"]]
    assert sum(one["duration"] for one in rehearsal) < 30


@pytest.mark.parametrize(
    ("file", "p95", "p99"), [(FULL, 1000, 2000), (DASHBOARD, 1000, 2000), (CALENDAR, 1200, 2500), (HYBRID, 1000, 2000)]
)
def test_limits(file, p95, p99):
    """Each suite has the guide's limits, with the plugin that looks at them: times, and less than 1 % errors."""
    script = _read(file)
    assert "ensure" in script["config"]["plugins"]
    assert _thresholds(script) == {"http.response_time.p95": p95, "http.response_time.p99": p99}
    assert script["config"]["ensure"]["maxErrorRate"] == 1
    conditions = [one["expression"] for one in script["config"]["ensure"]["conditions"]]
    assert "app.failed / http.requests < 0.01" in conditions
    assert ("app.conflicts / http.requests < 0.05" in conditions) == (file in {FULL, HYBRID})
    assert ("calendar.month_events.min >= 500" in conditions) == (file == CALENDAR)


def test_scenarios():
    """The full test has the guide's seven workflows with its shares; the dashboards have theirs."""
    assert {one["name"]: one["weight"] for one in _read(FULL)["scenarios"]} == {
        "Health Check": 5,
        "User Authentication Flow": 20,
        "Dashboard Load": 25,
        "Calendar Operations": 20,
        "Student Data Access": 10,
        "Attendance Marking": 10,
        "Hybrid Lesson Booking": 10,
    }
    assert [one["weight"] for one in _read(DASHBOARD)["scenarios"]] == [40, 35, 25]


@pytest.mark.parametrize("file", FILES)
def test_processor(file):
    """Each suite names the processor, each scenario its functions, and these are the three there are."""
    script = _read(file)
    source = (MUSICNME / file).parent / script["config"]["processor"]
    names = re.search(r"module\.exports = \{(.+)\}", source.read_text(encoding="utf-8"))
    assert names is not None
    known = [name.strip() for name in names[1].split(",")]
    assert known == ["generateRandomData", "logResponse", "trackCustomMetrics"]
    for one in script["scenarios"]:
        assert [one["beforeScenario"], *one["afterResponse"]] == known


def test_commands():
    """There is an npm-style command for each suite, on files that exist."""
    commands = json.loads((MUSICNME / "package.json").read_text(encoding="utf-8"))["scripts"]
    suites = {name: commands[f"load-test{name}"] for name in ("", ":dashboard", ":calendar", ":hybrid", ":report")}
    for (name, command), file in zip(suites.items(), (*FILES, FULL), strict=True):
        assert "swell artillery run" in command, name
        assert re.search(rf"(^| ){re.escape(file)}(;| |$)", command), name
    assert "artillery report" in suites[":report"]
    assert {"dev", "db:seed"} <= set(commands)
