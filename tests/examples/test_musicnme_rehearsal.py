"""The Music 'n Me suites under `swell artillery run`: the healthy target passes, one with a fault does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, NamedTuple

import pytest

from tests.examples.musicnme import MUSICNME

SHORT = '{"config":{"phases":[{"duration":3,"arrivalRate":8}]}}'


class Rehearsal(NamedTuple):
    code: int
    output: str
    report: dict[str, Any]

    @property
    def counters(self) -> dict[str, int]:
        return self.report["aggregate"]["counters"]


def _rehearse(folder, suite, *options):
    """Run a suite with its one-word command, on an embedded target; what came of it."""
    path = folder / "report.json"
    done = subprocess.run(
        [sys.executable, str(MUSICNME / "run.py"), suite, "--no-store", "--output", str(path), *options],
        cwd=folder,
        env={**os.environ, "DATABASE_URL": "", "REDIS_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert path.exists(), done.stdout + done.stderr
    return Rehearsal(done.returncode, done.stdout + done.stderr, json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("suite", ["full", "dashboard", "calendar", "hybrid"])
def test_healthy_target_passes(tmp_path, suite):
    """Every scenario does what it should: no request fails, no user fails, the bookings are right."""
    done = _rehearse(tmp_path, suite, "--overrides", SHORT)
    assert done.counters["vusers.created"] == done.counters["vusers.completed"] == 24
    assert done.counters["app.failed"] == 0
    assert not [name for name in done.counters if name.startswith(("errors.", "plugins.expect.failed"))]
    assert "no slot sold twice" in done.output
    assert done.code == 0, done.output


def test_oversell_is_caught(tmp_path):
    """The rehearsal of the bookings, as the README has it, finds a target that sells slots twice, in three ways."""
    done = _rehearse(tmp_path, "hybrid", "-e", "rehearsal", "--fault", "oversell")
    assert done.code != 0
    assert done.counters["hybrid.booked"] == done.counters["hybrid.wished"]  # nobody was told that they came too late
    assert done.counters["plugins.expect.failed.notHasProperty"] > 0  # parents looked who has the slot
    assert done.counters["app.failed"] > 0  # admins asked for the audit
    assert "NOT ok" in done.output  # the check after the run


@pytest.mark.parametrize(
    ("suite", "fault", "criterion"),
    [
        ("full", "errors", "app.failed / http.requests < 0.01"),
        ("calendar", "slow", "http.response_time.p99 < 2500"),
        ("calendar", "tenant-leak", ""),
    ],
)
def test_fault_is_caught(tmp_path, suite, fault, criterion):
    """Each fault breaks the criterion that is there for it."""
    done = _rehearse(tmp_path, suite, "--overrides", SHORT, "--fault", fault)
    assert done.code != 0
    assert f"fail: {criterion}" in done.output or not criterion
    assert fault != "tenant-leak" or done.counters["plugins.expect.failed.notHasProperty"] > 0
