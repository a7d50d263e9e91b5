"""Requests and responses over real sockets: what is sent, what is understood, what is recorded."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from swell.http.errors import InvalidUrl, RequestError
from swell.http.response import HTTPError, Response
from swell.http.session import Session
from swell.metrics.tags import TagSet
from swell.runtime.fiber import current_fiber
from tests.http.conftest import Net, Reader, Writer, answer

if TYPE_CHECKING:
    from pathlib import Path


def test_a_request_and_its_record(net: Net) -> None:
    """The first request opens a connection, later ones reuse it; each leaves one row with tags, phases and bytes."""
    page = answer(b'{"a": 1}', Content_Type="application/json")

    def user(session: Session) -> list[Response]:
        return [session.get("/feed") for _ in range(3)]

    responses = net.run(user, net.script(page))
    assert net.connections == 1
    assert [response.status_code for response in responses] == [200] * 3
    assert all(response.ok and response.json() == {"a": 1} and response.text == '{"a": 1}' for response in responses)
    assert (
        net.ledger.requests
        == [{"scenario": "test", "name": "/feed", "method": "GET", "status": "200", "expected_response": "true"}] * 3
    )
    for row, head, response in zip(net.ledger.rows, net.heads, responses, strict=True):
        _, start, end, lag, sending, waiting, receiving, bytes_out, bytes_in = row
        assert (bytes_out, bytes_in, lag) == (len(head), len(page), 0.0)
        assert min(sending, waiting, receiving) >= 0.0
        assert sending + waiting + receiving <= end - start
        assert response.elapsed == timedelta(seconds=sending + waiting + receiving)
        assert response.timings.duration == sending + waiting + receiving
    assert len(net.ledger.connects) == 1
    blocked, looking_up, connecting, tls = net.ledger.connects[0][2:]
    assert blocked >= connecting > 0.0
    assert (looking_up, tls) == (0.0, 0.0)
    assert responses[0].timings.blocked == blocked
    assert responses[1].timings.blocked == 0.0
    assert responses[1].row[1:] == net.ledger.rows[1][1:]


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


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize(
    ("arguments", "content_type", "body"),
    [
        ({"json": {"a": 1}}, "application/json", b'{"a": 1}'),
        ({"data": {"a": "1", "b": ["x", "y"]}}, "application/x-www-form-urlencoded", b"a=1&b=x&b=y"),
        ({"data": "text"}, None, b"text"),
        ({"data": b"\x00\xff"}, None, b"\x00\xff"),
        ({}, None, b""),
        ({"data": b"x" * 300_000}, None, b"x" * 300_000),
        ({"data": b"x", "headers": {"Content-Type": "a/b"}}, "a/b", b"x"),
        ({"json": [1], "headers": {"content-type": "a/b"}}, "a/b", b"[1]"),
    ],
)
def test_bodies(net: Net, warm: bool, arguments: dict[str, Any], content_type: str | None, body: bytes) -> None:
    """Bodies and their headers are the same by the short way (warm) and the long one."""

    def user(session: Session) -> None:
        if warm:
            session.get("/")
        for method in (session.post, session.put, session.patch):
            assert method("/", **arguments).ok
        assert session.post("/", name="n", **arguments).ok

    net.run(user, net.script(answer()))
    for head, sent in zip(net.heads[-4:], net.bodies[-4:], strict=True):
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:-2])
        lowered = {name.lower(): value for name, value in fields.items()}
        assert len(lowered) == len(fields)
        assert sent == body
        assert lowered.get("content-type") == content_type
        assert lowered["content-length"] == str(len(body))


def test_streamed_bodies(net: Net, tmp_path: Path) -> None:
    """Files go out with their length, generators in chunks; both slower than the server reads."""
    file = tmp_path / "big.bin"
    file.write_bytes(bytes(range(256)) * 4096)

    def user(session: Session) -> list[Response]:
        with file.open("rb") as opened:
            first = session.post("/file", data=opened)
        second = session.put("/gen", data=(bytes([n]) * 50_000 for n in range(20)))
        third = session.post("/form", files={"f": ("a.txt", b"abc", "text/plain")}, data={"k": "v"})
        return [first, second, third]

    responses = net.run(user, net.script(answer()))
    assert all(responses)
    assert net.connections == 1
    assert net.bodies[0] == file.read_bytes()
    assert net.bodies[1] == b"".join(bytes([n]) * 50_000 for n in range(20))
    assert "Transfer-Encoding: chunked" in net.heads[1]
    assert "Content-Length" not in net.heads[1]
    assert b'name="f"; filename="a.txt"' in net.bodies[2]
    assert b"abc" in net.bodies[2]
    assert [int(row[7]) >= len(body) for row, body in zip(net.ledger.rows, net.bodies, strict=True)] == [True] * 3


def test_an_early_answer_to_an_upload(net: Net) -> None:
    """A server that refuses the body at once: its answer counts, and the connection is not used again."""

    async def refuses(reader: Reader, writer: Writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"POST"):
            writer.write(answer(b"", "413 Too Large"))
            await writer.drain()
            await reader.read(100_000)
            await asyncio.sleep(0.05)
        else:
            writer.write(answer())
            await writer.drain()

    def user(session: Session) -> list[int]:
        big = session.post("/", data=(b"x" * 100_000 for _ in range(200)))
        return [big.status_code, session.get("/").status_code]

    statuses = net.run(user, refuses)
    assert statuses[1] == 200
    assert statuses[0] in (413, 0)  # a reset may overtake the answer


def test_a_failing_generator_is_the_users_error(net: Net) -> None:
    """What the user's own code raises reaches the user; the connection is given up, the next request works."""

    def broken() -> Any:
        yield b"x"
        raise KeyError("mine")

    def user(session: Session) -> int:
        with pytest.raises(KeyError):
            session.post("/", data=broken())
        return session.get("/").status_code

    assert net.run(user, net.script(answer())) == 200
    assert len(net.ledger.rows) == 1


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


