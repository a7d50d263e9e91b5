"""The TutorMax target, called over loopback: each endpoint on SQLite and on PostgreSQL with Redis, each fault."""

from __future__ import annotations

import contextlib
import csv
import importlib.util
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from swell.model.threshold import parse_threshold
from tests.services import Caller, Service, at_once, run_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TUTORMAX = Path(__file__).resolve().parents[2] / "examples" / "tutormax"
SESSION = {
    "tutor_id": 7,
    "student_id": 8,
    "subject": "physics",
    "starts_at": "2031-05-06T10:00:00+02:00",
    "minutes": 45,
}


class TutorMax:
    """A running TutorMax target with its feedback tokens."""

    def __init__(self, service: Service, token_file: Path) -> None:
        self.service = service
        self.token_file = token_file
        with token_file.open(newline="", encoding="utf-8") as file:
            self.tokens = iter([row["token"] for row in csv.DictReader(file)])
        self._callers = contextlib.ExitStack()

    def caller(self) -> Caller:
        return self._callers.enter_context(contextlib.closing(Caller(self.service)))

    def close(self) -> None:
        self._callers.close()


@contextlib.contextmanager
def run_tutormax(folder: Path, *options: str, env: Mapping[str, str] | None = None) -> Iterator[TutorMax]:
    """Serve the target on a free port; its tokens go into `folder`."""
    tokens = folder / "tokens.csv"
    # Empty values: what the machine's environment says about databases is none of the test's business.
    environment = {"DATABASE_URL": "", "REDIS_URL": "", "TMPDIR": str(folder), **(env or {})}
    command = [sys.executable, "-m", "target", "serve", "--port", "0", "--tokens", str(tokens), *options]
    with (
        run_service(command, cwd=TUTORMAX, env=environment) as service,
        contextlib.closing(TutorMax(service, tokens)) as target,
    ):
        yield target


@pytest.fixture(scope="module", params=["embedded", "postgresql+redis"])
def tutormax(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TutorMax]:
    """The healthy target, once on its embedded default and once on real services."""
    env: dict[str, str] = {}
    if request.param != "embedded":
        env["DATABASE_URL"] = request.getfixturevalue("postgres_url")
        env["REDIS_URL"] = request.getfixturevalue("redis_url")
    with run_tutormax(tmp_path_factory.mktemp("tutormax"), env=env) as target:
        yield target


@pytest.fixture
def serve_tutormax(tmp_path: Path) -> Callable[..., contextlib.AbstractContextManager[TutorMax]]:
    """Serve a target of one's own: options and `env` as `run_tutormax`."""
    return partial(run_tutormax, tmp_path)


def run_target(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m target` with arguments, and variables given by name, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "target", *arguments],
        cwd=TUTORMAX,
        env={**os.environ, "DATABASE_URL": "", "REDIS_URL": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


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
    callers, token = [tutormax.caller() for _ in range(4)], next(tutormax.tokens)
    post = [partial(caller.send, "POST", f"/api/feedback/{token}", {"rating": 5}) for caller in callers]
    assert sorted(answer[0] for answer in at_once(post)) == [201, 410, 410, 410]
    assert callers[0].send("POST", f"/api/feedback/{next(tutormax.tokens)}", {"rating": 6})[0] == 422
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


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it(serve_tutormax, tmp_path, sent):
    """A signal is a clean end and takes the embedded database along."""
    with serve_tutormax() as target:
        target.caller().get("/health")
        assert list(tmp_path.glob("tutormax-*"))
        target.service.process.send_signal(sent)
        assert target.service.process.wait(30) == 0
        assert not list(tmp_path.glob("tutormax-*"))


def test_ends_with_its_parent(serve_tutormax):
    """With --exit-with-parent it goes when the pipe to its parent closes."""
    with serve_tutormax("--exit-with-parent") as target:
        target.service.process.stdin.close()
        assert target.service.process.wait(30) == 0


def test_seed_command(serve_tutormax, tmp_path):
    """Seeding fills a database for good and writes tokens; serving leaves what is there."""
    env = {"DATABASE_URL": f"sqlite:///{tmp_path / 'kept.sqlite3'}"}
    done = run_target("seed", "--tokens", str(tmp_path / "tokens.csv"), **env)
    assert (done.returncode, done.stdout.split()[0]) == (0, "20000")
    for wanted in (30_001, 30_002):
        with serve_tutormax(env=env) as target:
            assert target.caller().send("POST", "/api/sessions", SESSION)[2]["id"] == wanted


@pytest.mark.parametrize(
    ("arguments", "environment", "reason"),
    [
        (["seed"], {}, "DATABASE_URL is not set"),
        (["seed"], {"DATABASE_URL": "mysql://x"}, "postgresql://"),
        (["serve", "--fault", "meteor"], {}, "n-plus-one"),
        (["serve", "--host", "192.0.2.1"], {}, "cannot listen"),
    ],
)
def test_wrong_use_is_explained(arguments, environment, reason):
    """A wrong command ends with a reason and without a traceback."""
    done = run_target(*arguments, **environment)
    assert done.returncode != 0
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_health_fails_without_redis(serve_tutormax, redis_url):
    """When Redis is not reached the service answers on, and says that it is not healthy."""
    closed = redis_url.rpartition(":")[0] + ":1/0"
    with serve_tutormax(env={"REDIS_URL": closed}) as target:
        status, _, body = target.caller().send("GET", "/health")
        assert (status, body["cache"]) == (503, {"kind": "redis", "up": False})
        assert target.caller().send("GET", "/api/dashboard/metrics")[0] == 200


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
            env={**os.environ, "TUTORMAX_TOKENS": str(target.token_file)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    # Exit code 0: there were requests, no failure and no exception.
    assert done.returncode == 0, done.stderr
    (spawned,) = re.findall(r"All users spawned: (\{.*?\})", done.stderr)
    assert spawned.count(":") == 6
