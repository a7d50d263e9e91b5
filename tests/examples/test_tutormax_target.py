"""The TutorMax target, called over loopback: each endpoint on SQLite and on PostgreSQL with Redis, each fault."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from swell.model.threshold import parse_threshold
from tests.examples.conftest import TUTORMAX
from tests.services import at_once

if TYPE_CHECKING:
    from tests.examples.conftest import TutorMax

SESSION = {
    "tutor_id": 7,
    "student_id": 8,
    "subject": "physics",
    "starts_at": "2031-05-06T10:00:00+02:00",
    "minutes": 45,
}


def cpu_seconds(target: TutorMax, path: str) -> float:
    """The CPU time that the service spends on three GETs of a path."""
    psutil = pytest.importorskip("psutil")
    process = psutil.Process(target.service.process.pid)
    caller = target.caller()
    caller.get(path)
    before = process.cpu_times().user
    for _ in range(3):
        caller.get(path)
    return process.cpu_times().user - before


def test_health(tutormax):
    """The probe tells which services it reached."""
    health = tutormax.caller().get("/health")
    assert health["status"] == "healthy"
    assert (health["database"]["kind"], health["cache"]["kind"]) in {("sqlite", "memory"), ("postgresql", "redis")}


def test_dashboard(tutormax):
    """The dashboard's figures are plausible, and come from the cache the second time."""
    caller = tutormax.caller()
    kinds = []
    while "hit" not in kinds:  # bounded by the test's timeout; the figures are kept for 5 s
        status, headers, metrics = caller.send("GET", "/api/dashboard/metrics")
        assert status == 200
        kinds.append(headers["x-cache"])
    assert kinds[0] == "miss"
    assert 0 < metrics["no_shows_last_hour"] < metrics["sessions_last_hour"] < 30_000
    assert 1 < metrics["average_rating"] < 5
    assert 0 < metrics["active_alerts"] < 600


def test_analytics(tutormax):
    """Analytics count every session of the day once, by hour and subject."""
    rows = tutormax.caller().get("/api/performance/analytics")["analytics"]
    assert len({(row["hour"], row["subject"]) for row in rows}) == len(rows) > 24 * 8 - 8
    # Sessions leave the window as time passes; the seeding was not long ago.
    assert 25_000 < sum(row["sessions"] for row in rows) <= 30_000
    assert all(1 < row["rating"] < 5 for row in rows if row["completed"] > 10)


def test_alerts(tutormax):
    """Alerts are filtered by status, newest first, with their tutor and what its sessions say."""
    caller = tutormax.caller()
    active = caller.get("/api/alerts?status=active")["alerts"]
    assert {alert["status"] for alert in active} == {"active"}
    assert {alert["status"] for page in (1, 2) for alert in caller.get(f"/api/alerts?page={page}")["alerts"]} == {
        "active",
        "resolved",
    }
    moments = [alert["created_at"] for alert in active]
    assert moments == sorted(moments, reverse=True)
    tutor = caller.get(f"/api/tutors/{active[0]['tutor_id']}")
    assert [tutor[name] for name in ("name", "no_shows", "rating")] == [
        active[0][name] for name in ("tutor_name", "no_shows", "rating")
    ]
    assert caller.send("GET", "/api/alerts?status=lost")[0] == 400


def test_interventions(tutormax):
    """An intervention goes from pending over assigned to resolved, one step at a time."""
    caller = tutormax.caller()
    pending = caller.get("/api/interventions?status=pending")["interventions"]
    assert {intervention["status"] for intervention in pending} == {"pending"}
    path = f"/api/interventions/{pending[0]['id']}"
    outcome = {"outcome": "improved", "notes": "a call"}
    assert caller.get(path)["assignee_id"] is None
    assert caller.send("POST", f"{path}/outcome", outcome)[0] == 409
    assert caller.send("POST", f"{path}/assign", {"assignee_id": 999_999})[0] == 422
    assert caller.send("POST", f"{path}/assign", {"assignee_id": 3})[2]["status"] == "assigned"
    assert caller.send("POST", f"{path}/assign", {"assignee_id": 4})[0] == 409
    assert caller.send("POST", f"{path}/outcome", {"outcome": "magic"})[0] == 422
    assert caller.send("POST", f"{path}/outcome", outcome)[2]["outcome"] == "improved"
    assert caller.send("POST", f"{path}/outcome", outcome)[0] == 409
    done = caller.get(path)
    assert (done["status"], done["assignee_id"], done["notes"]) == ("resolved", 3, "a call")
    assert done["assignee_name"]
    assert pending[0]["id"] not in [
        one["id"] for one in caller.get("/api/interventions?status=pending")["interventions"]
    ]


