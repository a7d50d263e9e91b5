"""A small server for both tools: plain asyncio, its answers the same for the same request."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
import zlib

__all__ = ["Server"]

_REASONS = {200: "OK", 300: "MULTIPLE CHOICES", 302: "FOUND", 404: "NOT FOUND", 500: "INTERNAL SERVER ERROR"}


class Server:
    """Serves on a free loopback port in a thread of its own until `close`."""

    def __init__(self) -> None:
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._up.wait(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        async def start() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            self._up.set()

        self._loop.create_task(start())
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                method, target, _ = lines[0].split(" ")
                pairs = [line.split(": ", 1) for line in lines[1:] if ": " in line]
                headers = {name.lower(): value for name, value in pairs}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if not await self._answer(writer, method, target, headers, body):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, writer: asyncio.StreamWriter, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> bool:
        path = target.split("?", maxsplit=1)[0]
        status, kind, content, more = 200, "application/json", b'{"a": 1}', ""
        if path == "/close":
            return False
        if path == "/slow":
            await asyncio.sleep(0.5)
        elif path.startswith("/missing"):
            status, content = 404, b"nothing here"
        elif path.startswith("/status/"):
            status = int(path.rpartition("/")[2])
        elif path == "/redirect":
            status, content, more = 302, b"", "Location: /ok\r\n"
        elif path == "/text":
            kind, content = "text/plain", b"plain \xe4 text"
        elif path == "/lines":
            kind, content = "text/plain", b"one\ntwo\nthree"
        elif path == "/cookie":
            more = "Set-Cookie: server=yes; Path=/\r\n"
        elif path == "/headers":
            content = json.dumps(headers).encode()
        elif path in {"/gzip", "/deflate"}:
            content = b"squeezed " * 500
            content = gzip.compress(content, mtime=0) if path == "/gzip" else zlib.compress(content)
            more = f"Content-Encoding: {path[1:]}\r\n"
        elif path == "/echo":
            content = json.dumps({"type": headers.get("content-type"), "body": body.decode()}).encode()
        head = f"HTTP/1.1 {status} {_REASONS.get(status, 'OK')}\r\nContent-Type: {kind}\r\n{more}"
        writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + (b"" if method == "HEAD" else content))
        await writer.drain()
        return True
