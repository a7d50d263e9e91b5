"""Scripts of one VU against a small server in the same event loop."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from swell.dialects.javascript import JsContext, JsHost, JsLimits, JsProgram, Resolver, Shared
from swell.dialects.k6.modules import html, http
from swell.http.session import Session
from swell.metrics.tags import TagSet
from swell.model.plan import HttpOptions
from swell.runtime.hub import LoopHub, new_loop

from ..http.conftest import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from swell.metrics.recorder import Recorder

PAGE = """<html><head><title>Shop</title></head><body>
<a class="nav" href="/echo?from=link">first</a><a href="/json">second</a>
<form id="login" action="/echo" method="post"><input type="hidden" name="token" value="t1">
<input name="user" value="ann">
<input type="checkbox" name="keep" value="yes" checked>
<input type="checkbox" name="no" value="x">
<select name="size"><option value="s">S</option><option value="m" selected>M</option></select>
<textarea name="note">hi</textarea><input type="submit" name="go" value="Log in"></form>
<form id="search" action="echo"><input name="q" value="a b"></form></body></html>"""
DOCUMENT = {
    "name": {"first": "Tom", "last": "Anderson"},
    "age": 37,
    "children": ["Sara", "Alex", "Jack"],
    "fav.movie": "Deer Hunter",
    "friends": [
        {"first": "Dale", "last": "Murphy", "age": 44, "nets": ["ig", "fb"]},
        {"first": "Roger", "last": "Craig", "age": 68, "nets": ["fb", "tw"]},
        {"first": "Jane", "last": "Murphy", "age": 47, "nets": ["ig"]},
    ],
    "none": None,
}


class Vu:
    """What the modules ask of a VU."""

    def __init__(self, hub: LoopHub, session: Session, options: dict[str, Any]) -> None:
        self.phase = "vu"
        self.hub = hub
        self.session = session
        self.recorder = session.client.recorder
        self.options = options
        self.logged: list[tuple[str, str]] = []

    def log(self, level: str, text: str, *, error: str = "") -> None:
        self.logged.append((level, f"{text} {error}" if error else text))


class World:
    """A server, a folder for scripts, and what came of them. `most` is the largest number of requests at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = new_loop()
        self.ledger = Ledger()
        self.vu: Vu
        self.context: Any = None
        self.now = self.most = 0
        self.seen: list[dict[str, Any]] = []

    def call(
        self, source: str, options: dict[str, Any] | None = None, *, phase: str = "vu", **http_options: Any
    ) -> Any:
        """The result of the script's default function, which gets the server's URL."""
        return self.loop.run_until_complete(
            asyncio.wait_for(self._call(source, options or {}, phase, http_options), 60)
        )

    def value(self, body: str, options: dict[str, Any] | None = None, **http_options: Any) -> Any:
        """What a function body returns, with http and html imported and `base` the server's URL."""
        head = "import http from 'k6/http'; import { parseHTML } from 'k6/html';\n"
        return self.call(f"{head}export default async function (base) {{ {body} }}", options, **http_options)

    async def _call(self, source: str, options: dict[str, Any], phase: str, http_options: dict[str, Any]) -> Any:
        hub = LoopHub(self.loop)
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        http_options.setdefault("trust_env", False)
        http_options.setdefault("max_redirects", 10)
        session = Session(hub, cast("Recorder", self.ledger), HttpOptions(**http_options))
        self.vu = Vu(hub, session, options)
        self.vu.phase = phase
        path = self.folder / "main.js"
        path.write_text(source, "utf-8")
        host = JsHost(modules={**http.modules(), **html.modules()}, limits=JsLimits(run_seconds=30.0))
        program = JsProgram(path, host, Resolver(manner="k6"))
        done = self.loop.create_future()

        def live() -> None:
            try:
                context = self.context = JsContext(program, hub=hub, state=self.vu, shared=Shared())
                context.load()
                done.set_result(context.call("default", [base], wait="drained"))
            except BaseException as error:
                done.set_exception(error)

        fiber = hub.spawn(live)
        fiber.tags = TagSet.of({"scenario": "default"})
        try:
            return await done
        finally:
            session.close()
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.split("\r\n")
                method, path, _ = lines[0].split(" ")
                fields = {
                    name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)
                }
                body = await reader.readexactly(int(fields.get("content-length", "0")))
                request = {"method": method, "path": path, "headers": fields, "body": body.decode("latin-1")}
                self.seen.append(request)
                self.now += 1
                self.most = max(self.most, self.now)
                status, extra, content = await self._answer(method, path, fields, request)
                self.now -= 1
                answer = f"HTTP/1.1 {status}\r\n" + "".join(f"{line}\r\n" for line in extra)
                if not status.startswith("204"):
                    answer += f"Content-Length: {len(content)}\r\n"
                writer.write(answer.encode("latin-1") + b"\r\n" + (b"" if method == "HEAD" else content))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(
        self, method: str, path: str, fields: dict[str, str], request: dict[str, Any]
    ) -> tuple[str, list[str], bytes]:
        del method
        first = path.split("?", maxsplit=1)[0].strip("/").split("/")
        match first[0]:
            case "json":
                return (
                    "200 OK",
                    ["content-type: application/json", "x-many: a", "x-many: b"],
                    json.dumps(DOCUMENT).encode(),
                )
            case "status":
                return f"{first[1]} Thing", [], b"body"
            case "empty":
                return "204 No Content", [], b""
            case "redirect":
                left = int(first[1])
                where = f"/redirect/{left - 1}" if left > 1 else "/echo"
                return "302 Found", [f"Location: {where}", f"Set-Cookie: hop{left}=1"], b""
            case "keep":
                return "307 Temporary Redirect", ["Location: /echo"], b""
            case "cookie":
                return "200 OK", ["Set-Cookie: sid=abc; Path=/; HttpOnly; Max-Age=60"], b"ok"
            case "html":
                return "200 OK", ["Content-Type: text/html"], PAGE.encode()
            case "gzip" | "badgzip" as kind:
                return "200 OK", ["Content-Encoding: gzip"], gzip.compress(b"unpacked") if kind == "gzip" else b"plain"
            case "large":
                return "200 OK", [], b"x" * 40_000
            case "bytes":
                return "200 OK", [], bytes(range(256))
            case "slow":
                await asyncio.sleep(float(first[1]))
                return "200 OK", [], b"late"
            case "basic":
                wanted = "Basic " + base64.b64encode(b"user:pass").decode()
                good = fields.get("authorization") == wanted
                return ("200 OK" if good else "401 Unauthorized"), [], b""
            case "digest":
                good = fields.get("authorization", "").startswith('Digest username="user"')
                return (
                    "200 OK" if good else "401 Unauthorized",
                    [] if good else ['WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"'],
                    b"",
                )
            case _:
                return "200 OK", ["Content-Type: application/json"], json.dumps(request).encode()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A server and a folder."""
    return World(tmp_path)
