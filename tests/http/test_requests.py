"""Requests over real sockets: what goes out, on a new connection and on a kept one, and misuse that sends nothing."""

from __future__ import annotations

from typing import Any

import pytest

from swell.http.errors import InvalidUrl
from swell.http.response import Response
from swell.http.session import Session
from tests.http.conftest import Net, answer


def test_what_goes_out_by_default(net: Net) -> None:
    """Method, path, Host and the default headers; nothing else."""
    net.run(
        lambda session: [session.get("/a?b=c#d"), session.delete("/x"), session.options("/y")], net.script(answer())
    )
    assert net.heads[0].split("\r\n") == [
        "GET /a?b=c HTTP/1.1",
        f"Host: 127.0.0.1:{net.port}",
        "User-Agent: swell/0.1.0",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "",
        "",
    ]
    assert [head.split(" ")[0] for head in net.heads] == ["GET", "DELETE", "OPTIONS"]


def test_params_headers_cookies_auth_and_tags(net: Net) -> None:
    """The arguments of one call change that call only."""

    def user(session: Session) -> None:
        session.headers.update({"X-Mine": "1"})
        session.get("/p?a=1", params={"b": "ü", "c": [1, 2]}, headers={"X-Call": "2", "Accept": None})
        session.get("/c", cookies={"k": "v"}, auth=("user", "pass"), tags={"team": "blue"})
        session.get("/n", name="short", auth=lambda method, target: f"{method} {target}")
        session.get("/last")

    net.run(user, net.script(answer()))
    first, second, third, last = net.heads
    assert first.startswith("GET /p?a=1&b=%C3%BC&c=1&c=2 HTTP/1.1\r\n")
    assert "X-Mine: 1" in first
    assert "X-Call: 2" in first
    assert "Accept:" not in first
    assert "Cookie: k=v" in second
    assert "Authorization: Basic dXNlcjpwYXNz" in second
    assert "Authorization: GET /n" in third
    assert "X-Call" not in last
    assert "Cookie" not in last
    assert "Authorization" not in last
    assert [tags["name"] for tags in net.ledger.requests] == ["/p?a=1", "/c", "short", "/last"]
    assert [tags.get("team") for tags in net.ledger.requests] == [None, "blue", None, None]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"headers": {"X-A": "1", "accept": None}},
        {"headers": {"Authorization": "Bearer t"}},
        {"headers": {"Host": "other.example"}},
        {"headers": {"Cookie": "own=1"}},
        {"headers": {"Content-Type": "a/b", "X-N": 5}, "data": b"abc"},
        {"headers": {"content-length": "3"}, "data": b"abc"},
        {"params": {"q": "1 2"}, "json": {"a": [1]}},
        {"params": "raw=1", "name": "n"},
        {"expect": [200, 404], "catch_response": True},
        {"allow_redirects": False, "data": {"a": "b"}},
        {"cookies": {"k": "v"}},
        {"auth": ("a", "b")},
        {"tags": {"t": "1"}},
        {"timeout": 5},
    ],
)
@pytest.mark.parametrize("settings", [{}, {"auth": ("u", "p")}, {"cookies": {"in": "jar"}}, {"headers": {"X-S": "s"}}])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_the_short_way_sends_what_the_long_way_sends(
    net: Net, method: str, settings: dict[str, Any], arguments: dict[str, Any]
) -> None:
    """The same call on a new connection and on a kept one: the same lines, the same body, the same record."""
    if method == "HEAD":
        arguments = {key: value for key, value in arguments.items() if key not in ("data", "json", "headers")}

    def user(session: Session) -> None:
        for _ in range(3):
            with session.request(method, "/x", **arguments) as response:
                assert response.status_code == 200

    net.run(user, net.script(answer(b"")), session=settings)
    assert net.connections == 1
    first, *others = [sorted(head.split("\r\n")) for head in net.heads]
    assert [line for line in first if line] == [line for line in others[0] if line]
    assert others[0] == others[1]
    assert net.bodies[0] == net.bodies[1] == net.bodies[2]
    assert net.ledger.requests[0] == net.ledger.requests[1] == net.ledger.requests[2]
    assert [row[7:] for row in net.ledger.rows[1:]] == [net.ledger.rows[0][7:]] * 2


