"""Locust as a library: programs with an Environment and a runner of their own, on both tools."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import services
from tests.locust.conftest import needs_locust

if TYPE_CHECKING:
    from pathlib import Path

    from tests.locust.server import Server

_HEAD = """
import gevent, sys, time
from locust import HttpUser, constant, events, task
from locust.env import Environment
from locust.stats import stats_history, stats_printer
from locust.runners import LocalRunner

class Visitor(HttpUser):
    host = "{url}"
    wait_time = constant(0.02)
    met = 0

    @task
    def look(self):
        self.client.get("/a")
        time.sleep(0.01)

def say(*words):
    print(*words, flush=True)

events.test_start.add_listener(lambda environment, **_: say("test_start"))
events.test_stop.add_listener(lambda environment, **_: say("test_stop"))
env = Environment(user_classes=[Visitor], events=events)
runner = env.create_local_runner()
"""

_ONE = """
say(isinstance(runner, LocalRunner), env.runner is runner, runner.state)
env.events.init.fire(environment=env, runner=runner, web_ui=None)
gevent.spawn(stats_printer(env.stats))
gevent.spawn(stats_history, env.runner)
runner.start(2, spawn_rate=10)
for _ in range(600):
    if runner.user_count == 2:
        break
    gevent.sleep(0.1)
say("users", runner.user_count, runner.target_user_count)
gevent.spawn_later(2.5, runner.quit)
runner.greenlet.join()
entry = env.stats.get("/a", "GET")
say(env.stats.total.num_requests == entry.num_requests > 20, env.stats.total.num_failures, len(env.stats.errors))
say(runner.user_count, env.stats.total.get_response_time_percentile(0.5) >= 0, runner.state)
"""

_TWICE = """
runner.start(1, spawn_rate=10, wait=True)
gevent.sleep(1.2)
first = env.stats.total.num_requests
runner.stop()
say(runner.state, runner.user_count, first > 3)
runner.start(1, spawn_rate=10, wait=True)
gevent.sleep(0.2)
runner.start(3, spawn_rate=10)
for _ in range(600):
    if runner.user_count == 3:
        break
    gevent.sleep(0.1)
say("ramped", runner.user_count)
runner.stop()
say(runner.state, "quit")
runner.quit()
runner.greenlet.join(timeout=30)
"""

_MESSAGES = """
def heard(environment, msg, **_):
    say("heard", msg.type, msg.data, environment is env)

def end(self):
    self.client.get("/end")
    self.environment.runner.send_message("news", {"from": "a task"})
    self.environment.runner.quit()

Visitor.tasks = [end]
runner.register_message("news", heard)
runner.send_message("news", 1)
runner.start(1, spawn_rate=1)
runner.greenlet.join()
say(runner.state, env.stats.total.num_requests)
"""


def _run(folder: Path, tool: list[str], source: str, *words: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    (folder / "program.py").write_text(source)
    return subprocess.run(
        [sys.executable, *tool, "program.py", *words],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def _swell(folder: Path, source: str, *words: str) -> subprocess.CompletedProcess[str]:
    return _run(folder, ["-m", "swell", "python"], source, *words)


@needs_locust
@pytest.mark.parametrize("program", [_ONE, _TWICE, _MESSAGES], ids=["docs", "twice", "messages"])
def test_the_same_program_on_both(tmp_path: Path, server: Server, program: str) -> None:
    """A program of Locust's documentation says the same under `swell python` as under Python with the real Locust."""
    source = _HEAD.replace("{url}", server.url) + program
    ours, theirs = _swell(tmp_path / "swell", source), _run(tmp_path / "locust", [], source)
    assert ours.returncode == theirs.returncode == 0, ours.stderr + theirs.stderr
    # The users of Swell run in a thread: only the order between its lines and the program's may differ.
    assert sorted(ours.stdout.splitlines()) == sorted(theirs.stdout.splitlines())
    assert "Traceback" not in ours.stderr


def test_page_with_own_route(tmp_path: Path, server: Server) -> None:
    """`create_web_ui` opens the page of this process; its form starts users, and routes of the program answer."""
    pytest.importorskip("flask")
    source = _HEAD.replace("{url}", server.url) + (
        """
from urllib.request import urlopen
from threading import Thread
port = int(sys.argv[1])
web_ui = env.create_web_ui("127.0.0.1", port)

@web_ui.app.route("/count")
def count():
    return str(env.stats.total.num_requests)

def get(path, data=None):
    with urlopen(f"http://127.0.0.1:{port}{path}", data, timeout=30) as answer:
        return answer.read().decode()

def visit():
    say("before", get("/count"))
    say(get("/swarm", b"user_count=2&spawn_rate=5")[:15])
    while int(get("/count")) < 3:
        time.sleep(0.1)
    say("state", runner.state in {"spawning", "running"})
    runner.quit()

Thread(target=visit, daemon=True).start()
runner.greenlet.join()
web_ui.stop()
say("over")
"""
    )
    ran = _swell(tmp_path, source, str(services.free_port()))
    assert ran.returncode == 0, ran.stderr
    lines = ["before 0", '{"success":true', "state True", "test_start", "test_stop", "over"]
    assert sorted(ran.stdout.splitlines()) == sorted(lines)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Environment(user_classes=[Visitor]).create_master_runner()", "create_master_runner('*', 5557)"),
        ("Environment(user_classes=[Visitor]).create_worker_runner('h', 1)", "create_worker_runner('h', 1)"),
        ("Environment(user_classes=[Visitor]).create_web_ui()", "needs environment.create_local_runner()"),
        ("import gevent.monkey; gevent.monkey.patch_all(); runner.start(1, 1)", "leave it out of the program"),
    ],
)
def test_what_cannot_be_says_what_to_use(tmp_path: Path, line: str, says: str) -> None:
    """One message and no traceback."""
    ran = _swell(tmp_path, _HEAD + line)
    assert ran.returncode == 1
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_user_that_cannot_be_made(tmp_path: Path) -> None:
    """A run that cannot begin ends with its error, and the program goes on."""
    source = _HEAD + "Visitor.host = None\nrunner.start(1, 1)\ngevent.sleep(1)\nrunner.quit()\nsay(runner.state)\n"
    ran = _swell(tmp_path, source)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "stopped"
    assert "You must specify the base host" in ran.stderr


def test_users_beside_the_ramp(tmp_path: Path, server: Server) -> None:
    """A program that does not import gevent starts users beside its ramp, and tasks read statistics as of now."""
    more = """
class Other(Visitor):
    @task
    def look(self):
        before = self.environment.stats.get("/b", "GET").num_requests
        self.client.get("/b")
        assert self.environment.stats.get("/b", "GET").num_requests > before

env.user_classes.append(Other)
runner.start(2, 10)

def until(counts):
    for _ in range(600):
        if runner.user_classes_count == counts and runner.state == "running":
            break
        time.sleep(0.05)
    say(runner.user_classes_count, runner.target_user_count)

until({"Visitor": 1, "Other": 1})
runner.spawn_users({"Other": 2})
until({"Visitor": 1, "Other": 3})
while env.stats.get("/b", "GET").num_requests < 3:
    time.sleep(0.05)
runner.quit()
say(runner.exceptions)
"""
    ran = _swell(tmp_path, _HEAD.replace("{url}", server.url).replace("import gevent, sys", "import sys") + more)
    assert ran.returncode == 0, ran.stderr
    said = [line for line in ran.stdout.splitlines() if line.startswith("{")]
    assert said == ["{'Visitor': 1, 'Other': 1} 2", "{'Visitor': 1, 'Other': 3} 2", "{}"], ran.stdout + ran.stderr
