"""Booking at Music 'n Me: the first wins, whoever comes at the same moment; and what finds a target that oversells."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.examples.conftest import run_command
from tests.examples.musicnme import BOOKINGS, MUSICNME, SLOTS, serve_healthy, serve_kind, serve_musicnme
from tests.services import at_once

AUDIT = "/health/audit"
KINDS = ["embedded", "postgresql+redis"]


@pytest.fixture(scope="module", params=KINDS)
def musicnme(request, tmp_path_factory):
    """The healthy target, once on its embedded default and once on real services."""
    yield from serve_healthy(request, tmp_path_factory)


def _open_slot(caller):
    return caller.get(f"{SLOTS}?status=open")["slots"][0]["id"]


def _rush(target, slot, school=1, parents=10):
    """The statuses that parents get who book one slot at the same moment."""
    callers = [target.signed_in(f"parent{number}", school) for number in range(1, parents + 1)]
    wishes = [lambda caller=caller: caller.send("POST", BOOKINGS, {"slotId": slot})[0] for caller in callers]
    return Counter(at_once(wishes))


def _check(*arguments, **environment):
    return run_command(MUSICNME, "check", *arguments, **environment)


def test_book_and_cancel(musicnme):
    """A slot is the first one's until it is given back; then another gets it."""
    first, second = musicnme.signed_in("parent20"), musicnme.signed_in("parent21")
    slot = _open_slot(first)
    status, _, booking = first.send("POST", BOOKINGS, {"slotId": slot, "studentId": first.user["children"][-1]})
    assert (status, booking["slotId"], booking["studentId"]) == (200, slot, first.user["children"][-1])
    assert first.get(f"{SLOTS}/{slot}")["status"] == "booked"
    status, _, refused = second.send("POST", BOOKINGS, {"slotId": slot})
    assert (status, refused["error"]) == (409, "somebody else has just booked this slot")
    assert second.send("DELETE", f"{BOOKINGS}/{booking['id']}")[0] == 404
    assert first.send("DELETE", f"{BOOKINGS}/{booking['id']}")[2]["status"] == "cancelled"
    assert first.send("DELETE", f"{BOOKINGS}/{booking['id']}")[0] == 409
    assert second.send("POST", BOOKINGS, {"slotId": slot})[0] == 200
    assert [one["status"] for one in first.get(BOOKINGS)["bookings"] if one["id"] == booking["id"]] == ["cancelled"]
    assert second.get(f"{SLOTS}/{slot}")["bookings"] == 1


def test_conflict_log(musicnme):
    """The admin reads who came too late for which slot, newest first; others may not."""
    admin, first, second = (musicnme.signed_in(name, 2) for name in ("admin", "parent30", "parent31"))
    slot = _open_slot(first)
    assert [one.send("POST", BOOKINGS, {"slotId": slot})[0] for one in (first, second)] == [200, 409]
    newest = admin.get("/api/hybrid/conflicts")["conflicts"][0]
    assert (newest["kind"], newest["subjectId"], newest["userId"]) == ("slot-taken", slot, second.user["id"])
    assert first.send("GET", "/api/hybrid/conflicts")[0] == 403


def test_schedule_management(musicnme):
    """The admin makes slots, closes one, opens it again, and can cancel any booking of the school."""
    admin, parent = musicnme.signed_in("admin", 3), musicnme.signed_in("parent1", 3)
    status, _, made = admin.send("POST", SLOTS, {"startsAt": "2031-05-06T10:00:00Z", "count": 3, "minutes": 30})
    assert status == 201
    slot = made["slots"][2]
    assert admin.get(f"{SLOTS}/{slot}")["startsAt"] == "2031-05-06T11:00:00.000000Z"
    assert admin.send("PATCH", f"{SLOTS}/{slot}", {"status": "closed"})[2]["status"] == "closed"
    status, _, refused = parent.send("POST", BOOKINGS, {"slotId": slot})
    assert (status, refused["error"]) == (409, "this slot is closed")
    assert admin.send("PATCH", f"{SLOTS}/{slot}", {"status": "open"})[2]["status"] == "open"
    status, _, booking = parent.send("POST", BOOKINGS, {"slotId": slot})
    assert status == 200
    assert admin.send("DELETE", f"{BOOKINGS}/{booking['id']}")[0] == 200
    assert parent.send("POST", SLOTS, {"startsAt": "2031-05-06T10:00:00Z"})[0] == 403


def test_race_has_one_winner(musicnme):
    """Of ten parents who book at the same moment one gets the slot, each time, and the audit agrees."""
    caller = musicnme.signed_in("parent1")
    for _ in range(5):
        assert _rush(musicnme, _open_slot(caller)) == {200: 1, 409: 9}
    assert caller.get(AUDIT)["oversold"] == []
    done = _check("--url", musicnme.service.url)
    assert (done.returncode, done.stdout[:3]) == (0, "ok:")


