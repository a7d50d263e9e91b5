"""Virtual users against a small server in the same event loop."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from random import Random
from typing import TYPE_CHECKING, Any, cast

import pytest

from swell.dialects.artillery.flow.processor import load_processor
from swell.dialects.artillery.flow.vuser import FlowTest, Vuser, VuserFailed
from swell.http.session import Session
from swell.metrics.tags import TagSet
from swell.model.plan import HttpOptions
from swell.runtime.hub import LoopHub, new_loop

from ..websocket.conftest import Peer, Samples, opening, server_frames

if TYPE_CHECKING:
    from pathlib import Path

    from swell.metrics.recorder import Recorder

PAGE = """<html><body><a class="nav" href="/one">first</a><a class="nav" href="/two">second</a>
<input type="hidden" name="csrf" value="t0k3n"></body></html>"""
DOCUMENT = {
    "id": 7,
    "name": "Ann",
    "none": None,
    "flags": [True, False],
    "items": [{"id": 1, "kind": "a"}, {"id": 2, "kind": "b"}, {"id": 3, "kind": "b"}],
    "deep": {"er": {"value": "x"}},
}


class Metrics:
    """What was counted."""

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        self.rates: Counter[str] = Counter()
        self.histograms: dict[str, list[float]] = defaultdict(list)

    def counter(self, name: str, n: int = 1) -> None:
        self.counters[name] += n

    def rate(self, name: str) -> None:
        self.rates[name] += 1

    def histogram(self, name: str, value_ms: float) -> None:
        self.histograms[name].append(value_ms)

    def timed(self, counter: str, histogram: str, value_ms: float) -> None:
        self.counter(counter)
        self.histogram(histogram, value_ms)

    def request(self) -> None:
        self.counter("http.requests")
        self.rate("http.request_rate")

    def response(self, status: int, size: int, wait_ms: float) -> None:
        self.counter("http.responses")
        self.counter(f"http.codes.{status}")
        self.counter("http.downloaded_bytes", size)
        self.histogram("http.response_time", wait_ms)
        self.histogram(f"http.response_time.{status // 100}xx", wait_ms)


class World:
    """A server, a folder for files, and what came of the VUs. `most` is the largest number of requests at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = new_loop()
        self.ledger = Samples()
        self.metrics = Metrics()
        self.logged: list[tuple[str, str]] = []
        self.now = self.most = 0
        self.seen: list[dict[str, Any]] = []
        self.variables: dict[str, Any] = {}
        self.failures: list[VuserFailed | None] = []
        self.base = ""

    def run(
        self,
        *flow: Any,
        config: dict[str, Any] | None = None,
        variables: dict[str, Any] | None = None,
        processor: str | None = None,
        users: int = 1,
        suffix: str = ".js",
        **scenario: Any,
    ) -> dict[str, Any]:
        """Send VUs through a flow; the variables of the last one. Its failure is in `failures`."""
        self.loop.run_until_complete(
            asyncio.wait_for(
                self._run({**scenario, "flow": list(flow)}, config or {}, variables or {}, processor, users, suffix), 60
            )
        )
        return self.variables

    @property
    def paths(self) -> list[str]:
        """Method and path of each request the server has seen."""
        return [f"{request['method']} {request['path']}" for request in self.seen]

    async def _run(
        self,
        scenario: dict[str, Any],
        config: dict[str, Any],
        variables: dict[str, Any],
        source: str | None,
        users: int,
        suffix: str,
    ) -> None:
        hub = LoopHub(self.loop)
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        config = {"target": self.base, **config}
        options = HttpOptions(trust_env=False)
        done = self.loop.create_future()
        left = users

        def log(level: str, text: str) -> None:
            self.logged.append((level, text))

        def session() -> Session:
            return Session(hub, cast("Recorder", self.ledger), options)

        def live(test: FlowTest) -> None:
            nonlocal left
            try:
                vu = Vuser(
                    test,
                    hub=hub,
                    session_factory=session,
                    metrics=self.metrics,
                    random=Random(5),
                    variables={**variables},
                    log=log,
                )
                self.variables = vu.variables
                try:
                    vu.run(scenario)
                    self.failures.append(None)
                except VuserFailed as failure:
                    self.failures.append(failure)
                left -= 1
                if not left and not done.done():
                    done.set_result(None)
            except BaseException as error:
                if not done.done():
                    done.set_exception(error)

        def begin() -> None:
            try:
                processor = None
                if source is not None:
                    path = self.folder / f"processor{suffix}"
                    path.write_text(source, "utf-8")
                    processor = load_processor(path, hub=hub, log=log, session_factory=session, test_id="t1")
                test = FlowTest(config, self.folder, [scenario], processor)
                for _ in range(users):
                    fiber = hub.spawn(live, test)
                    fiber.tags = TagSet.of({"scenario": "default"})
            except BaseException as error:
                done.set_exception(error)

        fiber = hub.spawn(begin)
        fiber.tags = TagSet.of({"scenario": "default"})
        try:
            await done
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.split("\r\n")
                method, path, _ = lines[0].split(" ")
                pairs = [line.partition(": ") for line in lines[1:] if line]
                fields = {name.lower(): value for name, _, value in pairs}
                if fields.get("upgrade") == "websocket":
                    await self._talk(Peer(reader, writer, head, server_frames()), path)
                    return
                body = await reader.readexactly(int(fields.get("content-length", "0")))
                request = {
                    "method": method,
                    "path": path,
                    "headers": fields,
                    "names": [name for name, _, _ in pairs],
                    "body": body.decode("latin-1"),
                }
                self.seen.append(request)
                self.now += 1
                self.most = max(self.most, self.now)
                status, extra, content = await self._answer(method, path, request)
                self.now -= 1
                answer = f"HTTP/1.1 {status}\r\n" + "".join(f"{line}\r\n" for line in extra)
                answer += f"Content-Length: {len(content)}\r\n"
                writer.write(answer.encode("latin-1") + b"\r\n" + (b"" if method == "HEAD" else content))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _talk(self, peer: Peer, path: str) -> None:
        """A WebSocket: greets, then answers each message with two."""
        self.seen.append({"method": "WS", "path": path, "headers": {"x-a": peer.header("x-a")}, "body": ""})
        if path == "/deny":
            peer.writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        peer.writer.write(opening(peer.header("Sec-WebSocket-Key"), peer.header("Sec-WebSocket-Protocol")))
        peer.send(json.dumps({"type": "hello"}))
        async for kind, payload in peer.events():
            if kind == "message":
                if payload == "drop":
                    peer.writer.close()
                    return
                peer.send(json.dumps({"type": "noise"}))
                peer.send(json.dumps({"type": "echo", "value": payload}))

    async def _answer(self, method: str, path: str, request: dict[str, Any]) -> tuple[str, list[str], bytes]:
        del method
        first = path.split("?", maxsplit=1)[0].strip("/").split("/")
        match first[0]:
            case "json":
                lines = [
                    "Content-Type: application/json; charset=utf-8",
                    'ETag: "abc"',
                    "Server-Timing: total;dur=12.5",
                ]
                return "200 OK", lines, json.dumps(DOCUMENT).encode()
            case "status":
                return f"{first[1]} Thing", [], b"body"
            case "redirect":
                left = int(first[1])
                where = f"/redirect/{left - 1}" if left > 1 else "/echo"
                return f"{first[2] if len(first) > 2 else 302} Found", [f"Location: {where}"], b""
            case "nowhere":
                return "301 Moved Permanently", [], b"no location"
            case "cookie":
                return "200 OK", ["Set-Cookie: sid=abc; Path=/", "Set-Cookie: b=2; Path=/"], b"ok"
            case "html":
                return "200 OK", ["Content-Type: text/html"], PAGE.encode()
            case "slow":
                await asyncio.sleep(float(first[1]))
                return "200 OK", [], b"late"
            case _:
                return "200 OK", ["Content-Type: application/json"], json.dumps(request).encode()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A server and a folder."""
    return World(tmp_path)
