"""The MueJam target, called over loopback: each endpoint on SQLite and on PostgreSQL with Redis, each fault."""

from __future__ import annotations

import base64
import json
import os
from collections import Counter

import pytest

STORY = {"title": "A new moon", "blurb": "About a moon.", "body": "It rose.", "genre": "poetry"}


def test_probes(muejam):
    """Health and readiness answer without a token; readiness tells which services it reached."""
    caller = muejam.caller()
    assert caller.get("/health") == {"status": "ok"}
    ready = caller.get("/health/ready")
    assert ready["status"] == "ready"
    assert (ready["database"]["kind"], ready["cache"]["kind"]) in {("sqlite", "memory"), ("postgresql", "redis")}


def test_login(muejam):
    """A test user's password buys a token that works; a wrong one does not."""
    caller = muejam.caller()
    status, _, body = caller.send("POST", "/v1/auth/login", {"handle": "user7", "password": "load-test"})
    assert status == 200
    caller.token = body["token"]
    assert caller.get("/v1/users/me")["handle"] == "user7"
    for wrong in ({"handle": "user7", "password": "x"}, {"handle": "nobody", "password": "load-test"}):
        assert muejam.caller().send("POST", "/v1/auth/login", wrong)[0] == 401


@pytest.mark.parametrize(
    "path", ["/v1/discover", "/v1/stories/story-1", "/v1/users/me", "/v1/library", "/v1/search?q=moon", "/v1/whispers"]
)
def test_readers_endpoints_need_a_token(muejam, path):
    """What is for readers answers 200 with a token, 401 without."""
    assert muejam.user().send("GET", path)[0] == 200
    status, headers, _ = muejam.caller().send("GET", path)
    assert (status, headers["www-authenticate"]) == (401, "Bearer")


def test_tokens_cannot_be_forged(muejam):
    """A token with other claims, another algorithm or no signature is no token."""
    caller = muejam.user()
    head, claims, signature = caller.token.split(".")
    body = json.loads(base64.urlsafe_b64decode(claims + "=="))
    other = base64.urlsafe_b64encode(json.dumps({**body, "sub": "10", "role": "writer"}).encode()).rstrip(b"=").decode()
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for forged in (f"{head}.{other}.{signature}", f"{none}.{claims}.", f"{head}.{claims}.", "x", ".."):
        caller.token = forged
        assert caller.send("GET", "/v1/users/me")[0] == 401


def test_discover(muejam):
    """The feed is paged, best first, of one genre if asked, with authors, without one's own library."""
    caller = muejam.user()
    first, second = (caller.get(f"/v1/discover?page={page}")["stories"] for page in (1, 2))
    scores = [story["score"] for story in first + second]
    assert len(scores) == 40
    assert scores == sorted(scores, reverse=True)
    assert all(story["author_handle"].startswith("user") for story in first)
    assert {story["genre"] for story in caller.get("/v1/discover?genre=horror")["stories"]} == {"horror"}
    assert caller.send("GET", "/v1/discover?genre=tax")[0] == 400
    assert caller.send("GET", "/v1/discover?page=0")[0] == 400
    best = first[0]["id"]
    assert caller.send("PUT", f"/v1/library/{best}", {"shelf": "later"})[0] == 200
    assert best not in [story["id"] for story in caller.get("/v1/discover")["stories"]]


def test_story_and_profile(muejam):
    """A story comes with text and author, the author has a profile; what is not there is 404."""
    caller = muejam.user()
    story = caller.get("/v1/stories/story-5")
    assert len(story["body"]) > 500
    author = caller.get(f"/v1/users/{story['author_handle']}")
    assert (author["role"], author["name"]) == ("writer", story["author_name"])
    assert author["stories"] > 0
    assert caller.send("GET", "/v1/stories/none")[0] == 404
    assert caller.send("GET", "/v1/users/none")[0] == 404


def test_library(muejam):
    """A story is put on a shelf, moved, taken off."""
    caller = muejam.user()
    assert len(caller.get("/v1/library")["stories"]) == 12
    free = caller.get("/v1/discover")["stories"][0]["id"]
    for shelf in ("later", "loved"):
        assert caller.send("PUT", f"/v1/library/{free}", {"shelf": shelf})[0] == 200
    assert len(caller.get("/v1/library")["stories"]) == 13
    assert caller.send("DELETE", f"/v1/library/{free}")[0] == 200
    assert len(caller.get("/v1/library")["stories"]) == 12
    assert caller.send("PUT", f"/v1/library/{free}", {"shelf": "oven"})[0] == 422


@pytest.mark.parametrize("number", ["999999", str(2**63), "9" * 30])
def test_what_is_not_there(muejam, number):
    """An id that no row has, or could have, is 404; taking off a shelf what was not on it is no mistake."""
    reader, writer = muejam.user(), muejam.user("writer")
    assert reader.send("PUT", f"/v1/library/{number}", {"shelf": "later"})[0] == 404
    assert reader.send("DELETE", f"/v1/library/{number}")[0] == (200 if number == "999999" else 404)
    assert writer.send("PUT", f"/v1/writer/stories/{number}", STORY)[0] == 404


@pytest.mark.parametrize("path", ["/v1/search", "/v1/public/search"])
def test_search(muejam, path):
    """Search finds words in titles, case aside; a wildcard is a character like any other."""
    caller = muejam.user()
    found = caller.get(f"{path}?q=MOON")["stories"]
    assert found
    assert all("moon" in story["title"].lower() for story in found)
    assert caller.get(f"{path}?q=%25%25")["stories"] == []
    assert caller.get(f"{path}?q=m__n")["stories"] == []
    assert caller.send("GET", f"{path}?q=m")[0] == 400


