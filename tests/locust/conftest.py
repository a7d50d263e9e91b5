"""One locustfile, run by real Locust and by Swell against one server: traces, statistics and exit codes."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.locust.server import Server

FILES = Path(__file__).parent / "files"
SWELL = [sys.executable, "-m", "swell", "locust", "--no-store"]
LOCUST = [sys.executable, "-m", "locust"]

needs_locust = pytest.mark.skipif(
    importlib.util.find_spec("locust") is None, reason="compares with real Locust: pip install swell[conformance]"
)


class Ran(NamedTuple):
    """How one tool ran a locustfile."""

    code: int
    trace: list[dict[str, Any]]
    statistics: list[tuple[str, str, int, int, int]]
    """Name, method, requests, failures, bytes of content."""
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def options_of(path: Path) -> tuple[list[str], bool]:
    """The arguments in the comments at the top of a locustfile, and whether it gets a host."""
    text = path.read_text()
    found = re.search(r"^# args:(.*)$", text, re.MULTILINE)
    return (found[1].split() if found else ["-u", "1", "-r", "1", "-t", "20s"]), "# host: none" not in text


def run(
    tool: list[str], path: Path, folder: Path, host: str = "", *more: str, env: dict[str, str] | None = None
) -> Ran:
    """Run a tool in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    trace = folder / "trace.jsonl"
    trace.unlink(missing_ok=True)
    arguments, hosted = options_of(path)
    command = [*tool, "-f", str(path), "--headless", "--only-summary", "--json", *arguments, *more]
    if hosted and host:
        command += ["-H", host]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**clean, "TRACE": str(trace), "PYTHONPATH": str(FILES), "HOME": str(folder), **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = trace.read_text().splitlines() if trace.exists() else []
    return Ran(
        done.returncode, [json.loads(line) for line in lines], _statistics(done.stdout), done.stdout, done.stderr
    )


def _statistics(stdout: str) -> list[tuple[str, str, int, int, int]]:
    start = stdout.find("[\n")
    if start < 0:
        start = stdout.find("[]")
    if start < 0:
        return []
    entries, _ = json.JSONDecoder().raw_decode(stdout[start:])
    shown = ("name", "method", "num_requests", "num_failures", "total_content_length")
    return sorted(tuple(one[key] for key in shown) for one in entries)
