"""The Music 'n Me target, called over loopback: each endpoint on SQLite and on PostgreSQL with Redis, each fault."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.examples.conftest import run_command
from tests.examples.musicnme import BOOKINGS, EVENTS, MUSICNME, SLOTS, serve_healthy, serve_musicnme

ROLES = ("admin", "teacher", "parent")
PARTS = ("stats", "activity", "upcoming", "finances", "students")


@pytest.fixture(scope="module", params=["embedded", "postgresql+redis"])
def musicnme(request, tmp_path_factory):
    """The healthy target, once on its embedded default and once on real services."""
    yield from serve_healthy(request, tmp_path_factory)


def test_health(musicnme):
    """The probe tells which services it reached."""
    health = musicnme.caller().get("/health")
    assert health["status"] == "ok"
    assert (health["database"]["kind"], health["cache"]["kind"]) in {("sqlite", "memory"), ("postgresql", "redis")}


def test_accounts(musicnme):
    """A parent registers with a school, signs in, is told who they are, and cannot register twice."""
    caller = musicnme.caller()
    given = {
        "email": f"{time.time_ns()}@example.test",
        "password": "long enough",
        "firstName": "Ann",
        "lastName": "Lee",
        "school": "school-2",
    }
    status, _, body = caller.send("POST", "/api/auth/register", given)
    assert (status, body["user"]["role"], body["user"]["school"]) == (201, "parent", "school-2")
    assert caller.send("POST", "/api/auth/register", given)[0] == 409
    assert caller.send("POST", "/api/auth/register", {**given, "email": "x@y.z", "school": "none"})[0] == 422
    login = {"email": given["email"], "password": given["password"]}
    for _ in range(2):  # the second time from the cache
        status, _, body = caller.send("POST", "/api/auth/login", login)
        assert status == 200
        assert caller.send("POST", "/api/auth/login", {**login, "password": "wrong"})[0] == 401
    assert caller.send("GET", "/api/auth/me")[0] == 401
    caller.token = body["accessToken"]
    assert caller.get("/api/auth/me")["email"] == given["email"]


@pytest.mark.parametrize("role", ROLES)
def test_dashboards(musicnme, role):
    """Each role has its dashboard in five parts, and no other's."""
    caller = musicnme.signed_in("admin" if role == "admin" else f"{role}3")
    parts = {part: caller.get(f"/api/dashboard/{role}/{part}") for part in PARTS}
    assert parts["stats"]["students"] in {"admin": range(200, 1_000), "teacher": range(50, 201), "parent": (1, 2)}[role]
    assert parts["upcoming"]["lessons"] == sorted(parts["upcoming"]["lessons"], key=lambda one: one["startsAt"])
    assert sum(parts["students"]["instruments"].values()) == parts["stats"]["students"]
    assert sum(parts["finances"].values()) > 0 or role == "teacher"
    others = [other for other in ROLES if other != role]
    assert [caller.send("GET", f"/api/dashboard/{other}/stats")[0] for other in others] == [403, 403]
    assert musicnme.caller().send("GET", f"/api/dashboard/{role}/stats")[0] == 401


def test_month_view(musicnme):
    """A month has more than 500 events, this one and the next, all inside it and in order."""
    admin = musicnme.signed_in("admin")
    now = datetime.now(UTC)
    for day in (now, now.replace(day=28) + timedelta(days=7)):
        month = admin.get(f"{EVENTS}?view=month&date={day:%Y-%m-%d}")
        starts = [event["startsAt"] for event in month["events"]]
        assert len(starts) == month["total"] > 500
        assert starts == sorted(starts)
        assert {start[:7] for start in starts} == {f"{day:%Y-%m}"}


def test_week_view(musicnme):
    """A week begins on Monday and is a part of the month."""
    week = musicnme.signed_in("teacher1").get(f"{EVENTS}?view=week")
    begin = datetime.fromisoformat(week["from"])
    assert begin.weekday() == 0
    assert datetime.fromisoformat(week["to"]) - begin == timedelta(days=7)
    assert week["total"] == len(week["events"]) >= 100


def test_parents_see_their_children_only(musicnme):
    """A parent's calendar, students and single lessons are those of the family."""
    parent = musicnme.signed_in("parent7")
    children = set(parent.user["children"])
    assert {event["studentId"] for event in parent.get(EVENTS)["events"]} <= children
    assert {one["id"] for one in parent.get("/api/students")["students"]} == children
    other = next(
        event for event in musicnme.signed_in("admin").get(EVENTS)["events"] if event["studentId"] not in children
    )
    assert parent.send("GET", f"{EVENTS}/{other['id']}")[0] == 404
    assert parent.send("GET", f"/api/students/{other['studentId']}")[0] == 404