def test_whispers(muejam):
    """A whisper is the newest of the list; an empty or endless one is refused."""
    caller = muejam.user()
    status, _, whisper = caller.send("POST", "/v1/whispers", {"body": " hush "})
    assert (status, whisper["body"]) == (201, "hush")
    assert caller.get("/v1/whispers")["whispers"][0] == whisper
    assert caller.send("POST", "/v1/whispers", {"body": " "})[0] == 422
    assert caller.send("POST", "/v1/whispers", {"body": "x" * 281})[0] == 422
    assert caller.send("POST", "/v1/whispers", ["x"])[0] == 422


def test_writers(muejam):
    """A writer creates a story, updates it, finds it among the own; nobody else may."""
    writer, other, reader = muejam.user("writer"), muejam.user("writer"), muejam.user()
    status, _, made = writer.send("POST", "/v1/writer/stories", STORY)
    assert (status, made["version"]) == (201, 1)
    path = f"/v1/writer/stories/{made['id']}"
    assert writer.send("PUT", path, {**STORY, "title": "An old moon"})[2]["version"] == 2
    assert writer.get("/v1/writer/stories")["stories"][0]["title"] == "An old moon"
    assert reader.get(f"/v1/stories/{made['slug']}")["title"] == "An old moon"
    assert other.send("PUT", path, STORY)[0] == 404
    assert reader.send("POST", "/v1/writer/stories", STORY)[0] == 403
    assert writer.send("POST", "/v1/writer/stories", {**STORY, "genre": "tax"})[0] == 422
    assert writer.send("POST", "/v1/writer/stories", {"title": "x"})[0] == 422


def test_public_pages(muejam):
    """Visitors read the front page (from the cache the second time) and a story, without a token."""
    caller = muejam.caller()
    kinds = []
    while "hit" not in kinds:  # bounded by the test's timeout; pages are kept for 3 s
        status, headers, body = caller.send("GET", "/v1/public/stories?page=3")
        assert (status, len(body["stories"])) == (200, 20)
        kinds.append(headers["x-cache"])
    assert kinds[0] == "miss"
    assert caller.get("/v1/public/stories/story-4")["slug"] == "story-4"


def test_rate_limit(muejam):
    """Who asks too often in one second gets 429 with Retry-After; other users and probes do not."""
    caller, bystander = muejam.user(), muejam.user()
    for _ in range(20):  # a slow machine may not get past the limit within one second: try again
        answers = [caller.send("GET", "/v1/users/me") for _ in range(60)]
        if Counter(status for status, _, _ in answers)[429]:
            break
    assert {status for status, _, _ in answers} == {200, 429}
    assert {headers.get("retry-after") for status, headers, _ in answers if status == 429} == {"1"}
    assert bystander.send("GET", "/v1/users/me")[0] == 200
    assert {caller.send("GET", "/health")[0] for _ in range(60)} == {200}


def test_fault_errors(faulty_muejam):
    """The fault errors fails some API requests and no probe."""
    target = faulty_muejam("errors")
    seen = Counter(target.user().send("GET", "/v1/users/me")[0] for _ in range(200))
    assert set(seen) == {200, 500}
    assert seen[500] < 60
    probe = target.caller()
    assert {probe.send("GET", "/health/ready")[0] for _ in range(50)} == {200}


def test_fault_rate_limit(faulty_muejam):
    """With the fault rate-limit what others ask counts against everybody."""
    target = faulty_muejam("rate-limit")
    first = target.user()
    seen: Counter[int] = Counter()
    while not seen[429]:  # bounded by the test's timeout; a slow machine may need more than one second's burst
        callers = [first, target.user(), target.user()]
        seen = Counter(caller.send("GET", "/v1/users/me")[0] for caller in callers * 20)
    assert set(seen) == {200, 429}


@pytest.mark.parametrize(
    ("fault", "path", "least"), [("slow", "/v1/discover", 1.5), ("n-plus-one", "/v1/library", 0.36)]
)
def test_fault_makes_slow(faulty_muejam, fault, path, least):
    """A slow fault cannot answer sooner than what it waits for: 1.5 s, or 12 round trips of 30 ms."""
    caller = faulty_muejam(fault).user()
    start = os.times().elapsed
    assert len(caller.get(path)["stories"]) >= 12
    # A lower bound only, which no machine is too slow for; 0.02 s are the coarseness of this clock.
    assert os.times().elapsed - start >= least - 0.02


def test_n_plus_one_answers_the_same(muejam, faulty_muejam):
    """The fault changes how authors are fetched, not what is answered."""
    path = "/v1/search?q=moon"
    assert faulty_muejam("n-plus-one").user().get(path) == muejam.user().get(path)


def test_fault_leak(faulty_muejam):
    """The fault leak makes the process grow with every API request."""
    target = faulty_muejam("leak")
    psutil = pytest.importorskip("psutil")
    process = psutil.Process(target.service.process.pid)
    callers = [target.user() for _ in range(20)]
    before = process.memory_info().rss
    for caller in callers * 10:
        assert caller.send("GET", "/v1/users/me")[0] in {200, 429}
    assert process.memory_info().rss - before > 100 * 64 * 1024
