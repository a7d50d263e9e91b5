"""The AI Calling Platform's target, called over loopback: each endpoint on SQLite, PostgreSQL with Redis, MongoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.examples.aicalling import (
    CALL,
    CALLS,
    QUEUE,
    AiCalling,
    ApiCaller,
    csv_of,
    ended,
    imported,
    python_path,
    wait_for,
)
from tests.examples.conftest import _healthy, run_target
from tests.services import at_once

if TYPE_CHECKING:
    from collections.abc import Iterator

# No MongoDB is to be had as a package: the driver's calls go to an imitation in the target's process. A server changes
# a document as one step; the imitation looks and then writes, so its calls are made one at a time.
MONGOMOCK = """
import functools, threading
import mongomock, pymongo
from mongomock.collection import Collection

lock = threading.RLock()

def alone(method):
    @functools.wraps(method)
    def call(*args, **kwargs):
        with lock:
            return method(*args, **kwargs)
    return call

for name in ("find_one_and_update", "insert_many", "insert_one", "update_many", "update_one"):
    setattr(Collection, name, alone(getattr(Collection, name)))
pymongo.MongoClient = mongomock.MongoClient
"""


@pytest.fixture(scope="module", params=["embedded", "postgresql+redis", "mongodb"])
def aicalling(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AiCalling]:
    """The healthy target: on its embedded default, on real services, and on an imitation of MongoDB."""
    if request.param != "mongodb":
        yield from _healthy(AiCalling, request, tmp_path_factory)
        return
    pytest.importorskip("mongomock")
    pytest.importorskip("pymongo")
    folder = tmp_path_factory.mktemp("aicalling")
    (folder / "sitecustomize.py").write_text(MONGOMOCK)
    # The imitation looks at each document for every question: a tenth of them is enough.
    env = {"DATABASE_URL": "mongodb://127.0.0.1/aicalling", "PYTHONPATH": python_path(folder), "SEED_CALLS": "2000"}
    with run_target(AiCalling, folder, env=env) as target:
        yield target


def test_health(aicalling):
    """The probe needs no key and tells which services it reached."""
    caller = aicalling.caller()
    caller.key = ""
    health = caller.get("/health")
    assert health["status"] == "ok"
    kinds = tuple(health[part]["kind"] for part in ("database", "queue", "cache"))
    assert kinds in {
        ("sqlite", "memory", "memory"),
        ("postgresql", "redis", "redis"),
        ("mongodb", "memory", "memory"),
    }


def test_key_is_needed(aicalling):
    """Without the API key nothing but the probe is answered."""
    caller = aicalling.caller()
    caller.key = "wrong"
    for path in (CALLS, QUEUE, "/api/v1/imports/1", "/api/v1/analytics/dashboard"):
        assert caller.send("GET", path)[0] == 401


def test_import_of_1000_rows(aicalling):
    """A file is taken at once and imported in the background, with progress that only grows, to the last row."""
    caller = aicalling.caller()
    status, headers, body = caller.send("POST", "/api/v1/imports", csv_of(1_000))
    assert (status, body["total"]) == (202, 1_000)
    seen = []
    done = wait_for(
        lambda: seen.append(caller.get(headers["location"])) or seen[-1],
        lambda one: one["status"] in {"completed", "failed"},
    )
    assert (done["status"], done["progress"], done["errors"]) == ("completed", 100, [])
    assert done["imported"] == done["contacts"] == done["processed"] == 1_000
    counts = [one["processed"] for one in seen]
    assert counts == sorted(counts)
    assert any(0 < count < 1_000 for count in counts), counts


def test_ten_imports_at_once(aicalling):
    """Imports beside each other do not mix: each brings all of its own rows and no other's."""
    callers = [aicalling.caller() for _ in range(10)]

    def upload(which: int) -> tuple[int, int]:
        rows = 50 + 10 * which
        number = callers[which].send("POST", "/api/v1/imports", csv_of(rows))[2]["importId"]
        return rows, imported(callers[which], number)["contacts"]

    for rows, contacts in at_once([lambda which=which: upload(which) for which in range(10)]):
        assert contacts == rows


def test_form_upload(aicalling):
    """A file may come in a form too, as browsers and k6 send it, in any line ending and with columns in any order."""
    caller = aicalling.caller()
    content = b"phone,name\n+15550000001,A\n+15550000002,B\n"
    head = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="two.csv"\r\nContent-Type: text/csv\r\n\r\n'
    form = head + content + b"\r\n--XX--\r\n"
    status, _, body = caller.send_as("multipart/form-data; boundary=XX", "POST", "/api/v1/imports", form)
    assert (status, body["total"]) == (202, 2)
    done = imported(caller, body["importId"])
    assert (done["file"], done["contacts"]) == ("two.csv", 2)


