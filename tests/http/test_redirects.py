"""Redirects: methods, bodies, cookies, credentials, and how a chain is recorded."""

from __future__ import annotations

import pytest

from swell.http.response import Response
from swell.http.session import Session
from tests.http.conftest import Net, answer


def redirect(location: str, status: str = "302 Found", **headers: str) -> bytes:
    return answer(b"moved", status, Location=location, **headers)


CHAIN = {
    "/a": redirect("/b", Set_Cookie="seen=a"),
    "/b": redirect("c?x=1", "307 Temporary"),
    "/c?x=1": answer(b"end"),
}


@pytest.mark.parametrize("warm", [False, True])
def test_a_chain_is_one_request(net: Net, warm: bool) -> None:
    """The first name, the last response, all the time and all the bytes; history has the hops."""

    def user(session: Session) -> Response:
        if warm:
            session.get("/c?x=1", name="warm")
        return session.get("/a")

    response = net.run(user, net.pages(CHAIN))
    assert response.text == "end"
    assert response.url.endswith("/c?x=1")
    assert [hop.status_code for hop in response.history] == [302, 307]
    assert response.history[0].text == "moved"
    assert response.history[0].is_redirect
    assert response.history[1].url.endswith("/b")
    names = [tags["name"] for tags in net.ledger.requests]
    assert names == (["warm", "/a"] if warm else ["/a"])
    row = net.ledger.rows[-1]
    assert row[7] == sum(len(head) for head in net.heads[-3:])
    assert row[8] == sum(map(len, CHAIN.values()))
    assert "Cookie: seen=a" in net.heads[-1]
    assert net.connections == 1


def test_the_time_limit_of_a_chain_starts_with_its_first_hop(net: Net) -> None:
    """On a kept connection too, hops have only what the ones before left."""
    import asyncio

    async def slow(reader, writer):  # type: ignore[no-untyped-def]
        while (head := await net.request(reader)) is not None:
            if b"/loop" in head:
                await asyncio.sleep(0.2)
                writer.write(redirect("/loop"))
            else:
                writer.write(answer())

    def user(session: Session) -> Response:
        session.get("/")
        return session.get("/loop")

    response = net.run(user, slow, timeout=0.7)
    assert response.error.kind == "total_timeout"
    assert len(net.heads) <= 1 + 4


def test_each_hop_may_be_a_request_of_its_own(net: Net) -> None:
    """As k6 has it: names are the URLs of the hops, or the one name that was given."""

    def user(session: Session) -> None:
        session.record_hops = True
        session.get("/a")
        session.get("/a", name="all")

    net.run(user, net.pages(CHAIN))
    names = [tags["name"] for tags in net.ledger.requests]
    base = f"http://127.0.0.1:{net.port}"
    assert names == ["/a", f"{base}/b", f"{base}/c?x=1", "all", "all", "all"]
    assert [tags["status"] for tags in net.ledger.requests] == ["302", "307", "200"] * 2
    assert [int(row[8]) for row in net.ledger.rows[:3]] == [len(page) for page in CHAIN.values()]
    assert len(net.ledger.connects) == 1


@pytest.mark.parametrize(
    ("status", "method", "second", "body"),
    [
        ("301 Moved", "POST", "GET", b""),
        ("302 Found", "POST", "GET", b""),
        ("303 See", "DELETE", "GET", b""),
        ("307 Temporary", "POST", "POST", b"data"),
        ("308 Permanent", "PUT", "PUT", b"data"),
        ("302 Found", "HEAD", "HEAD", b""),
    ],
)
def test_methods_and_bodies(net: Net, status: str, method: str, second: str, body: bytes) -> None:
    """301, 302 and 303 turn POST into GET without a body; 307 and 308 repeat method and body; HEAD stays."""
    pages = {"/a": b"HTTP/1.1 %b\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n" % status.encode(), "/b": answer(b"")}

    def user(session: Session) -> Response:
        data = b"data" if method in ("POST", "PUT") else None
        return session.request(method, "/a", data=data, headers={"Content-Type": "a/b"})

    response = net.run(user, net.pages(pages))
    assert response.status_code == 200
    assert [head.split(" ")[0] for head in net.heads] == [method, second]
    assert net.bodies[1] == body
    assert ("a/b" in net.heads[1]) is bool(body) or second == "HEAD"
    assert net.ledger.requests[0]["method"] == method