def test_race_for_what_is_given_back(musicnme):
    """Cancelling and booking at the same moment never leaves two who hold a slot."""
    holder = musicnme.signed_in("parent50", 2)
    slot = _open_slot(holder)
    others = [musicnme.signed_in(f"parent{number}", 2) for number in range(51, 55)]
    for _ in range(5):
        booking = holder.send("POST", BOOKINGS, {"slotId": slot})[2]["id"]
        give_back = [lambda booking=booking: holder.send("DELETE", f"{BOOKINGS}/{booking}")[0]]
        wishes = [lambda one=one: one.send("POST", BOOKINGS, {"slotId": slot})[::2] for one in others]
        _, *answers = at_once([*give_back, *wishes])
        won = [(one, body["id"]) for one, (status, body) in zip(others, answers, strict=True) if status == 200]
        assert len(won) <= 1
        for one, number in won:
            assert one.send("DELETE", f"{BOOKINGS}/{number}")[0] == 200
    assert holder.get(AUDIT)["ok"] is True


@pytest.mark.parametrize("kind", KINDS)
def test_oversell_is_found(kind, request, tmp_path):
    """With the fault a race has several winners; the audit names the slot, also when all but one cancelled since."""
    with serve_kind(kind, request, tmp_path, "--fault", "oversell") as target:
        caller = target.signed_in("parent1")
        assert caller.get(AUDIT)["ok"] is True
        slot = _open_slot(caller)
        won = _rush(target, slot)[200]
        assert won > 1
        assert caller.get(f"{SLOTS}/{slot}")["bookings"] == won
        status, _, findings = caller.send("GET", AUDIT)
        assert (status, [one["slot"] for one in findings["oversold"]]) == (500, [slot])
        admin = target.signed_in("admin")
        for booking in findings["oversold"][0]["bookings"][1:]:
            assert admin.send("DELETE", f"{BOOKINGS}/{booking}")[0] == 200
        done = _check("--url", target.service.url)
        assert done.returncode == 1
        assert f"slot {slot} of school-1" in done.stdout


def test_fault_does_not_oversell_in_turn(tmp_path):
    """The fault is a race and nothing else: one after the other, the second parent gets a 409."""
    with serve_musicnme(tmp_path, "--fault", "oversell") as target:
        parents = [target.signed_in(f"parent{number}") for number in (1, 2)]
        slot = _open_slot(parents[0])
        assert [one.send("POST", BOOKINGS, {"slotId": slot})[0] for one in parents] == [200, 409]
        assert parents[0].get(AUDIT)["ok"] is True


def test_no_index_is_safe(tmp_path):
    """The fault that drops indexes leaves the one that guards the bookings."""
    with serve_musicnme(tmp_path, "--fault", "no-index") as target:
        assert _rush(target, _open_slot(target.signed_in("parent1"))) == {200: 1, 409: 9}


def test_check_of_a_database(tmp_path):
    """A database that was kept is checked without its target, and a target without the fault refuses it."""
    env = {"DATABASE_URL": f"sqlite:///{tmp_path / 'kept.sqlite3'}"}
    assert run_command(MUSICNME, "seed", **env).returncode == 0
    assert _check(**env).stdout == "ok: 0 bookings, no slot sold twice\n"
    with serve_musicnme(tmp_path, "--fault", "oversell", env=env) as target:
        slot = _open_slot(target.signed_in("parent1"))
        assert _rush(target, slot)[200] > 1
    done = _check(**env)
    assert done.returncode == 1
    assert f"slot {slot} of school-1" in done.stdout
    done = run_command(MUSICNME, "serve", "--port", "0", **env)
    assert done.returncode == 2
    assert "sold twice already" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "reason"),
    [
        ([], {}, "give --url, or DATABASE_URL"),
        ([], {"DATABASE_URL": "mysql://x"}, "postgresql://"),
        ([], {"DATABASE_URL": "sqlite:////tmp/no/such/folder/x"}, "unable to open"),
        (["--url", "http://127.0.0.1:1"], {}, "does not answer"),
        (["--url", "nonsense"], {}, "nonsense"),
        (["--url", "file:///etc/hostname"], {}, "http://"),
    ],
)
def test_check_of_nothing(arguments, environment, reason):
    """A check that cannot be made is exit code 2 with a reason, never a pass."""
    done = _check(*arguments, **environment)
    assert done.returncode == 2
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_check_of_an_empty_database(tmp_path):
    """A database without bookings' table is no pass, and is not filled."""
    done = _check(DATABASE_URL=f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "has no bookings" in done.stderr


def test_check_of_something_else(tmp_path):
    """A service that is no Music 'n Me is no pass."""
    with serve_musicnme(tmp_path) as target:
        done = _check("--url", target.service.url + "/api")
        assert done.returncode == 2
        assert "is no Music 'n Me" in done.stderr
