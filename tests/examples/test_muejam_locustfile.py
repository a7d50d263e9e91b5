"""The MueJam suite as a locustfile: the guide's command under Swell, and the same shares as the native test."""

from __future__ import annotations

import csv
import json
import subprocess
import sys

from swell.model.threshold_lines import threshold_lines
from tests.examples.conftest import MUEJAM

TABLE = threshold_lines((MUEJAM / "thresholds.txt").read_text(encoding="utf-8"), "thresholds.txt")
GUIDE = ["--users", "100", "--spawn-rate", "50", "--headless", "--only-summary"]


def _swell(folder, tokens, *options):
    command = [sys.executable, "-m", "swell", "locust", "-f", str(MUEJAM / "locustfile.py"), *options]
    return subprocess.run(
        command, cwd=folder, env={"MUEJAM_TOKENS": str(tokens)}, capture_output=True, text=True, check=False, timeout=90
    )


def test_the_guides_command(serve_muejam, tmp_path):
    """The guide's headless command runs every kind of user, writes its files, and takes a 429 for no failure."""
    # Four seconds with a ramp, on any machine, say nothing about latency and throughput.
    criteria = tmp_path / "criteria.txt"
    criteria.write_text(next(line for line in TABLE if "http_req_failed" in line), encoding="utf-8")
    with serve_muejam() as target:
        options = [*GUIDE, "--host", target.service.url, "--run-time", "4s", "--csv", "results", "--html", "{u}.html"]
        done = _swell(tmp_path, target.tokens, *options, "--thresholds", str(criteria))
    assert done.returncode == 0, done.stderr
    assert "http_req_failed: rate < 0.5%" in done.stdout + done.stderr
    with (tmp_path / "results_stats.csv").open(newline="") as file:
        rows = {row["Name"]: row for row in csv.DictReader(file)}
    assert {"/v1/discover", "/v1/public/stories", "/v1/stories/:slug", "/v1/users/me"} <= rows.keys()
    assert "/v1/discover" in (tmp_path / "100.html").read_text(encoding="utf-8")
    assert int(rows["Aggregated"]["Request Count"]) > 100
    assert rows["Aggregated"]["Failure Count"] == "0"


def test_shares(tmp_path):
    """Users and tasks have the guide's shares."""
    for name in ("readers.csv", "writers.csv"):
        (tmp_path / name).write_text("token\nx\n", encoding="utf-8")
    done = _swell(tmp_path, tmp_path, "--show-task-ratio-json")
    assert done.returncode == 0, done.stderr
    ratios = json.loads(done.stdout)["per_class"]
    assert {name: round(one["ratio"], 3) for name, one in ratios.items()} == {
        "AuthenticatedUser": 0.7,
        "UnauthenticatedUser": 0.25,
        "WriterUser": 0.04,
        "HealthCheckUser": 0.01,
    }
    tasks = ratios["AuthenticatedUser"]["tasks"]
    assert {name: round(one["ratio"] * 29) for name, one in tasks.items()} == {
        "browse_discovery_feed": 10,
        "view_story": 8,
        "view_profile": 5,
        "browse_library": 3,
        "search": 2,
        "create_whisper": 1,
    }
