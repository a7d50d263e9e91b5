"""Responses over real sockets: statuses, what a response offers, compressed and empty bodies."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from swell.http.errors import RequestError
from swell.http.response import HTTPError, Response
from swell.http.session import Session
from tests.http.conftest import Net, answer


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
