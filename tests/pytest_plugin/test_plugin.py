"""The pytest plugin: load tests among other tests, in a pytest of their own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from swell.runs.store import open_store

LOAD = """
from swell import HttpUser, constant, task

class Visitor(HttpUser):
    wait_time = constant(0.02)

    @task
    def look(self):
        self.client.get("/look")
"""

SCRIPT = """
import http from 'k6/http';
export const options = { vus: 1, iterations: 3, thresholds: { http_req_failed: ['rate<0.01'] } };
export default function () { http.get(__ENV.BASE_URL + '/look'); }
"""

PATIENCE = 100.0  # seconds until a pytest that should end is a failure

Pytest = Callable[..., subprocess.CompletedProcess[str]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    """The URL of a target that answers at once."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def run_pytest(tmp_path: Path, target: str) -> Pytest:
    """Run pytest on a file with this text, beside a load test for each dialect."""
    (tmp_path / "load.py").write_text(LOAD)
    (tmp_path / "script.js").write_text(SCRIPT)

    def call(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "tests").mkdir(exist_ok=True)
        (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
        (tmp_path / "tests" / "test_load.py").write_text(f"import pytest\nHOST = {target!r}\n{text}")
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "swell.pytest_plugin", "-p", "no:cacheprovider", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    return call


def test_a_load_test_passes(run_pytest: Pytest, tmp_path: Path) -> None:
    """Options of the marker and of the call add up; verdict, requests, metrics, endpoints and the report are there."""
    done = run_pytest(
        """
import sys

@pytest.mark.swell(users=3, duration="1s", thresholds=["http_req_failed: rate < 1%"])
def test_load(swell, tmp_path):
    before = set(sys.modules)
    result = swell.run("load.py", host=HOST, users=2)
    assert result.verdict.passed and result.verdict.name == "PASS"
    assert result.requests > 0 and result.failures == 0 and result.failure_rate == 0
    assert 0 < result.metric("http_req_duration").p95 <= result.metric("http_req_duration").max
    assert result.metric("vus_max").max == 2
    [endpoint] = result.endpoints
    assert (endpoint.method, endpoint.name, endpoint.requests) == ("GET", "/look", result.requests)
    assert result.endpoint("/look").duration.count == result.requests
    assert result.report(tmp_path / "deep" / "report.html").stat().st_size > 1000
    assert not {"gevent", "bokeh", "sqlalchemy", "uvloop"} & (set(sys.modules) - before)
    with pytest.raises(LookupError, match="Did you mean 'http_reqs'"):
        result.metric("http_req")
    with pytest.raises(AttributeError, match="http_req_duration has no p50: it has "):
        result.metric("http_req_duration").p50
    print("run", result.run_id)
"""
    )
    assert done.returncode == 0, done.stdout
    assert (tmp_path / ".swell" / "runs.db").exists()


def test_a_failure_is_readable(run_pytest: Pytest) -> None:
    """The output of pytest has the criteria that failed, with what was measured, and the run's summary."""
    done = run_pytest(
        """
def test_load(swell):
    result = swell.run("load.py", host=HOST, users=1, duration="1s", thresholds=["http_reqs: count > 100000"])
    assert result.verdict.passed
"""
    )
    assert done.returncode == 1
    assert "where False = <FAIL: http_reqs: count > 100000: " in done.stdout
    assert "GET /look" in done.stdout


def test_nothing_to_judge_by_is_no_pass(run_pytest: Pytest) -> None:
    """A run without criteria has not passed, and says why."""
    done = run_pytest(
        """
def test_load(swell):
    assert swell.run("load.py", host=HOST, users=1, duration="500ms").verdict.passed
"""
    )
    assert done.returncode == 1
    assert "<NONE: there are no criteria" in done.stdout


def test_other_dialects_by_their_commands(run_pytest: Pytest) -> None:
    """A k6 script with k6's command line, variables by `env`; its criteria are judged."""
    done = run_pytest(
        """
def test_load(swell):
    result = swell.run(command=["k6", "run", "../script.js"], env={"BASE_URL": HOST})
    assert result.verdict.passed, result.verdict
    assert result.requests == 3
"""
    )
    assert done.returncode == 0, done.stdout


def test_what_is_wrong_is_told(run_pytest: Pytest) -> None:
    """Files that are not there, options that make no sense, tests that break: each in its own words."""
    done = run_pytest(
        """
def test_file(swell):
    with pytest.raises(FileNotFoundError, match="there is no file laod.py in"):
        swell.run("laod.py")

def test_option(swell):
    with pytest.raises(ValueError, match="`swell k6 run` has no option for rate"):
        swell.run(command=["k6", "run", "x.js"], rate=5)
    with pytest.raises(ValueError, match="parsecs"):
        swell.run("load.py", duration="3 parsecs")

def test_broken(swell):
    swell.run("load.py", args=["--nonsense"])

@pytest.mark.swell(user=3)
def test_marker(swell):
    pass
""",
    )
    assert "2 passed" in done.stdout
    assert "LoadTestError: the load test did not run (exit code 2)" in done.stdout
    assert "No such option" in done.stdout
    assert "@pytest.mark.swell has no option 'user'; did you mean 'users'?" in done.stdout


def test_load_tests_can_be_left_out(run_pytest: Pytest) -> None:
    """A test with the fixture has the marker, so that -m finds it; the plugin costs other tests nothing."""
    done = run_pytest(
        """
import sys

def test_load(swell):
    raise AssertionError

def test_other():
    assert not [name for name in sys.modules if name.startswith("swell.cli")]
""",
        "-m",
        "not swell",
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed, 1 deselected" in done.stdout


def test_interrupt_ends_the_run(run_pytest: Pytest, tmp_path: Path) -> None:
    """Ctrl-C on pytest ends the load test in good order too: it is stored, and nothing of it lives on."""
    run_pytest("def test_load(swell):\n    swell.run('load.py', host=HOST, users=1, duration='10m')", "--collect-only")
    process = psutil.Popen(
        [sys.executable, "-m", "pytest", "-p", "swell.pytest_plugin", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        waiting = threading.Event()
        for _ in range(int(PATIENCE / 0.05)):
            if any(_is_loading(each) for each in process.children(recursive=True)):
                break
            waiting.wait(0.05)
        family = process.children(recursive=True)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=PATIENCE)
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    assert "KeyboardInterrupt" in said
    assert family
    assert psutil.wait_procs(family, PATIENCE)[1] == []
    with contextlib.closing(open_store(str(tmp_path / ".swell" / "runs.db"))) as store:
        [run] = store.list()
        assert store.run(run).interrupted


def _is_loading(process: psutil.Process) -> bool:
    """Whether this is a worker that has a connection."""
    try:
        return "swell.coordinator.child" in process.cmdline() and bool(process.net_connections("tcp"))
    except psutil.Error:
        return False


def test_runs_need_not_be_kept(run_pytest: Pytest, tmp_path: Path) -> None:
    """`swell_store = none` keeps nothing; only the report is missing then."""
    done = run_pytest(
        """
def test_load(swell):
    result = swell.run("load.py", host=HOST, users=1, duration="500ms", thresholds="http_reqs: count > 0")
    assert result.verdict.passed
    with pytest.raises(RuntimeError, match="it was not kept"):
        result.report("x.html")
""",
        "-o",
        "swell_store=none",
    )
    assert done.returncode == 0, done.stdout
    assert not list(tmp_path.rglob(".swell"))


def test_pytest_finds_the_plugin() -> None:
    """The package declares its entry point."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"swell": "swell.pytest_plugin"}
