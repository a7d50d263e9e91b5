"""Suites as people run them: in a folder of their own, against a small target that the suite starts itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import commands

LOAD = """
from swell import HttpUser, constant, task

class Visitor(HttpUser):
    wait_time = constant(0.02)

    @task
    def look(self):
        self.client.get("/look")
"""

LOCUSTFILE = """
from locust import HttpUser, constant, task

class Visitor(HttpUser):
    wait_time = constant(0.02)

    @task
    def look(self):
        self.client.get("/broken")
"""

SCRIPT = """
import http from 'k6/http';
export const options = { vus: 1, iterations: 3, thresholds: { http_req_failed: ['rate<0.01'] } };
export default function () { http.get(__ENV.BASE_URL + '/look'); }
"""

ARTILLERY = """
config:
  target: http://127.0.0.1:1
  phases:
    - {duration: 1, arrivalCount: 2}
scenarios:
  - flow:
      - get: {url: /look}
"""

# Prints something before its URL, as servers do.
SERVER = """
import http.server, os, pathlib, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(503 if self.path == "/broken" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
pathlib.Path("target.pid").write_text(str(os.getpid()))
print("starting with", os.environ.get("COLOUR", "no colour"))
print(f"listening on http://127.0.0.1:{server.server_port} (Ctrl-C ends it)", flush=True)
server.serve_forever()
"""

TARGET = """
[targets.local]
start = ["{python}", "serve.py"]
ready = "/look"
env = { BASE_URL = "{url}", COLOUR = "green" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a test for each dialect and a program that serves."""
    files = {
        "load.py": LOAD,
        "locustfile.py": LOCUSTFILE,
        "script.js": SCRIPT,
        "script.yml": ARTILLERY,
        "serve.py": SERVER,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return tmp_path


class Command(commands.Command):
    """A `swell suite` process."""

    @property
    def table(self) -> dict[str, list[str]]:
        """The words of the rows of the last table, by their first."""
        rows = self.out.rpartition("──")[2].splitlines()
        return {words[0]: words[1:] for row in rows if (words := row.split())}


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Command]]:
    """Start a `swell` process; what still lives at the end of the test is killed with all its children."""
    started: list[Command] = []

    def launch(*arguments: str, env: dict[str, str] | None = None) -> Command:
        started.append(Command(folder, arguments, env={**os.environ, "TERM": "dumb", **(env or {})}))
        return started[-1]

    yield launch
    commands.kill_all(started)