def test_sessions(tutormax):
    """A session is created in its tutor's list and updated field by field."""
    caller = tutormax.caller()
    status, _, made = caller.send("POST", "/api/sessions", SESSION)
    assert (status, made["status"], made["starts_at"]) == (201, "scheduled", "2031-05-06T08:00:00Z")
    first = caller.get("/api/tutors/7/sessions")["sessions"][0]
    assert (first["id"], first["student_id"]) == (made["id"], 8)
    path = f"/api/sessions/{made['id']}"
    assert caller.send("PATCH", path, {"status": "completed"})[2]["status"] == "completed"
    changed = caller.send("PATCH", path, {"rating": 5, "notes": "well done"})[2]
    assert [changed[name] for name in ("status", "rating", "notes")] == ["completed", 5, "well done"]
    for wrong in ({}, {"status": "lost"}, {"rating": 6}, {"tutor_id": 1}):
        assert caller.send("PATCH", path, wrong)[0] == 422
    for wrong in (
        {"tutor_id": 999_999},
        {"student_id": 10**30},
        {"subject": "tax"},
        {"starts_at": "soon"},
        {"starts_at": "2031-05-06T10:00:00"},
    ):
        assert caller.send("POST", "/api/sessions", {**SESSION, **wrong})[0] == 422


def test_tutors(tutormax):
    """Tutors are listed with or without metrics; those of one tutor are the same."""
    caller = tutormax.caller()
    plain = caller.get("/api/tutors?page=2")["tutors"]
    rich = caller.get("/api/tutors?page=2&include_metrics=true")["tutors"]
    assert [tutor["id"] for tutor in plain] == [tutor["id"] for tutor in rich]
    assert "rating" not in plain[0]
    assert caller.get(f"/api/tutors/{rich[0]['id']}") == rich[0]
    assert rich[0]["completed"] + rich[0]["no_shows"] <= rich[0]["sessions"]
    sessions = caller.get(f"/api/tutors/{rich[0]['id']}/sessions")["sessions"]
    moments = [session["starts_at"] for session in sessions]
    assert moments == sorted(moments, reverse=True)
    assert all(session["student_name"] for session in sessions)
    assert all(advice["text"] for advice in caller.get("/api/tutors/1/recommendations")["recommendations"])
    assert caller.send("GET", "/api/tutors?include_metrics=perhaps")[0] == 400


def test_admin(tutormax):
    """Staff are listed; roles are replaced, and only by known ones."""
    caller = tutormax.caller()
    users = caller.get("/api/admin/users")["users"]
    assert len(users) == 25
    path = f"/api/admin/users/{users[4]['id']}"
    assert caller.get(path) == users[4]
    assert caller.send("PATCH", f"{path}/roles", {"roles": ["support", "admin"]})[2]["roles"] == ["admin", "support"]
    assert caller.get(path)["roles"] == ["admin", "support"]
    for wrong in ([], ["king"], "admin"):
        assert caller.send("PATCH", f"{path}/roles", {"roles": wrong})[0] == 422


def test_feedback_once(tutormax):
    """A feedback token is good for one answer, also when two come at the same time; then it is gone."""
    callers, token = [tutormax.caller() for _ in range(4)], next(tutormax.feedback_tokens)
    post = [partial(caller.send, "POST", f"/api/feedback/{token}", {"rating": 5}) for caller in callers]
    assert sorted(answer[0] for answer in at_once(post)) == [201, 410, 410, 410]
    assert callers[0].send("POST", f"/api/feedback/{next(tutormax.feedback_tokens)}", {"rating": 6})[0] == 422
    assert callers[0].send("POST", "/api/feedback/none", {"rating": 5})[0] == 404