def test_drag_and_drop(musicnme):
    """A lesson that is moved keeps its length; who moves a lesson that was moved meanwhile gets a 409, logged."""
    admin, teacher = musicnme.signed_in("admin", 2), musicnme.signed_in("teacher2", 2)
    event = admin.get(f"{EVENTS}?view=week")["events"][5]
    one = f"{EVENTS}/{event['id']}"
    wish = {"startsAt": "2031-05-06T12:00:00+02:00", "version": event["version"]}
    status, _, moved = admin.send("PATCH", f"{one}/reschedule", wish)
    assert (status, moved["startsAt"], moved["version"]) == (200, "2031-05-06T10:00:00.000000Z", event["version"] + 1)
    assert moved["overlaps"] == 0
    length = datetime.fromisoformat(event["endsAt"]) - datetime.fromisoformat(event["startsAt"])
    assert datetime.fromisoformat(moved["endsAt"]) - datetime.fromisoformat(moved["startsAt"]) == length
    assert teacher.send("PATCH", f"{one}/reschedule", wish)[0] == 409
    newest = admin.get("/api/hybrid/conflicts")["conflicts"][0]
    assert (newest["kind"], newest["subjectId"], newest["userId"]) == ("lesson-moved", event["id"], teacher.user["id"])
    assert admin.get(one)["startsAt"] == moved["startsAt"]
    assert musicnme.signed_in("parent1", 2).send("PATCH", f"{one}/reschedule", wish)[0] == 403


def test_new_lesson(musicnme):
    """A new lesson is in the calendar of its week; overlaps of its teacher are counted when it is moved."""
    admin = musicnme.signed_in("admin", 3)
    like = admin.get(f"{EVENTS}?view=week")["events"][0]
    lesson = {"teacherId": like["teacherId"], "studentId": like["studentId"], "startsAt": "2032-01-07T09:00:00Z"}
    made = [admin.send("POST", EVENTS, lesson)[2]["id"] for _ in range(2)]
    week = admin.get(f"{EVENTS}?view=week&date=2032-01-08")
    assert [event["id"] for event in week["events"]] == made
    drop = {"startsAt": "2032-01-07T09:15:00Z"}
    assert admin.send("PATCH", f"{EVENTS}/{made[0]}/reschedule", drop)[2]["overlaps"] == 1
    assert admin.send("POST", EVENTS, {**lesson, "studentId": 1})[0] == 422  # of another school


def test_students(musicnme):
    """The list has pages, and counts; one student comes with lessons and attendance; admins add more."""
    admin = musicnme.signed_in("admin", 3)
    first, second = (admin.get(f"/api/students?page={page}") for page in (1, 2))
    assert len(first["students"]) == len(second["students"]) == 20
    assert first["total"] >= 200
    one = admin.get(f"/api/students/{first['students'][0]['id']}")
    assert set(one["attendance"]) <= {"present", "late", "absent"}
    given = {"firstName": "Zoe", "lastName": "Zz", "instrument": "tuba"}
    status, _, made = admin.send("POST", "/api/students", given)
    assert status == 201
    assert admin.get(f"/api/students/{made['id']}")["instrument"] == "tuba"
    assert musicnme.signed_in("teacher1", 3).send("POST", "/api/students", given)[0] == 403


def test_attendance(musicnme):
    """Marking twice corrects the mark; a parent cannot mark."""
    teacher = musicnme.signed_in("teacher4")
    lesson = teacher.get(f"{EVENTS}?view=week")["events"][-1]
    for mark in ("late", "present"):
        status, _, body = teacher.send("POST", "/api/attendance", {"lessonId": lesson["id"], "status": mark})
        assert (status, body["status"], body["studentId"]) == (200, mark, lesson["studentId"])
    marks = teacher.get(f"/api/attendance/{lesson['id']}")["attendance"]
    assert [(mark["studentId"], mark["status"]) for mark in marks] == [(lesson["studentId"], "present")]
    parent = musicnme.signed_in("parent1")
    assert parent.send("POST", "/api/attendance", {"lessonId": lesson["id"], "status": "late"})[0] == 403


def test_schools_are_apart(musicnme):
    """Nobody sees or changes what is of another school."""
    ours, theirs = musicnme.signed_in("admin", 1), musicnme.signed_in("admin", 2)
    event, slot = ours.get(EVENTS)["events"][0], ours.get(SLOTS)["slots"][0]
    assert {one["schoolId"] for one in theirs.get(EVENTS)["events"]}.isdisjoint({event["schoolId"]})
    assert theirs.send("GET", f"{EVENTS}/{event['id']}")[0] == 404
    assert theirs.send("PATCH", f"{EVENTS}/{event['id']}/reschedule", {"startsAt": event["startsAt"]})[0] == 404
    assert theirs.send("PATCH", f"{SLOTS}/{slot['id']}", {"status": "closed"})[0] == 404
    assert theirs.send("POST", "/api/attendance", {"lessonId": event["id"], "status": "late"})[0] == 422
    assert musicnme.signed_in("parent1", 2).send("POST", BOOKINGS, {"slotId": slot["id"]})[0] == 404


