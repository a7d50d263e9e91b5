"""What runs on Locust runs on Swell, with the same names, counts, failures, listener calls, order and exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.locust.conftest import FILES, LOCUST, SWELL, Ran, needs_locust, run
from tests.locust.server import Server

CASES = sorted(path.stem for path in FILES.glob("*.py") if path.stem not in {"probe", "ramps"})
# Users of one ramp start in an order that neither tool promises.
UNORDERED = {
    *("ways_to_end", "spawn_order", "shape", "shape_options", "equal_weights", "stop_timeout", "runner_facts"),
    "killed_users",
}


def compared(ran: Ran, case: str) -> list[dict[str, Any]]:
    """A trace, ready to be compared."""
    trace = [event for event in ran.trace if event["event"] != "request" or "name" in event]
    return sorted(trace, key=repr) if case in UNORDERED else trace


@needs_locust
@pytest.mark.parametrize("case", CASES)
def test_same_as_locust(case: str, server: Server, tmp_path: Path) -> None:
    """Each locustfile of `files` gives the same trace of events, statistics and exit code on both."""
    path = FILES / f"{case}.py"
    ours = run(SWELL, path, tmp_path / "swell", server.url)
    theirs = run(LOCUST, path, tmp_path / "locust", server.url)
    shown = f"{ours.stderr[-3000:]}\n--- locust:\n{theirs.stderr[-3000:]}"
    assert compared(ours, case) == compared(theirs, case), shown
    assert ours.statistics == theirs.statistics, shown
    assert ours.code == theirs.code, shown


@needs_locust
@pytest.mark.parametrize("case", ["http_requests", "fast_requests", "http_blocks", "fast_blocks"])
def test_same_without_listeners(case: str, server: Server, tmp_path: Path) -> None:
    """Without a listener of requests the short way is taken, and the statistics are still the same."""
    text = (FILES / f"{case}.py").read_text()
    path = tmp_path / f"{case}.py"
    path.write_text(text.replace("from probe import note", "def note(*_, **__): ..."))
    ours = run(SWELL, path, tmp_path / "swell", server.url)
    theirs = run(LOCUST, path, tmp_path / "locust", server.url)
    assert ours.statistics == theirs.statistics, ours.stderr[-3000:]
    assert ours.code == theirs.code
