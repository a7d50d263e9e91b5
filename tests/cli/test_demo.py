"""`swell demo`: starts, loads, tells, and leaves nothing behind."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

from swell.cli.demo import FAULTS
from swell.demo.faults import FAULTS as SERVICE_FAULTS
from tests.cli.conftest import Command
from tests.commands import wait_for

Start = Callable[..., Command]


def test_the_demo_ends_with_a_verdict_and_next_steps(start: Start, folder: Path) -> None:
    """A result of real requests, three lines on what to do next, and no service that stays."""
    command = start("demo", "--time-scale", "0.2", "--json", "s.json")
    service = wait_for(lambda: next((p for p in command.ps.children() if "swell.demo.serve" in p.cmdline()), None))
    # How fast the machine is decides about the thresholds on times, not this test.
    assert command.wait() in {0, 1, 3}, command.err
    assert "Next:" in command.out
    assert "POST /bookings" in command.out
    summary = json.loads((folder / "s.json").read_text())
    assert summary["verdict"] in command.out
    assert summary["metrics"]["http_req_failed"]["values"]["rate"] == 0
    assert wait_for(lambda: True if not service.is_running() else None)


def test_a_seeded_fault_shows_in_the_result(start: Start) -> None:
    """`--fault errors` cannot pass."""
    command = start("demo", "--fault", "errors", "--time-scale", "0.2")
    assert command.wait() in {1, 3}, command.err
    assert "500" in command.out


def test_the_faults_offered_are_those_of_the_service() -> None:
    """The command names them itself, to keep its help fast."""
    assert set(FAULTS) == set(SERVICE_FAULTS)


def test_serve_only(start: Start) -> None:
    """`--serve` prints the URL and ends with a signal, without an error."""
    command = start("demo", "--serve")
    wait_for(lambda: True if command.out.startswith("http://127.0.0.1:") else None)
    command.process.send_signal(signal.SIGTERM)
    assert command.wait() == 0
    assert command.err == ""


def test_the_demo_keeps_no_record_if_told_so(start: Start, folder: Path) -> None:
    """`--no-store` and `--strict` are as for run."""
    command = start("demo", "--time-scale", "0.1", "--no-store", "--strict", "-q")
    assert command.wait() in {0, 1, 3}, command.err
    assert not (folder / ".swell").exists()
