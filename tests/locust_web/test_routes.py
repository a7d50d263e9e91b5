"""Routes that a locustfile adds to the page, end to end, beside the real Locust."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests import services
from tests.commands import wait_for
from tests.locust.server import Server

pytest.importorskip("flask")

FILE = """
import os
from flask import Blueprint, jsonify, request
from locust import HttpUser, constant, events, task

sizes = {}

@events.request.add_listener
def count(name, response_length, **_):
    sizes[name] = sizes.get(name, 0) + 1

@events.init.add_listener
def add(environment, **_):
    if not environment.web_ui:
        return
    web = environment.web_ui
    more = Blueprint("more", "more", url_prefix="/more")

    @web.app.route("/sizes")
    @web.auth_required_if_enabled
    def show():
        return jsonify(sizes=sizes, all=environment.stats.total.num_requests, state=environment.runner.state)

    @more.route("/echo", methods=["POST"])
    def echo():
        return request.form["word"] + request.args.get("end", ""), 201, {"X-Own": "yes"}

    web.app.register_blueprint(more)

class Reader(HttpUser):
    wait_time = constant(0.05)

    @task
    def read(self):
        self.client.get("/x")
"""


class Page:
    """One tool's page."""

    def __init__(self, port: int) -> None:
        self.port = port

    def send(self, path: str, body: bytes | None = None) -> tuple[int, str, dict[str, str]]:
        try:
            with urlopen(Request(f"http://127.0.0.1:{self.port}{path}", data=body), timeout=60) as answer:
                return answer.status, answer.read().decode(), _lower(answer.headers)
        except HTTPError as error:
            return error.code, error.read().decode(), _lower(error.headers)

    def json(self, path: str) -> dict[str, Any]:
        return json.loads(self.send(path)[1])


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@contextmanager
def page_of(tool: list[str], folder: Path, host: str, *more: str) -> Iterator[Page]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "locustfile.py").write_text(FILE)
    port = services.free_port()
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("LOCUST_", "SWELL_WEB"))}
    with (folder / "out.txt").open("wb") as out:
        process = subprocess.Popen(
            [*tool, "--web-host", "127.0.0.1", "--web-port", str(port), "--host", host, *more],
            cwd=folder,
            stdout=out,
            stderr=out,
            env=clean,
        )
    page = Page(port)

    def up() -> bool | None:
        assert process.poll() is None, (folder / "out.txt").read_text()
        try:
            return page.send("/stats/requests")[0] == 200 or None
        except OSError:
            return None

    try:
        wait_for(up)
        yield page
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def walk(page: Page) -> list[Any]:
    """What a person sees of the routes before, while and after a test runs."""
    seen: list[Any] = [page.json("/sizes"), page.send("/more/nothing")[0]]
    assert page.send("/swarm", b"user_count=2&spawn_rate=2")[0] == 200
    wait_for(lambda: page.json("/sizes")["sizes"].get("/x", 0) > 3 or None)
    found = wait_for(lambda: (found := page.json("/sizes"))["state"] == "running" and found)
    # The listener is ahead of the statistics by what the newest second has.
    seen.append(list(found["sizes"]))
    echoed = page.send("/more/echo?end=!", b"word=hello")
    seen.append((*echoed[:2], echoed[2]["x-own"]))
    assert page.send("/stop", b"")[0] == 200
    wait_for(lambda: page.json("/stats/requests")["state"] == "stopped" or None)
    last = page.json("/sizes")
    seen.append((last["state"], last["sizes"]["/x"] == last["all"] > 0))
    return seen


@pytest.mark.timeout(240)
@pytest.mark.skipif(importlib.util.find_spec("locust") is None, reason="compares with real Locust")
def test_as_in_locust(tmp_path: Path, server: Server) -> None:
    """The same file's routes say the same before, while and after a run, on both."""
    with page_of([sys.executable, "-m", "swell", "locust", "--no-store"], tmp_path / "swell", server.url) as page:
        ours = walk(page)
    with page_of([sys.executable, "-m", "locust"], tmp_path / "locust", server.url) as page:
        theirs = walk(page)
    assert ours == theirs
    assert ours == [
        {"all": 0, "sizes": {}, "state": "ready"},
        404,
        ["/x"],
        (201, "hello!", "yes"),
        ("stopped", True),
    ]


@pytest.mark.timeout(240)
def test_several_processes(tmp_path: Path, server: Server) -> None:
    """With several processes the routes are the master's, as in Locust: its statistics are those of all workers."""
    tool = [sys.executable, "-m", "swell", "locust", "--no-store", "--processes", "2"]
    with page_of(tool, tmp_path, server.url) as page:
        assert page.send("/swarm", b"user_count=2&spawn_rate=2")[0] == 200
        wait_for(lambda: page.json("/sizes")["all"] > 3 or None)
        assert page.json("/sizes")["sizes"] == {}