def test_tags_of_the_fiber_decide_the_series(net: Net) -> None:
    """The tags in force at each request are those of its record."""

    def user(session: Session) -> None:
        fiber = current_fiber()
        before = fiber.tags
        session.get("/")
        fiber.tags = before.with_tags(group="::g")
        session.get("/")
        fiber.tags = None
        session.get("/")
        fiber.tags = before
        fiber.lag = 0.25
        session.get("/")

    net.run(user, net.script(answer()))
    assert [tags.get("group") for tags in net.ledger.requests] == [None, "::g", None, None]
    assert [tags.get("scenario") for tags in net.ledger.requests] == ["test", "test", None, "test"]
    assert [row[3] for row in net.ledger.rows] == [0.0, 0.0, 0.0, 0.25]


def test_statuses_and_what_is_expected(net: Net) -> None:
    """200-399 are expected by default; others fail with an error and an example; both can be told otherwise."""
    pages = {"/gone": answer(b"no such thing", "404 Not Found"), "/": answer()}

    def user(session: Session) -> None:
        assert session.get("/").ok
        missing = session.get("/gone")
        assert not missing
        session.get("/gone")
        assert missing.reason == "Not Found"
        with pytest.raises(HTTPError, match="404 Client Error"):
            missing.raise_for_status()
        session.get("/gone", expect=404)
        session.get("/", expect=["4xx", (500, 599)])
        session.expected_statuses = 404  # type: ignore[assignment]
        session.get("/gone")
        session.get("/")

    net.run(user, net.pages(pages))
    seen = [(tags["status"], tags["expected_response"], tags.get("error_code")) for tags in net.ledger.requests]
    assert seen == [
        ("200", "true", None),
        ("404", "false", "1404"),
        ("404", "false", "1404"),
        ("404", "true", None),
        ("200", "false", None),
        ("404", "true", None),
        ("200", "false", None),
    ]
    assert net.ledger.kinds == ["http_404", "http_404", "http_200", "http_200"]
    example = net.ledger.errors[0][3]
    assert example is not None
    assert example["status"] == 404
    assert example["body"] == "no such thing"
    assert example["url"].endswith("/gone")
    assert example["request_headers"]["Accept"] == "*/*"
    assert net.ledger.errors[1][3] is None


def test_what_a_response_offers(net: Net) -> None:
    """Headers in any case, cookies, text in its character set, lines, pieces, request, peer."""
    page = answer("zwölf\r\nlines\nrest".encode("latin-1"), Content_Type="text/plain; charset=latin-1", X_A="1")
    cookie = answer(b"[1]", Set_Cookie="k=v; Path=/")

    def user(session: Session) -> None:
        for _ in range(2):  # by the parser, then by the shortcut
            response = session.get("/page")
            assert response.headers["x-a"] == "1"
            assert response.text == "zwölf\r\nlines\nrest"
            assert list(response.iter_lines()) == ["zwölf".encode("latin-1"), b"lines", b"rest"]
            assert next(response.iter_lines(decode_unicode=True)) == "zwölf"
            assert b"".join(response.iter_content(3)) == response.content
            assert response.http_version == "HTTP/1.1"
            assert response.request.method == "GET"
            assert response.request.headers["host"] == f"127.0.0.1:{net.port}"
            assert response.remote is not None
            assert (response.remote.address, response.remote.port) == ("127.0.0.1", net.port)
            assert response.history == []
            assert repr(response) == "<Response [200]>"
            with pytest.raises(json.JSONDecodeError):
                response.json()
            response.encoding = "utf-8"
            assert "\ufffd" in response.text
        response = session.get("/cookie")
        assert response.cookies["k"] == "v"
        assert session.cookies["k"] == "v"
        assert response.json() == [1]
        assert "Cookie: k=v" in str(session.get("/page").request.headers.pairs()) or net.heads[-1].count("Cookie: k=v")
        posted = session.post("/page", data=b"abc")
        assert posted.request.body == b"abc"

    net.run(user, net.pages({"/page": page, "/cookie": cookie}))
    assert "Cookie: k=v" in net.heads[-1]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_compressed_bodies(net: Net, coding: str) -> None:
    """Bodies are decompressed when asked for, each coding that is announced."""
    import zlib

    import brotli
    import zstandard

    text = b"swell " * 10_000
    body = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "br": brotli.compress,
        "zstd": zstandard.compress,
    }[coding](text)

    def user(session: Session) -> None:
        for _ in range(2):
            response = session.get("/")
            assert response.content == text
            assert response.content == text
            assert response.row[8] < 2000

    net.run(user, net.script(answer(body, Content_Encoding=coding)))


def test_broken_and_exploding_compression(net: Net) -> None:
    """Bad compressed data and data that grows past the limit raise typed errors, and are counted."""
    pages = {
        "/bad": answer(b"no gzip", Content_Encoding="gzip"),
        "/bomb": answer(gzip.compress(bytes(5_000_000)), Content_Encoding="gzip"),
    }

    def user(session: Session) -> list[str]:
        kinds = []
        for path in pages:
            response = session.get(path)
            assert response.status_code == 200
            with pytest.raises(RequestError) as caught:
                _ = response.content
            kinds.append(caught.value.kind)
        return kinds

    kinds = net.run(user, net.pages(pages), max_body=1_000_000)
    assert kinds == ["decode", "body_too_large"]
    assert net.ledger.kinds == kinds


def test_head_and_empty_answers_and_interim_ones(net: Net) -> None:
    """HEAD, 204, 304 and 1xx leave the connection in step."""
    pages = {
        "/head": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        "/204": b"HTTP/1.1 204 No Content\r\n\r\n",
        "/304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        "/1xx": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + answer(b"real"),
        "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-T: 1\r\n\r\n",
    }

    def user(session: Session) -> list[Any]:
        seen: list[Any] = []
        for _ in range(2):
            response = session.head("/head")
            seen.append((response.status_code, response.content, response.headers["content-length"]))
            seen.extend(session.get(path).status_code for path in ("/204", "/304"))
            seen.append(session.get("/1xx").text)
            seen.append(session.get("/chunked").text)
        return seen

    seen = net.run(user, net.pages(pages))
    assert seen == [(200, b"", "1000"), 204, 304, "real", "ab"] * 2


def test_discarded_bodies(net: Net) -> None:
    """With discard_bodies the bytes are counted and the body is empty."""
    page = answer(b"x" * 5000)

    def user(session: Session) -> list[Response]:
        return [session.get("/") for _ in range(3)]

    responses = net.run(user, net.script(page), discard_bodies=True)
    assert [response.content for response in responses] == [b""] * 3
    assert [int(row[8]) for row in net.ledger.rows] == [len(page)] * 3


def test_several_requests_at_once(net: Net) -> None:
    """Child fibers of one user may use its session at the same time, each on a connection of its own."""

    async def slow(reader: Reader, writer: Writer) -> None:
        while (head := await net.request(reader)) is not None:
            await asyncio.sleep(0.02)
            writer.write(answer(head.split(b" ")[1]))

    def user(session: Session) -> list[str]:
        texts: list[str] = []
        me = current_fiber()

        def child(number: int) -> None:
            texts.append(session.get(f"/{number}").text)
            if len(texts) == 5:
                net.hub.call_soon(me.wake)

        for number in range(5):
            net.hub.spawn(child, number)
        net.hub.wait()
        for _ in range(3):
            session.get("/again")
        return texts

    assert sorted(net.run(user, slow)) == ["/0", "/1", "/2", "/3", "/4"]
    assert net.connections == 5


def test_shared_connections_with_a_limit(net: Net) -> None:
    """Users of a shared pool take turns on its connections; waiting is counted as blocked."""

    async def slow(reader: Reader, writer: Writer) -> None:
        while await net.request(reader) is not None:
            await asyncio.sleep(0.05)
            writer.write(answer())

    def user(session: Session) -> None:
        me = current_fiber()
        left = 4

        def child() -> None:
            nonlocal left
            assert session.get("/").ok
            left -= 1
            if not left:
                net.hub.call_soon(me.wake)

        for _ in range(4):
            net.hub.spawn(child)
        net.hub.wait()

    net.run(user, slow, share_connections=True, max_connections_per_host=2)
    assert net.connections == 2
    blocked = sorted(row[2] for row in net.ledger.connects)
    assert len(blocked) == 4
    assert blocked[-1] >= 0.02


def test_warm_opens_a_connection_for_later(net: Net) -> None:
    """After warm() the next request finds an open connection; a failure to open is no exception."""

    def user(session: Session) -> list[bool]:
        results = [session.warm()]
        session.get("/")
        session.base_url = "http://127.0.0.1:1"
        results.append(session.warm())
        return results

    assert net.run(user, net.script(answer())) == [True, False]
    assert net.connections == 1
    assert net.ledger.connects == []


def test_ipv6_hosts(net: Net) -> None:
    """An IPv6 literal works, with its Host in brackets."""

    def user(session: Session) -> int:
        return session.get("/").status_code

    try:
        status = net.run(user, net.script(answer()), host="::1")
    except OSError:
        pytest.skip("no IPv6 on this machine")
    assert status == 200
    assert f"Host: [::1]:{net.port}" in net.heads[0]


def test_resolve_overrides(net: Net) -> None:
    """A name can be sent to an address of our choice."""

    def user(session: Session) -> int:
        return session.get(f"http://shop.example:{net.port}/").status_code

    assert net.run(user, net.script(answer()), resolve=(("shop.example", 0, "127.0.0.1"),)) == 200
    assert f"Host: shop.example:{net.port}" in net.heads[0]


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


def test_on_request_sees_each_recorded_response(net: Net) -> None:
    """The hook is called in the fiber, after the record, for successes and failures."""
    seen: list[tuple[str, str, int, int]] = []

    def user(session: Session) -> None:
        def hook(response: Response) -> None:
            current_fiber()
            request = response.request
            seen.append((request.method, request.name, response.status_code, len(net.ledger.rows)))

        session.on_request = hook
        for _ in range(2):
            session.get("/a")
        session.post("/b", name="bee")
        session.get("http://127.0.0.1:1/")

    net.run(user, net.script(answer()))
    assert seen == [
        ("GET", "/a", 200, 1),
        ("GET", "/a", 200, 2),
        ("POST", "bee", 200, 3),
        ("GET", "http://127.0.0.1:1/", 0, 4),
    ]


def test_many_urls_under_one_name_do_not_pile_up(net: Net) -> None:
    """A name keeps one series for any number of URLs, and the URLs are forgotten in time."""

    def user(session: Session) -> int:
        session.get("/0", name="/[id]")
        book = session.book(current_fiber())
        for number in range(10_000):
            book.endpoint("GET", f"/{number}", "/[id]")
        return len(book.found)

    assert net.run(user, net.script(answer())) <= 4096
    assert len(net.ledger.series) == 1


def test_sessions_under_the_same_tags_share_endpoints(net: Net) -> None:
    """What is worked out for one user serves all with the same settings, and no others."""

    def user(session: Session) -> None:
        other = Session(net.hub, session.client.recorder, session.client.options, session.base_url)
        fiber = current_fiber()
        assert other.client is session.client
        assert other.book(fiber) is session.book(fiber)
        other.expected_statuses = 404  # type: ignore[assignment]
        assert other.book(fiber) is not session.book(fiber)
        fiber.tags = TagSet.of({"scenario": "other"})
        assert session.book(fiber).tags is fiber.tags

    net.run(user, net.script(answer()))


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