@pytest.mark.parametrize("number", ["999999", "9" * 30])
def test_what_is_not_there(tutormax, number):
    """An id that no row has, or could have, is 404."""
    caller = tutormax.caller()
    for method, path, body in (
        ("GET", "tutors/{}", None),
        ("GET", "tutors/{}/sessions", None),
        ("GET", "tutors/{}/recommendations", None),
        ("GET", "interventions/{}", None),
        ("POST", "interventions/{}/assign", {"assignee_id": 1}),
        ("POST", "interventions/{}/outcome", {"outcome": "declined"}),
        ("PATCH", "sessions/{}", {"rating": 5}),
        ("GET", "admin/users/{}", None),
        ("PATCH", "admin/users/{}/roles", {"roles": ["admin"]}),
    ):
        assert caller.send(method, "/api/" + path.format(number), body)[0] == 404, path


def test_fault_slow(serve_tutormax):
    """The fault slow cannot answer sooner than what it waits for, 1.5 s, and spares the rest."""
    with serve_tutormax("--fault", "slow") as target:
        start = os.times().elapsed
        target.caller().get("/api/dashboard/metrics")
        # A lower bound only, which no machine is too slow for; 0.02 s are the coarseness of this clock.
        assert os.times().elapsed - start >= 1.48


def test_fault_errors(serve_tutormax):
    """The fault errors fails some API requests and no probe."""
    with serve_tutormax("--fault", "errors") as target:
        caller = target.caller()
        seen = Counter(caller.send("GET", "/api/admin/users/1")[0] for _ in range(200))
        assert set(seen) == {200, 500}
        assert seen[500] < 60
        assert {caller.send("GET", "/health")[0] for _ in range(50)} == {200}


def test_faults_of_queries(serve_tutormax, tmp_path):
    """n-plus-one waits for 25 round trips, no-index burns CPU and drops the indexes; both answer the same."""
    database = tmp_path / "kept.sqlite3"
    env = {"DATABASE_URL": f"sqlite:///{database}"}
    alerts = "/api/alerts?status=active"
    paths = [alerts, "/api/tutors?include_metrics=true", "/api/interventions?status=pending", "/api/tutors/3/sessions"]

    def indexes() -> int:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            return connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'index'").fetchone()[0]

    with serve_tutormax(env=env) as target:
        healthy = [target.caller().get(path) for path in paths]
        usual = cpu_seconds(target, alerts)
        assert indexes() > 0
    with serve_tutormax("--fault", "n-plus-one", env=env) as target:
        caller = target.caller()
        for path, wanted in zip(paths, healthy, strict=True):
            start = os.times().elapsed
            assert caller.get(path) == wanted
            assert os.times().elapsed - start >= 25 * 0.03 - 0.02
    with serve_tutormax("--fault", "no-index", env=env) as target:
        assert [target.caller().get(path) for path in paths] == healthy
        # Measured: 30 times as much and more. CPU time, not the clock's: a busy machine changes little.
        assert cpu_seconds(target, alerts) > 4 * usual
        assert indexes() == 0
    with serve_tutormax(env=env):
        assert indexes() > 0


def test_thresholds_are_about_the_locustfile():
    """Each threshold can be read, and names a request that the locustfile makes."""
    criteria = [parse_threshold(line) for line in (TUTORMAX / "thresholds.txt").read_text().splitlines()]
    names = set(re.findall(r'"(/api/[^"{]*)"', (TUTORMAX / "locustfile.py").read_text()))
    assert {criterion.tags["name"] for criterion in criteria if criterion.tags} <= names
    assert {criterion.metric for criterion in criteria} == {"http_req_duration", "http_req_failed", "http_reqs"}


def test_locustfile_on_locust(serve_tutormax, tmp_path):
    """Locust itself runs the locustfile against the target without a failure, in all six roles."""
    if importlib.util.find_spec("locust") is None:
        pytest.skip("Locust is not installed")
    with serve_tutormax() as target:
        options = ["-f", str(TUTORMAX / "locustfile.py"), "--host", target.service.url, "--headless", "--only-summary"]
        load = ["--users", "20", "--spawn-rate", "20", "--run-time", "4s"]
        done = subprocess.run(
            [sys.executable, "-m", "locust", *options, *load],
            env={**os.environ, "TUTORMAX_TOKENS": str(target.tokens)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    # Exit code 0: there were requests, no failure and no exception.
    assert done.returncode == 0, done.stderr
    (spawned,) = re.findall(r"All users spawned: (\{.*?\})", done.stderr)
    assert spawned.count(":") == 6
