"""A server that answers at once, except that it freezes once: what arrives meanwhile is answered when it thaws.

Rules: the freeze begins `freeze_after` seconds after the first request. It is a process of its own on loopback and
ends with the `with` block.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.target import free_port, wait_until_open

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"


class Freezing(asyncio.Protocol):
    """Answers each segment that ends a request head; while frozen, later."""

    thaw_at = 0.0
    freeze_at: float | None = None
    freeze_after = 0.0
    freeze_for = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if not data.endswith(b"\r\n\r\n"):
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        if Freezing.freeze_at is None:
            Freezing.freeze_at = now + self.freeze_after
            Freezing.thaw_at = Freezing.freeze_at + self.freeze_for
        if Freezing.freeze_at <= now < Freezing.thaw_at:
            loop.call_at(Freezing.thaw_at, self.transport.write, ANSWER)
        else:
            self.transport.write(ANSWER)


@contextlib.contextmanager
def server(freeze_after: float, freeze_for: float) -> Iterator[str]:
    """A running server in a process of its own; gives its URL."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.frozen", str(port), str(freeze_after), str(freeze_for)]
    process = subprocess.Popen(command)
    try:
        wait_until_open(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


async def main(port: int, freeze_after: float, freeze_for: float) -> None:
    """Serve until terminated."""
    Freezing.freeze_after = freeze_after
    Freezing.freeze_for = freeze_for
    listening = await asyncio.get_running_loop().create_server(Freezing, "127.0.0.1", port, backlog=4096)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