def test_bad_rows_are_told(aicalling):
    """Rows that cannot be taken are counted and described by their line; the others are taken."""
    caller = aicalling.caller()
    content = b"name,phone\nA,+15550000001\nB,nothing\n,+15550000003\nD\nE,+15550000005\n"
    done = imported(caller, caller.send("POST", "/api/v1/imports", content)[2]["importId"])
    assert (done["status"], done["imported"], done["rejected"], done["contacts"]) == ("completed", 2, 3, 2)
    assert [text.partition(":")[0] for text in done["errors"]] == ["line 3", "line 4", "line 5"]


def test_call_is_made(aicalling):
    """A scheduled call goes onto the queue, is made once, and ends; nine of ten complete at their first attempt."""
    caller = aicalling.caller()
    numbers = [caller.send("POST", CALLS, CALL)[2]["callId"] for _ in range(10)]
    calls = [ended(caller, number) for number in numbers]
    assert [one["attempts"] for one in calls] == [1] * 10
    assert [one["status"] for one in calls] == ["failed" if n % 10 == 0 else "completed" for n in numbers]


def test_queue_is_free_of_races(aicalling):
    """Of 200 calls scheduled by ten callers at once each is made exactly once, and the queue runs empty."""
    callers = [aicalling.caller() for _ in range(10)]

    def schedule(caller: ApiCaller) -> list[int]:
        answers = [caller.send("POST", CALLS, CALL) for _ in range(20)]
        assert {status for status, _, _ in answers} == {201}
        return [body["callId"] for _, _, body in answers]

    made = at_once([lambda caller=caller: schedule(caller) for caller in callers])
    numbers = [number for some in made for number in some]
    assert len(set(numbers)) == 200
    caller = callers[0]
    wait_for(lambda: caller.get(QUEUE), lambda queue: queue["depth"] == queue["active"] == 0)
    calls = [caller.get(f"{CALLS}/{number}") for number in numbers]
    assert {one["attempts"] for one in calls} == {1}
    assert {one["status"] for one in calls} <= {"completed", "failed"}


def test_one_of_many_retries_wins(aicalling):
    """A failed call can be retried, by one of those who try; it completes at its second attempt."""
    callers = [aicalling.caller() for _ in range(8)]
    number = next(n for _ in range(10) if (n := callers[0].send("POST", CALLS, CALL)[2]["callId"]) % 10 == 0)
    assert ended(callers[0], number)["status"] == "failed"
    assert number in [one["callId"] for one in callers[0].get(f"{CALLS}?status=failed")["calls"]]
    path = f"{CALLS}/{number}/retry"
    statuses = at_once([lambda caller=caller: caller.send("POST", path)[0] for caller in callers])
    assert sorted(statuses) == [202] + [409] * 7
    again = wait_for(lambda: callers[0].get(f"{CALLS}/{number}"), lambda one: one["status"] == "completed")
    assert again["attempts"] == 2
    assert callers[0].send("POST", path)[0] == 409


def test_analytics(aicalling):
    """The figures of all agents add up to the dashboard's, and a longer range has more calls."""
    caller = aicalling.caller()
    wait_for(lambda: caller.get(QUEUE), lambda queue: queue["depth"] == queue["active"] == 0)
    totals = [caller.get(f"/api/v1/analytics/dashboard?range={days}")["calls"] for days in ("24h", "7d", "30d")]
    assert 0 < totals[0] < totals[1] < totals[2]
    agents = caller.get("/api/v1/analytics/agents?range=30d")["agents"]
    assert len(agents) == 20
    assert abs(sum(one["calls"] for one in agents) - totals[2]) <= 2  # the range moves on between two answers
    assert all(0.8 < one["successRate"] < 1 and one["meanDurationMs"] > 0 for one in agents)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", CALLS, {"phoneNumber": "none"}, 422),
        ("POST", CALLS, "text", 422),
        ("POST", CALLS, {**CALL, "when": "now"}, 422),
        ("GET", f"{CALLS}?status=lost", None, 400),
        ("GET", f"{CALLS}/{2**70}", None, 404),
        ("POST", f"{CALLS}/999999999/retry", None, 404),
        ("GET", "/api/v1/imports/999999999", None, 404),
        ("POST", "/api/v1/imports", b"", 422),
        ("POST", "/api/v1/imports", b"name,phone\n", 422),
        ("POST", "/api/v1/imports", b"who,where\nA,B\n", 422),
        ("POST", "/api/v1/imports", b"\xff\xfe", 422),
        ("POST", "/api/v1/imports", {"no": "file"}, 422),
        ("POST", "/api/v1/imports", csv_of(10_001), 422),
        ("GET", "/api/v1/analytics/dashboard?range=ever", None, 400),
    ],
)
def test_wrong_requests(aicalling, method, path, body, status):
    """Whatever is sent is answered with a 4xx and a sentence."""
    answer = aicalling.caller().send(method, path, body)
    assert answer[0] == status
    assert answer[2]["error"]
