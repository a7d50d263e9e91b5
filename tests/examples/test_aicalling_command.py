"""The AI Calling Platform's target as a command: seeding, restarts, signals, each fault, and wrong use explained."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.examples.aicalling import CALL, CALLS, QUEUE, AiCalling, csv_of, ended, imported, python_path, wait_for
from tests.examples.conftest import run_command, run_target

if TYPE_CHECKING:
    from pathlib import Path


def test_interrupted_work_is_taken_up(tmp_path):
    """Calls that waited when the service ended are made after its next start; its imports have failed, and say so."""
    env = {"DATABASE_URL": f"sqlite:///{tmp_path / 'kept.sqlite3'}"}
    with run_target(AiCalling, tmp_path, "--fault", "backlog", env=env) as target:
        caller = target.caller()
        upload = caller.send("POST", "/api/v1/imports", csv_of(10_000))[2]["importId"]
        waiting = caller.get(f"{CALLS}?status=queued&page=70")["calls"][0]["callId"]
    with run_target(AiCalling, tmp_path, env=env) as target:
        caller = target.caller()
        assert caller.get(f"/api/v1/imports/{upload}")["status"] == "failed"
        assert caller.get(QUEUE)["depth"] > 1_000
        assert ended(caller, waiting)["attempts"] == 1


def test_seed_command(tmp_path):
    """Seeding fills a database for good; serving leaves what is there, and a new call comes after it."""
    env = {"DATABASE_URL": f"sqlite:///{tmp_path / 'kept.sqlite3'}", "SEED_CALLS": "50"}
    assert run_command(AiCalling.folder, "seed", **env).returncode == 0
    for more in (1, 2):
        with run_target(AiCalling, tmp_path, env={"DATABASE_URL": env["DATABASE_URL"]}) as target:
            assert target.caller().send("POST", CALLS, CALL)[2]["callId"] == 50 + more


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it(tmp_path, sent):
    """A signal is a clean end in the middle of calls and imports, and takes the embedded database along."""
    with run_target(AiCalling, tmp_path, "--fault", "backlog") as target:
        assert target.caller().send("POST", "/api/v1/imports", csv_of(1_000))[0] == 202
        assert list(tmp_path.glob("aicalling-*"))
        target.service.process.send_signal(sent)
        assert target.service.process.wait(30) == 0
        assert not list(tmp_path.glob("aicalling-*"))


def test_backlog_fault(tmp_path):
    """With the backlog the queue is deeper than a thousand calls."""
    with run_target(AiCalling, tmp_path, "--fault", "backlog") as target:
        assert target.caller().get(QUEUE)["depth"] > 1_000


def test_lost_rows_fault(tmp_path):
    """The import says that it is completed, but rows are missing."""
    with run_target(AiCalling, tmp_path, "--fault", "lost-rows") as target:
        caller = target.caller()
        done = imported(caller, caller.send("POST", "/api/v1/imports", csv_of(300))[2]["importId"])
        assert (done["status"], done["contacts"]) == ("completed", 297)


def test_errors_fault(tmp_path):
    """One request in ten is a 500."""
    with run_target(AiCalling, tmp_path, "--fault", "errors") as target:
        caller = target.caller()
        statuses = [caller.send("GET", "/health")[0] for _ in range(200)]
        assert 5 <= statuses.count(500) <= 45


@pytest.mark.parametrize(
    ("fault", "path"),
    [("slow", "/health"), ("n-plus-one", "/api/v1/analytics/agents"), ("n-plus-one", "/api/v1/analytics/dashboard")],
)
def test_fault_makes_slow(tmp_path, fault, path):
    """The fault costs its endpoint half a second and more."""
    with run_target(AiCalling, tmp_path, "--fault", fault) as target:
        begun = time.monotonic()
        target.caller().get(path)
        assert time.monotonic() - begun > 0.5


def test_slow_import_fault(tmp_path):
    """Each row costs a round trip."""
    with run_target(AiCalling, tmp_path, "--fault", "slow-import") as target:
        caller = target.caller()
        begun = time.monotonic()
        imported(caller, caller.send("POST", "/api/v1/imports", csv_of(20))[2]["importId"])
        assert time.monotonic() - begun > 20 * 0.08


def test_queue_away(tmp_path, redis_url):
    """When Redis goes away while the service is up, scheduling is answered with a 503 that says so."""
    import redis

    own = f"{redis_url.rpartition('/')[0]}/7"  # not that of the healthy target
    with run_target(AiCalling, tmp_path, env={"REDIS_URL": own}) as target, redis.Redis.from_url(own) as client:
        caller = target.caller()
        # What is no list cannot be pushed to: the queue as the service knows it is gone.
        wait_for(lambda: caller.get(QUEUE), lambda queue: queue["depth"] == 0)
        client.set("aicalling:calls:waiting", "no list")
        try:
            status, _, body = caller.send("POST", CALLS, CALL)
            assert status == 503
            assert "queue" in body["error"]
        finally:
            client.delete("aicalling:calls:waiting")


@pytest.mark.parametrize(
    ("arguments", "environment", "reason"),
    [
        (["seed"], {}, "DATABASE_URL is not set"),
        (["serve"], {"DATABASE_URL": "mysql://x"}, "postgresql://"),
        (["serve"], {"REDIS_URL": "http://x"}, "redis://"),
        (["serve"], {"SEED_CALLS": "many"}, "SEED_CALLS must be"),
        (["serve"], {"REDIS_URL": "redis://127.0.0.1:1/0"}, "Redis is not reached"),
        (["serve", "--fault", "meteor"], {}, "n-plus-one"),
        (["serve", "--port", "70000"], {}, "cannot listen"),
    ],
)
def test_wrong_use_is_explained(arguments, environment, reason):
    """A wrong command, or a service that is not there, ends with a reason and without a traceback."""
    done = run_command(AiCalling.folder, *arguments, **environment)
    assert done.returncode == 2
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_package_is_explained(tmp_path: Path):
    """A MongoDB without its driver is one sentence that says what to install."""
    (tmp_path / "pymongo.py").write_text("raise ImportError('not here')\n")
    url = "mongodb://127.0.0.1:1/aicalling"
    done = run_command(AiCalling.folder, "serve", DATABASE_URL=url, PYTHONPATH=python_path(tmp_path))
    assert (done.returncode, "pip install pymongo" in done.stderr) == (2, True)


def test_missing_mongodb_is_explained():
    """A MongoDB that does not answer is one sentence, after a short wait."""
    pytest.importorskip("pymongo")
    done = run_command(AiCalling.folder, "serve", DATABASE_URL="mongodb://127.0.0.1:1/aicalling")
    assert (done.returncode, "MongoDB is not reached" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr
