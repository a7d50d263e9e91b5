"""The AI Calling Platform's target for its tests: callers with the API key, files to import, and waiting."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from tests.examples.conftest import EXAMPLES, Target
from tests.services import Caller

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = "your-test-api-key"
CALL = {"phoneNumber": "+15551234567", "agentId": 3}
CALLS = "/api/v1/calls"
QUEUE = "/api/v1/queue"
PATIENCE = 60.0  # seconds


class ApiCaller(Caller):
    """A caller that brings the API key, unless it is told another."""

    key = KEY

    def send(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], Any]:
        """As every caller; bytes are a CSV file."""
        kind = "text/csv" if isinstance(body, bytes) else "application/json"
        return self.send_as(kind, method, path, body)

    def send_as(self, kind: str, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], Any]:
        """Status, headers, decoded JSON of a request with a body of this kind."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body)
        headers = {"Content-Type": kind, "X-API-Key": self.key}
        self._connection.request(method, path, content, headers)
        response = self._connection.getresponse()
        text = response.read()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, json.loads(text) if text else None


class AiCalling(Target):
    folder = EXAMPLES / "aicalling"

    def caller(self) -> ApiCaller:
        caller = ApiCaller(self.service)
        self._callers.callback(caller.close)
        return caller


def python_path(folder: Path) -> str:
    """What PYTHONPATH must be for modules of this folder to be found first."""
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


def csv_of(rows: int) -> bytes:
    """A good file."""
    lines = [f'"Contact {row}, of a test",+1555{row:07}' for row in range(1, rows + 1)]
    return "\r\n".join(["name,phone", *lines]).encode()


def wait_for(look: Callable[[], object], good: Callable[[object], bool]):
    """What `look` sees once it is good."""
    until = time.monotonic() + PATIENCE
    while not good(seen := look()):
        assert time.monotonic() < until, seen
        time.sleep(0.05)
    return seen


def imported(caller: ApiCaller, number: int) -> dict:
    """An import, once it has ended."""
    return wait_for(
        lambda: caller.get(f"/api/v1/imports/{number}"), lambda one: one["status"] in {"completed", "failed"}
    )


def ended(caller: ApiCaller, number: int) -> dict:
    """A call, once it has ended."""
    return wait_for(lambda: caller.get(f"{CALLS}/{number}"), lambda one: one["status"] in {"completed", "failed"})
