"""Scripts run by the front door itself, in a process of its own, against a small server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

TIMEOUT = 120.0
_NOTHING_PROVED = 3


@dataclass
class Ran:
    """What one command left behind."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def summary(self) -> dict[str, Any]:
        """What --summary-export wrote."""
        return json.loads((self.folder / "summary.json").read_text())

    def metric(self, name: str) -> dict[str, Any]:
        """One metric of the summary."""
        return self.summary["metrics"][name]

    @property
    def logged(self) -> list[str]:
        """What the script printed, in order."""
        lines = [line for line in self.err.splitlines() if "source=console" in line]
        found: list[str] = []
        for line in lines:
            text = line.partition(" msg=")[2].rpartition(" source=")[0]
            found.append(json.loads(text) if text.startswith('"') else text)
        return found


class Server(ThreadingHTTPServer):
    """Answers anything; `seen` are the requests."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, str, str]] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def paths(self) -> list[str]:
        """The paths of all requests."""
        return [path for _, path, _ in self.seen]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0") or 0)).decode("latin-1")
        self.server.seen.append((self.command, self.path, body))
        first = self.path.split("?")[0].strip("/").split("/")
        status = 200
        if first[0] == "status":
            status = int(first[1])
        if first[0] == "slow":
            time.sleep(float(first[1]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = json.dumps({"path": self.path, "method": self.command, "headers": headers, "body": body, "n": 7})
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if first[0] == "cookie":
            self.send_header("Set-Cookie", "sid=abc; Path=/")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.encode())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Nothing."""


@dataclass
class K6:
    """Runs scripts in a folder of their own."""

    folder: Path
    server: Server
    files: dict[str, str] = field(default_factory=dict[str, str])

    def write(self, name: str, text: str) -> Path:
        """Another file beside the script."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def __call__(self, source: str, *flags: str, env: dict[str, str] | None = None, name: str = "test.js") -> Ran:
        """Run a script with these flags; BASE is the server's address."""
        self.write(name, source)
        return self.command("run", "--summary-export", "summary.json", *flags, name, env=env)

    def command(self, *words: str, env: dict[str, str] | None = None, stdin: str | None = None) -> Ran:
        """Any command of `swell k6`."""
        surroundings = {**os.environ, "BASE": self.server.url, "NO_COLOR": "1", **(env or {})}
        done = subprocess.run(
            [sys.executable, "-m", "swell", "k6", *words],
            cwd=self.folder,
            env=surroundings,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert "Traceback (most recent call last)" not in done.stderr, done.stderr
        # A machine that is busy with other tests saturates the generator; that is not what is tested here.
        busy = done.returncode == _NOTHING_PROVED and "saturated" in done.stderr
        return Ran(0 if busy else done.returncode, done.stdout, done.stderr, self.folder)


@pytest.fixture(scope="session")
def server() -> Generator[Server]:
    """One server for all scripts of this process."""
    made = Server()
    yield made
    made.shutdown()


@pytest.fixture
def k6(tmp_path: Path, server: Server) -> K6:
    """The front door, in an empty folder."""
    server.seen.clear()
    return K6(tmp_path, server)
