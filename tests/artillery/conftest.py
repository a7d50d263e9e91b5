"""Scripts run by the front door itself, in a process of its own, against a small server; and by real Artillery."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TIMEOUT = 100.0
REAL = os.environ.get("SWELL_TEST_ARTILLERY") or shutil.which("artillery")


@dataclass
class Ran:
    """What one command left behind."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def report(self) -> dict[str, Any]:
        """What -o report.json wrote."""
        return json.loads((self.folder / "report.json").read_text())

    @property
    def counters(self) -> dict[str, Any]:
        """The counters of the aggregate."""
        return self.report["aggregate"]["counters"]


class Server(ThreadingHTTPServer):
    """Answers anything; `seen` are the requests as (method, path, body, headers)."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, str, str, Mapping[str, str]]] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def lines(self) -> list[str]:
        """Method and path of all requests, in their order."""
        return [f"{method} {path}" for method, path, _, _ in self.seen]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0") or 0)).decode("latin-1")
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append((self.command, self.path, body, headers))
        parts = self.path.partition("?")[0].strip("/").split("/")
        status = int(parts[1]) if parts[0] == "status" and len(parts) > 1 else 200
        data = json.dumps({"path": self.path, "token": "t-1", "items": [{"id": 1}, {"id": 2}]}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer

    def log_message(self, *args: object) -> None:
        """Nothing."""


class Runner:
    """Runs scripts in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> Path:
        """A file beside the script."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def command(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
        """`swell artillery ARGUMENTS`."""
        return self.swell("artillery", *arguments, env=env)

    def swell(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
        """`swell ARGUMENTS`."""
        return self._ran([sys.executable, "-m", "swell", *arguments], env)

    def run(self, script: str, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
        """Run the text of a script with -o report.json."""
        self.write("test.yml", script)
        return self.command("run", "test.yml", "--no-store", "-o", "report.json", *arguments, env=env)

    def real(self, script: str, *arguments: str) -> Ran:
        """The same with Artillery itself; skips where it is not installed."""
        if not REAL:
            pytest.skip("Artillery is not installed: npm i -g artillery, or SWELL_TEST_ARTILLERY names its program")
        self.write("test.yml", script)
        env = {"ARTILLERY_DISABLE_TELEMETRY": "true", "NO_COLOR": "1"}
        return self._ran([REAL, "run", "test.yml", "-o", "report.json", *arguments], env)

    def _ran(self, command: list[str], env: Mapping[str, str] | None) -> Ran:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr, self.folder)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that remembers."""
    made = Server()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Runs scripts."""
    return Runner(tmp_path)
