"""The YWMESSAGING target, called over loopback: each endpoint on SQLite and on PostgreSQL with Redis, each fault."""

from __future__ import annotations

import time

import pytest

from tests.examples.conftest import YwMessaging, run_target

CONVERSATIONS = "/messages/conversations"


def test_health(ywmessaging):
    """The probe tells which services it reached."""
    health = ywmessaging.caller().get("/api/health")
    assert health["status"] == "ok"
    assert (health["database"]["kind"], health["cache"]["kind"]) in {("sqlite", "memory"), ("postgresql", "redis")}


def test_accounts(ywmessaging):
    """Who registers can log in, is told who they are, and cannot register twice."""
    caller = ywmessaging.caller()
    given = {"email": f"{id(caller)}@example.org", "password": "secret-secret", "firstName": "Ann", "lastName": "Lee"}
    status, _, body = caller.send("POST", "/auth/register", given)
    assert (status, body["user"]["firstName"]) == (201, "Ann")
    assert caller.send("POST", "/auth/register", given)[0] == 409
    login = {"email": given["email"], "password": given["password"]}
    status, _, body = caller.send("POST", "/auth/login", login)
    assert status == 200
    assert caller.send("POST", "/auth/login", {**login, "password": "wrong"})[0] == 401
    assert caller.send("GET", "/auth/me")[0] == 401
    caller.token = body["accessToken"]
    assert caller.get("/auth/me")["user"]["email"] == given["email"]


def test_messages(ywmessaging):
    """A message to the members begins conversations; replies go into them; reading clears the mark."""
    caller = ywmessaging.registered()
    assert caller.get(CONVERSATIONS)["conversations"] == []
    status, _, body = caller.send("POST", "/messages/send", {"content": "Hello"})
    assert (status, body["recipients"]) == (201, 20)
    listed = caller.get(CONVERSATIONS)["conversations"]
    assert len(listed) == 20
    one = f"{CONVERSATIONS}/{listed[3]['id']}"
    assert caller.send("POST", f"{one}/reply", {"content": "And more"})[0] == 201
    assert [message["content"] for message in caller.get(one)["messages"]] == ["Hello", "And more"]
    newest = caller.get(CONVERSATIONS)["conversations"][0]
    assert (newest["id"], newest["lastMessage"]["content"]) == (listed[3]["id"], "And more")
    assert caller.send("PATCH", f"{one}/read")[2] == {"id": listed[3]["id"], "unread": 0}


def test_tenants_are_apart(ywmessaging):
    """A church sees its own conversations only, and those of others do not exist for it."""
    ours, theirs = ywmessaging.registered(churchId="church-1"), ywmessaging.registered(churchId="church-2")
    listed = ours.get(CONVERSATIONS)["conversations"]
    assert {one["churchId"] for one in listed} == {"church-1"}
    one = f"{CONVERSATIONS}/{listed[0]['id']}"
    assert theirs.send("GET", one)[0] == 404
    assert theirs.send("POST", f"{one}/reply", {"content": "?"})[0] == 404
    assert theirs.send("PATCH", f"{one}/read")[0] == 404
    member = 1  # of church-1
    assert theirs.send("POST", "/messages/send", {"content": "?", "memberIds": [member]})[0] == 422


def test_analytics(ywmessaging):
    """The summary counts what a church has."""
    caller = ywmessaging.registered(churchId="church-3")
    summary = caller.get("/analytics/summary")
    assert (summary["members"], summary["conversations"]) == (20, 20)
    assert summary["messages"] >= 100 > summary["answers"] > 0


def test_clean_up(ywmessaging):
    """The admin's token, and no other, takes away what registering has made; seeded churches stay."""
    made, seeded = ywmessaging.registered(), ywmessaging.registered(churchId="church-4")
    made.send("POST", "/messages/send", {"content": "Hello"})
    assert made.send("DELETE", "/admin/cleanup-test-data")[0] == 403
    admin = ywmessaging.caller()
    admin.token = "admin-only-for-load-tests"
    status, _, body = admin.send("DELETE", "/admin/cleanup-test-data")
    assert status == 200
    assert body["deleted"]["churches"] >= 1
    assert made.send("GET", "/auth/me")[0] == 401
    assert len(seeded.get(CONVERSATIONS)["conversations"]) == 20


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/auth/register", {"email": "no address"}, 422),
        ("POST", "/auth/login", "text", 422),
        ("POST", "/messages/send", {"content": ""}, 422),
        ("POST", "/messages/send", {"content": "x", "memberIds": [2**70]}, 422),
        ("GET", f"{CONVERSATIONS}/{2**70}", None, 404),
        ("GET", f"{CONVERSATIONS}?page=0", None, 400),
    ],
)
def test_wrong_requests(ywmessaging, method, path, body, status):
    """Whatever is sent is answered with a 4xx and a sentence."""
    answer = ywmessaging.registered(churchId="church-5").send(method, path, body)
    assert answer[0] == status
    assert answer[2]["error"]


def test_fault_tenant_leak(tmp_path):
    """The leak shows conversations of other churches."""
    with run_target(YwMessaging, tmp_path, "--fault", "tenant-leak") as target:
        listed = target.registered(churchId="church-9").get(CONVERSATIONS)["conversations"]
        assert {one["churchId"] for one in listed} != {"church-9"}


def test_fault_errors(tmp_path):
    """One request in ten is a 500; the probe is not touched."""
    with run_target(YwMessaging, tmp_path, "--fault", "errors") as target:
        caller = target.caller()
        statuses = [caller.send("GET", "/auth/me")[0] for _ in range(200)]
        assert 5 <= statuses.count(500) <= 45
        assert caller.send("GET", "/api/health")[0] == 200


@pytest.mark.parametrize(
    ("fault", "method", "path"), [("n-plus-one", "GET", CONVERSATIONS), ("slow", "POST", "/messages/send")]
)
def test_fault_makes_slow(tmp_path, fault, method, path):
    """The fault costs its endpoint a second and more."""
    with run_target(YwMessaging, tmp_path, "--fault", fault) as target:
        caller = target.registered(churchId="church-6")
        begun = time.monotonic()
        caller.send(method, path, {"content": "x"} if method == "POST" else None)
        assert time.monotonic() - begun > 1