@pytest.mark.parametrize(
    ("who", "method", "path", "body", "status"),
    [
        ("admin", "POST", "/api/auth/register", {"email": "no address"}, 422),
        ("admin", "POST", "/api/auth/login", "text", 422),
        ("admin", "GET", "/api/dashboard/janitor/stats", None, 404),
        ("admin", "GET", f"{EVENTS}?view=year", None, 400),
        ("admin", "GET", f"{EVENTS}?date=yesterday", None, 400),
        ("admin", "GET", f"{EVENTS}?date=0001-01-01", None, 422),
        ("admin", "GET", f"{EVENTS}?date=9999-12-31", None, 422),
        ("admin", "GET", f"{EVENTS}/{2**70}", None, 404),
        ("admin", "PATCH", f"{EVENTS}/1/reschedule", {"startsAt": "2026-05-06"}, 422),
        ("admin", "PATCH", f"{EVENTS}/1/reschedule", {"startsAt": "9999-12-31T23:59:00Z"}, 422),
        ("admin", "GET", "/api/students?page=0", None, 400),
        ("admin", "POST", "/api/attendance", {"lessonId": 1, "status": "asleep"}, 422),
        ("admin", "POST", SLOTS, {"startsAt": "2031-01-01T10:00:00Z", "count": 21}, 422),
        ("admin", "POST", SLOTS, {"startsAt": "2031-01-01T10:00:00Z", "teacherId": 2**40}, 422),
        ("admin", "POST", BOOKINGS, {"slotId": 1}, 403),
        ("parent9", "POST", BOOKINGS, {"slotId": 2**62}, 404),
        ("parent9", "POST", BOOKINGS, {"slotId": 1, "studentId": 2**62}, 422),
        ("parent9", "GET", f"{SLOTS}?status=lost", None, 400),
        ("parent9", "DELETE", f"{BOOKINGS}/{2**62}", None, 404),
        ("parent9", "GET", "/api/hybrid/conflicts", None, 403),
    ],
)
def test_wrong_requests(musicnme, who, method, path, body, status):
    """Whatever is sent is answered with a 4xx and a sentence."""
    answer = musicnme.signed_in(who).send(method, path, body)
    assert answer[0] == status
    assert answer[2]["error"]


def test_fault_tenant_leak(tmp_path):
    """The leak shows events of other schools."""
    with serve_musicnme(tmp_path, "--fault", "tenant-leak") as target:
        assert {event["schoolId"] for event in target.signed_in("admin").get(EVENTS)["events"]} == {1, 2, 3}


def test_fault_errors(tmp_path):
    """One request in ten is a 500; the probe is not touched."""
    with serve_musicnme(tmp_path, "--fault", "errors") as target:
        caller = target.caller()
        statuses = [caller.send("GET", "/api/auth/me")[0] for _ in range(200)]
        assert 5 <= statuses.count(500) <= 45
        assert caller.send("GET", "/health")[0] == 200


@pytest.mark.parametrize("fault", ["n-plus-one", "slow"])
def test_fault_makes_slow(tmp_path, fault):
    """The fault costs the month view more than the suite allows, and changes nothing of what it shows."""
    with serve_musicnme(tmp_path, "--fault", fault) as target:
        caller = target.signed_in("admin")
        begun = time.monotonic()
        month = caller.get(f"{EVENTS}?view=month")
        assert time.monotonic() - begun > 2.5
        assert month["total"] > 500
        assert all(event["teacher"] and event["student"] for event in month["events"])


def test_seed_command(tmp_path):
    """Seeding fills a database for good; serving leaves what is there."""
    env = {"DATABASE_URL": f"sqlite:///{tmp_path / 'kept.sqlite3'}"}
    assert run_command(MUSICNME, "seed", **env).returncode == 0
    for more in (1, 2):
        with serve_musicnme(tmp_path, env=env) as target:
            status, _, made = target.signed_in("admin").send(
                "POST", "/api/students", {"firstName": "A", "lastName": "B"}
            )
            assert (status, made["id"]) == (201, 600 + more)


def test_names_its_faults():
    """A fault that does not exist is refused with the names of those that do."""
    done = run_command(MUSICNME, "serve", "--fault", "meteor")
    assert done.returncode == 2
    assert "oversell" in done.stderr
    assert "Traceback" not in done.stderr
