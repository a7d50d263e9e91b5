"""The engine socketio against python-socketio's server, where that is installed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import SocketWorld

socketio: Any = pytest.importorskip("socketio")
uvicorn: Any = pytest.importorskip("uvicorn")

TRANSPORTS = (["websocket"], ["polling"], ["polling", "websocket"])


@pytest.fixture(scope="module")
def reference() -> Iterator[tuple[str, dict[str, Any]]]:
    """The server's URL, and what it has seen."""
    seen: dict[str, Any] = {"connects": [], "gone": []}
    server = socketio.AsyncServer(async_mode="asgi", namespaces="*")

    async def connect(sid: str, environ: dict[str, Any], auth: Any) -> None:
        seen["connects"].append((sid, environ.get("QUERY_STRING", ""), environ.get("HTTP_X_TOKEN"), auth))

    async def disconnect(sid: str, reason: str) -> None:
        seen["gone"].append((sid, reason))

    async def echo(sid: str, *arguments: Any) -> None:
        await server.emit("echoed", arguments if len(arguments) > 1 else arguments[0], to=sid)

    async def ask(sid: str, *arguments: Any) -> Any:
        return {"name": "Ann", "got": list(arguments)}, 7

    async def upload(sid: str, data: bytes) -> bytes:
        return data[::-1]

    async def secret(sid: str, environ: dict[str, Any], auth: Any) -> None:
        raise socketio.exceptions.ConnectionRefusedError("not authorized")

    async def admin(sid: str, *arguments: Any) -> list[Any]:
        return list(arguments)

    server.on("connect", connect)
    server.on("disconnect", disconnect)
    server.on("echo", echo)
    server.on("ask", ask)
    server.on("upload", upload)
    server.on("connect", secret, namespace="/secret")
    server.on("ask", admin, namespace="/admin")
    config = uvicorn.Config(socketio.ASGIApp(server), host="127.0.0.1", port=0, log_level="error", ws="wsproto")
    runner = uvicorn.Server(config)
    started = threading.Event()

    async def serve() -> None:
        task = asyncio.ensure_future(runner.serve())
        while not runner.started and not task.done():
            await asyncio.sleep(0.01)
        started.set()
        await task

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(30)
    port = runner.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", seen
    runner.should_exit = runner.force_exit = True
    thread.join(30)


@pytest.mark.parametrize("transports", TRANSPORTS, ids="-".join)
def test_a_whole_flow(world: SocketWorld, reference: tuple[str, dict[str, Any]], transports: list[str]) -> None:
    """Emits, responses, acknowledgements, namespaces and attachments over each transport."""
    url, seen = reference
    before = len(seen["connects"])
    world.run(
        {"emit": ["echo", "hé", {"n": 1}], "response": {"channel": "echoed", "data": ["hé", {"n": 1}]}},
        {"emit": {"channel": "echo", "data": "one"}, "response": {"channel": "echoed", "data": "one"}},
        {"emit": ["ask", 5], "acknowledge": {"capture": {"json": "$.0.got[0]", "as": "five"}}},
        {"emit": ["upload", "{{ data }}"], "acknowledge": {"capture": {"json": "$.0.data", "as": "back"}}},
        {"namespace": "/admin", "emit": ["ask", 1], "acknowledge": {"data": [1]}},
        {"loop": [{"emit": ["echo", "{{ $loopCount }}"], "response": {"channel": "echoed"}}], "count": 20},
        engine="socketio",
        config={
            "target": url,
            "socketio": {
                "transports": transports,
                "query": {"a": "x y"},
                "extraHeaders": {"X-Token": "{{ n }}"},
                "auth": {"n": "{{ n }}"},
            },
        },
        variables={"data": b"abc", "n": 3},
    )
    assert [failure and failure.detail for failure in world.failures] == [None]
    assert world.variables["five"] == 5
    assert world.variables["back"] == [99, 98, 97]
    _, query, token, auth = seen["connects"][before]
    assert "a=x%20y" in query
    assert (token, auth) == ("3", {"n": 3})
    assert world.metrics.counters["socketio.emit"] == 25
    assert len(world.metrics.histograms["socketio.response_time"]) == 25


@pytest.mark.parametrize("transports", TRANSPORTS, ids="-".join)
def test_refusals(world: SocketWorld, reference: tuple[str, dict[str, Any]], transports: list[str]) -> None:
    """A namespace that is refused fails the VU with the server's message."""
    world.run(
        {"namespace": "/secret", "emit": ["ask"]},
        engine="socketio",
        config={"target": reference[0], "socketio": {"transports": transports}},
    )
    assert world.errors == {"not authorized": 1}
