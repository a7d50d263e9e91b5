"""The peers: how each load generator is called for the same job, and how its request rate is read.

Rules: every peer gets the same connections, the same seconds and one processor; a peer that is not installed is
skipped by name. What is read is the peer's own count over its own duration.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).parent / "scripts"


@dataclass(frozen=True)
class Job:
    """One measurement: `connections` users for `seconds` on `url`, pinned to `processor`."""

    url: str
    connections: int
    seconds: int
    processor: int


@dataclass(frozen=True)
class Peer:
    """`measure` gives requests per second, or None when the tool is not here."""

    name: str
    measure: Callable[[Job], float | None]


def run_pinned(job: Job, command: list[str], **environment: str) -> str:
    """Run a command on the job's processor; gives what it printed. Any exit code will do: output decides."""
    done = subprocess.run(
        ["taskset", "-c", str(job.processor), *command],
        capture_output=True,
        text=True,
        timeout=job.seconds + 120,
        env={**os.environ, **environment},
        check=False,
    )
    return done.stdout + done.stderr


def find_number(pattern: str, text: str) -> float:
    """The number a tool printed; SystemExit with its output when it printed none."""
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"no {pattern!r} in:\n{text[-3000:]}")
    return float(found.group(1))


def swell(script: str) -> Callable[[Job], float | None]:
    """Swell with one of the scripts."""

    def measure(job: Job) -> float:
        with tempfile.TemporaryDirectory() as folder:
            summary = Path(folder) / "summary.json"
            text = run_pinned(
                job,
                [sys.executable, "-m", "swell", "run", str(SCRIPTS / script), "--host", job.url, "-q", "--no-store",
                 "-u", str(job.connections), "-r", "1000000", "-t", f"{job.seconds}s", "--json", str(summary)],
            )  # fmt: skip
            if not summary.exists():
                raise SystemExit(text)
            values = json.loads(summary.read_text())["metrics"]
            if values["http_req_failed"]["values"]["rate"] > 0:
                raise SystemExit(f"requests failed:\n{text}")
            return values["http_reqs"]["values"]["rate"]

    return measure


def wrk(job: Job) -> float | None:
    """wrk with one thread."""
    if shutil.which("wrk") is None:
        return None
    text = run_pinned(job, ["wrk", "-t1", f"-c{job.connections}", f"-d{job.seconds}s", job.url + "/"])
    return find_number(r"Requests/sec:\s+([\d.]+)", text)


def hey(job: Job) -> float | None:
    """hey on one processor."""
    if shutil.which("hey") is None:
        return None
    text = run_pinned(job, ["hey", "-z", f"{job.seconds}s", "-c", str(job.connections), job.url + "/"], GOMAXPROCS="1")
    return find_number(r"Requests/sec:\s+([\d.]+)", text)


def autocannon(job: Job) -> float | None:
    """autocannon from npm."""
    if shutil.which("autocannon") is None:
        return None
    text = run_pinned(job, ["autocannon", "-c", str(job.connections), "-d", str(job.seconds), "-j", job.url + "/"])
    return float(json.loads(text[text.index("{") : text.rindex("}") + 1])["requests"]["average"])


K9_PLAN_TEXT = """
flows:
  default:
    - request:
        url: "{url}/"
        checks:
          status is 200: {{ status: 200 }}
"""


def k9(script: str) -> Callable[[Job], float | None]:
    """k9-load with a Python function, or with a declarative plan if `script` is empty."""

    def measure(job: Job) -> float | None:
        binary = _beside_python("k9")
        if binary is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            plan = Path(folder) / "plan.yaml"
            plan.write_text(K9_PLAN_TEXT.format(url=job.url))
            text = run_pinned(
                job,
                [binary, "run", "--no-color", "-u", str(job.connections), "-d", f"{job.seconds}s",
                 str(SCRIPTS / script) if script else str(plan)],
                URL=job.url + "/",
            )  # fmt: skip
        return find_number(r"http_reqs\.+: \d+\s+([\d.]+)/s", text)

    return measure


def locust(user: str) -> Callable[[Job], float | None]:
    """Locust with FastHttpUser or HttpUser."""

    def measure(job: Job) -> float | None:
        binary = _beside_python("locust")
        if binary is None:
            return None
        users = str(job.connections)
        text = run_pinned(
            job,
            [binary, "-f", str(SCRIPTS / "locust_get.py"), "--headless", "-H", job.url, "-u", users, "-r", users,
             "-t", f"{job.seconds}s", "--json", "--only-summary", "-L", "ERROR", user],
        )  # fmt: skip
        entries = json.loads(text[text.index("[") : text.rindex("]") + 1])
        entry = entries[0]
        return entry["num_requests"] / (entry["last_request_timestamp"] - entry["start_time"])

    return measure


def _beside_python(name: str) -> str | None:
    """A command of this virtual environment, or of the PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


SWELL = Peer("Swell, Python task with a status check", swell("swell_get.py"))
WRK = Peer("wrk (C)", wrk)
K9_PLAN = Peer("k9-load, declarative plan (Rust)", k9(""))
K9_FUNCTION = Peer("k9-load, Python function", k9("k9_function.py"))
LOCUST_FAST = Peer("Locust FastHttpUser", locust("FastGetter"))
LOCUST_HTTP = Peer("Locust HttpUser", locust("HttpGetter"))
HEY = Peer("hey (Go)", hey)
AUTOCANNON = Peer("autocannon (Node)", autocannon)
