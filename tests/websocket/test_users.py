"""WebSockets of test files: `self.websocket` in a real run."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

TEST = """
from swell import HttpUser, WebSocketClosed, WebSocketError, check, group, iterations, task


class Member(HttpUser):
    load = iterations(6, users=2)

    def on_start(self):
        self.left = self.websocket("/left-open")

    @task
    def talk(self):
        with group("chat"), self.websocket("/chat", name="chat", tags={"room": "1"}) as ws:
            ws.send_json({"n": 1})
            check(ws.receive_json(timeout=20), {"same": lambda answer: answer["n"] == 1})
            ws.ping()
        if self.vu.iteration == 0:
            self.troubles()

    def troubles(self):
        try:
            self.websocket("/deny")
        except WebSocketError as error:
            check(error, {"denied": lambda e: e.status == 403})
        ws = self.websocket("/drop")
        ws.send("x")
        try:
            ws.receive(timeout=20)
        except WebSocketClosed as closed:
            check(closed, {"dropped": lambda c: c.code == 1006})
"""


def run(tmp_path: Path, address: str, *options: str) -> dict[str, Any]:
    """The summary of a run of the test above."""
    (tmp_path / "chat.py").write_text(textwrap.dedent(TEST), encoding="utf-8")
    command = [sys.executable, "-m", "swell", "run", "chat.py", "--host", f"http://{address}", "-q", "--no-store"]
    subprocess.run(
        [*command, "--json", "run.json", *options], cwd=tmp_path, check=True, timeout=120, stdout=subprocess.DEVNULL
    )
    return json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))


def test_a_run(tmp_path: Path, chat_server: str) -> None:
    """Sessions, messages, pings and failures reach the summary; thresholds see them; what is left open ends."""
    summary = run(
        tmp_path,
        chat_server,
        "--threshold",
        "ws_sessions{name:chat}: count == 6",
        "--threshold",
        "ws_session_duration{name:/left-open}: count == 2",
        "--threshold",
        "checks: rate == 100%",
    )
    assert summary["verdict"] == "PASS"
    metrics = {name: each["values"] for name, each in summary["metrics"].items()}
    assert metrics["ws_sessions"]["count"] == 6 + 2 + 2 + 2
    assert metrics["ws_msgs_sent"]["count"] == 8
    assert metrics["ws_msgs_received"]["count"] == 6
    assert metrics["ws_ping"]["count"] == 6
    assert metrics["ws_session_duration"]["count"] == 10
    assert metrics["data_received"]["count"] > 1000
    errors = {each["kind"]: each["count"] for each in summary["errors"]}
    assert errors == {"ws_handshake": 2, "ws_dropped": 2}