def test_session_settings_reach_the_short_way(net: Net) -> None:
    """Headers, auth and base URL changed between requests on one open connection are in the next request."""

    def user(session: Session) -> None:
        session.get("/1")
        session.headers["X-A"] = "1"
        session.get("/1")
        session.headers["X-A"] = "2"
        session.auth = ("u", "p")
        session.get("/1")
        session.auth = None
        del session.headers["X-A"]
        session.get("/1")
        session.headers = {"Host": "other", "Accept": "a"}  # type: ignore[assignment]
        session.get("/1")
        session.base_url = f"http://127.0.0.1:{net.port}/base"
        session.get("rel")

    net.run(user, net.script(answer()))
    assert net.connections == 1
    assert ["X-A: " in head for head in net.heads] == [False, True, True, False, False, False]
    assert "X-A: 2" in net.heads[2]
    assert ["Authorization: Basic dTpw" in head for head in net.heads] == [False, False, True, False, False, False]
    assert net.heads[4].count("Host:") == 1
    assert "Host: other" in net.heads[4]
    assert "User-Agent" not in net.heads[4]
    assert net.heads[5].startswith("GET /rel ") or net.heads[5].startswith("GET /base/rel ")


def test_userinfo_in_the_url_is_basic_auth_and_stays_out_of_sight(net: Net) -> None:
    """user:password@ becomes a header on every request; names and URLs do not show it."""

    def user(session: Session) -> Response:
        url = f"http://me:secret@127.0.0.1:{net.port}/x"
        session.get(url)
        return session.get(url)

    response = net.run(user, net.script(answer()))
    assert all("Authorization: Basic bWU6c2VjcmV0" in head for head in net.heads)
    assert "secret" not in str(net.ledger.series)
    assert "secret" not in response.url


@pytest.mark.parametrize("url", ["ftp://x/", "http://", "http://host:99999/"])
def test_urls_that_make_no_request(net: Net, url: str) -> None:
    """Misuse is an exception for the user's code, not a failed request."""

    def user(session: Session) -> None:
        base, session.base_url = session.base_url, ""
        for _ in range(2):
            with pytest.raises(InvalidUrl):
                session.get(url)
        session.base_url = base
        with pytest.raises(ValueError, match="method"):
            session.request("GET\r\nX: 1", "/")
        with pytest.raises(ValueError, match=r"header|line"):
            session.get("/", headers={"X": "a\r\nb"})
        with pytest.raises(TypeError):
            session.get("/", bogus=1)

    net.run(user, net.script(answer()))
    assert net.ledger.rows == []


def test_outside_of_a_test_the_client_says_so(net: Net) -> None:
    """Without a fiber there is nobody to stall: a clear error."""
    sessions: list[Session] = []
    net.run(sessions.append, net.script(answer()))
    for call in (lambda: sessions[0].get("/"), lambda: sessions[0].get("/", headers={"a": "b"})):
        with pytest.raises(RuntimeError, match="running test"):
            call()


@pytest.mark.parametrize("limit", [0, -1, (0, 5), (5, 0.0)])
def test_a_limit_without_any_time_is_refused(net: Net, limit: object) -> None:
    """It is misuse, said at once, in the call and on the session; nothing is sent."""

    def user(session: Session) -> int:
        with pytest.raises(ValueError, match="leaves no time"):
            session.get("/", timeout=limit)
        with pytest.raises(ValueError, match="leaves no time"):
            session.timeout = limit  # type: ignore[assignment]
        return session.get("/", timeout=None).status_code

    assert net.run(user, net.script(answer())) == 200
    assert len(net.heads) == 1
