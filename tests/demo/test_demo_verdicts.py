"""`swell demo`, whole: every fault of the service turns up in the threshold that is there for it."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

# The fault and the threshold that must fail.
FAULTS = {
    "": "",
    "slow": "http_req_duration{name:/search}: p(95) < 250ms",
    "errors": "http_req_failed: rate < 1%",
    "leak": "http_req_duration: p(95) < 200ms",
    "rate-limit": "http_req_failed: rate < 1%",
    "oversell": "checks{check:every seat is sold once}: rate == 100%",
    "stall": "http_req_latency{scenario:Visitor}: p(95) < 300ms",
}


def _demo(fault, folder):
    """The summary of one demo, as JSON."""
    fault_option = ["--fault", fault] if fault else []
    path = folder / f"{fault or 'healthy'}.json"
    command = [sys.executable, "-m", "swell", "demo", "--quiet", "--json", str(path), *fault_option]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=100)
    assert path.exists(), done.stderr
    return json.loads(path.read_text())


@pytest.mark.timeout(180)
def test_every_fault_shows(tmp_path):
    """Each fault fails its threshold; without one, all that is about right and wrong holds."""
    # All at once: they mostly wait. What the crowd costs in speed can only fail thresholds that fail anyway.
    with ThreadPoolExecutor(len(FAULTS)) as threads:
        summaries = dict(zip(FAULTS, threads.map(lambda fault: _demo(fault, tmp_path), FAULTS), strict=True))
    for fault, threshold in FAULTS.items():
        grades = {one["threshold"]: one["grade"] for one in summaries[fault]["thresholds"]}
        if fault:
            assert grades[threshold] == "failed", (fault, grades)
            assert summaries[fault]["exit_code"] != 0
        else:
            about_truth = [FAULTS["errors"], FAULTS["oversell"]]
            assert [grades[one] for one in about_truth] == ["met", "met"]
