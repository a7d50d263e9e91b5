"""What the processes of a run load, which is most of their memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .server import Server

FILE = """
import json, sys
from pathlib import Path
from locust import {user}, task

class Visitor({user}):
    @task
    def get(self):
        self.client.get("/ok")
        found = [name for name in ("gevent", "requests", "sqlalchemy", "rich") if name in sys.modules]
        Path({report!r}).write_text(json.dumps(found))
        self.environment.runner.quit()
"""


@pytest.mark.parametrize(("user", "loaded"), [("FastHttpUser", []), ("HttpUser", ["gevent", "requests"])])
def test_a_worker_loads_what_its_users_need(user: str, loaded: list[str], server: Server, tmp_path: Path) -> None:
    """Neither requests nor gevent, but for users of requests and where the file asks for such a module itself."""
    report = tmp_path / "report.json"
    path = tmp_path / "locustfile.py"
    path.write_text(FILE.format(user=user, report=str(report)))
    command = [sys.executable, "-m", "swell", "locust", "-f", str(path), "--headless", "-H", server.url, "-t", "30s"]
    done = subprocess.run([*command, "--no-store"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(report.read_text()) == loaded


def test_the_front_door_loads_nothing_of_the_test() -> None:
    """The plan is made in a process that ends; the one that stays until the end has no client and no user in it."""
    script = (
        "import sys\n"
        "import swell.dialects.locust.main, swell.dialects.locust.prepared, swell.dialects.locust.running\n"
        "names = ('requests', 'gevent', 'greenlet', 'httptools', 'uvloop', 'swell.http', 'swell.dialects.python')\n"
        "print([name for name in names if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stdout + done.stderr