def test_not_following(net: Net) -> None:
    """allow_redirects=False gives the redirect itself, which is a success; HEAD does so by default."""

    def user(session: Session) -> list[int]:
        return [
            session.get("/a", allow_redirects=False).status_code,
            session.head("/a").status_code,
            session.head("/a", allow_redirects=True).status_code,
        ]

    pages = {"/a": redirect("/b").replace(b"moved", b"").replace(b": 5", b": 0"), "/b": answer(b"")}
    assert net.run(user, net.pages(pages)) == [302, 302, 200]
    assert [tags["expected_response"] for tags in net.ledger.requests] == ["true"] * 3


def test_credentials_do_not_follow_to_another_host(net: Net) -> None:
    """Authorization given to one origin is not sent to another, and stays on the same."""

    def user(session: Session) -> None:
        session.headers["X-Key"] = "k"
        session.get("/same", auth=("u", "p"))
        session.get("/other", headers={"Authorization": "Bearer t"})

    async def server(reader, writer):  # type: ignore[no-untyped-def]
        pages = {
            "/same": redirect("/end"),
            "/other": redirect(f"http://localhost:{net.port}/end"),
            "/end": answer(),
        }
        await net.pages(pages)(reader, writer)

    net.run(user, server, resolve=(("localhost", 0, "127.0.0.1"),))
    same, other = net.heads[1], net.heads[3]
    assert "Authorization: Basic" in same
    assert "Authorization" not in other
    assert "X-Key: k" in other
    assert f"Host: localhost:{net.port}" in other


def test_redirects_that_lead_nowhere(net: Net) -> None:
    """A Location that is no URL fails the request; a 3xx without Location is a plain response."""

    def user(session: Session) -> list[int]:
        return [session.get(path).status_code for path in ("/bad", "/none", "/mail")]

    pages = {
        "/bad": redirect("http://[::1"),
        "/none": answer(b"", "302 Found"),
        "/mail": redirect("mailto:x@y"),
    }
    assert net.run(user, net.pages(pages)) == [0, 302, 0]
    assert set(net.ledger.kinds) <= {"malformed", "invalid_url"}


def test_the_last_redirect_may_be_kept(net: Net) -> None:
    """As k6 has it: beyond the limit the last redirect is the response."""

    def user(session: Session) -> Response:
        session.max_redirects = 3
        session.keep_last_redirect = True
        return session.get("/")

    response = net.run(user, net.script(redirect("/")))
    assert response.status_code == 302
    assert len(response.history) == 3


def test_the_time_limit_is_for_the_chain(net: Net) -> None:
    """Hops that are each fast enough still run out of the one time limit."""
    import asyncio

    async def slow(reader, writer):  # type: ignore[no-untyped-def]
        while await net.request(reader) is not None:
            await asyncio.sleep(0.15)
            writer.write(redirect("/"))

    response = net.run(lambda session: session.get("/"), slow, timeout=0.5)
    assert response.error.kind == "total_timeout"
    assert len(net.ledger.rows) == 1


def test_digest_authentication_asks_twice(net: Net) -> None:
    """A challenge is answered by a second request; both are one record."""
    from swell.http.auth import DigestAuth

    challenge = answer(b"", "401 Unauthorized", WWW_Authenticate='Digest realm="r", nonce="n", qop="auth"')

    def user(session: Session) -> list[int]:
        session.auth = DigestAuth("u", "p")
        return [session.post("/", data=b"x").status_code, session.get("/").status_code]

    assert net.run(user, net.script(challenge, answer())) == [200, 200]
    assert "Authorization: Digest" in net.heads[1]
    assert "Authorization: Digest" in net.heads[2]
    assert net.bodies == [b"x", b"x", b""]
    assert len(net.ledger.rows) == 2


def test_a_wrong_password_is_a_401(net: Net) -> None:
    """A server that goes on asking gets its 401 counted, after few tries."""
    from swell.http.auth import DigestAuth

    challenge = answer(b"", "401 Unauthorized", WWW_Authenticate='Digest realm="r", nonce="n", qop="auth"')
    response = net.run(lambda session: session.get("/", auth=DigestAuth("u", "p")), net.script(challenge))
    assert response.status_code == 401
    assert len(net.heads) <= 3
    assert net.ledger.kinds == ["http_401"]
