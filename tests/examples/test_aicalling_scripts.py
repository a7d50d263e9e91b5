"""The five k6 scripts of the AI Calling Platform, run by `swell k6 run` against its target with small loads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.examples.aicalling import AiCalling
from tests.examples.conftest import run_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCRIPTS = AiCalling.folder / "tests" / "load"
PROFILES = {
    "smoke": ["--vus", "1", "--duration", "30s"],
    "average": ["--vus", "10", "--duration", "5m"],
    "stress": ["--vus", "50", "--duration", "10m"],
    "spike": ["--vus", "1", "--stage", "30s:1", "--stage", "30s:100", "--stage", "30s:1"],
    "soak": ["--vus", "20", "--duration", "1h"],
}


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AiCalling]:
    """The target without a fault."""
    with run_target(AiCalling, tmp_path_factory.mktemp("aicalling")) as target:
        yield target


def run_script(name: str, url: str, folder: Path, *flags: str, **env: str) -> tuple[int, dict, str]:
    """Exit code, the metrics of the summary, and all that was printed."""
    summary = folder / "summary.json"
    command = [sys.executable, "-m", "swell", "k6", "run", "--quiet", "--summary-export", str(summary), *flags]
    done = subprocess.run(
        [*command, str(SCRIPTS / f"{name}.js")],
        cwd=folder,
        env={**os.environ, "API_URL": url, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    metrics = json.loads(summary.read_text())["metrics"] if summary.exists() else {}
    return done.returncode, metrics, done.stdout


@pytest.mark.parametrize(
    ("name", "iterations", "metrics"),
    [
        ("health-check", 6, {"http_reqs": 7}),
        ("bulk-import", 2, {"rows_imported": 2_000}),
        ("analytics-load", 6, {"http_reqs": 7}),
        ("scheduling-load", 4, {"calls_scheduled": 4}),
        ("full-system", 8, {}),
    ],
)
def test_passes_against_a_healthy_target(name, iterations, metrics, healthy, tmp_path):
    """Each script meets its thresholds, and its metrics count exactly what it has done."""
    flags = ["--vus", str(min(4, iterations)), "--iterations", str(iterations)]
    # The limits are the real platform's: this machine may be slow and busy.
    code, seen, printed = run_script(name, healthy.service.url, tmp_path, *flags, SLACK="40")
    assert code == 0, printed
    assert seen["iterations"]["count"] == iterations
    assert {metric: seen[metric]["count"] for metric in metrics} == metrics


@pytest.mark.parametrize(
    ("name", "fault", "iterations", "broken"),
    [
        ("health-check", "errors", 90, "http_req_failed"),
        ("bulk-import", "lost-rows", 2, "import_failed"),
        ("analytics-load", "n-plus-one", 20, "http_req_duration{endpoint:GET /analytics/dashboard}"),
        ("scheduling-load", "backlog", 2, "queue_depth"),
        ("full-system", "errors", 30, "http_req_failed"),
    ],
)
def test_finds_a_fault(name, fault, iterations, broken, tmp_path):
    """Each script ends with 99 on a fault, for the threshold that the fault is about."""
    with run_target(AiCalling, tmp_path, "--fault", fault) as target:
        flags = ["--vus", str(min(30, iterations)), "--iterations", str(iterations)]
        code, seen, printed = run_script(name, target.service.url, tmp_path, *flags)
    assert code == 99, printed
    # True in the summary's file means crossed, as in k6's.
    assert any(seen[broken]["thresholds"].values()), seen[broken]


def test_aborts_without_a_platform(tmp_path):
    """Nothing at the URL ends the test at once, with one sentence that says so."""
    code, _, printed = run_script("full-system", "http://127.0.0.1:1", tmp_path, "--vus", "1", "--iterations", "1")
    assert code == 108, printed
    assert "no AI Calling Platform at http://127.0.0.1:1" in printed


def load_of(name: str, *flags: str) -> tuple[str, int]:
    """The longest that a script may take with these flags, and its most users."""
    done = subprocess.run(
        [sys.executable, "-m", "swell", "k6", "inspect", "--execution-requirements", *flags, f"{name}.js"],
        cwd=SCRIPTS,
        capture_output=True,
        text=True,
        check=True,
    )
    shown = json.loads(done.stdout)
    return shown["totalDuration"], shown["maxVUs"]


@pytest.mark.parametrize(
    ("name", "load"),
    [
        ("health-check", ("1m30s", 200)),
        ("bulk-import", ("10m30s", 10)),
        ("analytics-load", ("2m30s", 200)),
        ("scheduling-load", ("2m30s", 200)),
        ("full-system", ("3m30s", 100)),
    ],
)
def test_own_load(name, load):
    """Without flags a script has the load of the guide's scenario, and half a minute to end."""
    assert load_of(name) == load


@pytest.mark.parametrize(
    ("profile", "load"),
    [
        ("smoke", ("1m0s", 1)),
        ("average", ("5m30s", 10)),
        ("stress", ("10m30s", 50)),
        ("spike", ("2m0s", 100)),
        ("soak", ("1h0m30s", 20)),
    ],
)
def test_profiles(profile, load):
    """A profile's flags replace the load of a script."""
    assert load_of("full-system", *PROFILES[profile]) == load


def fake_runner(folder: Path, code: int) -> str:
    """A command that notes how it was called and ends with `code`."""
    program = folder / "runner"
    program.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/calls"\nexit {code}\n')
    program.chmod(0o755)
    return f"{program} run"


def test_run_all(tmp_path):
    """The script of all runs the five tests in three profiles, with the guide's flags, and says that all passed."""
    done = subprocess.run(
        [SCRIPTS / "run-all-tests.sh"],
        env={**os.environ, "RUNNER": fake_runner(tmp_path, 0)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "all passed")
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == 15
    assert [call.partition(" --summary-export")[0] for call in calls[::5]] == [
        "run --vus 1 --duration 30s",
        "run --vus 10 --duration 5m",
        "run --vus 50 --duration 10m",
    ]
    assert [call.rpartition(" ")[2] for call in calls[:5]] == [
        "health-check.js",
        "bulk-import.js",
        "analytics-load.js",
        "scheduling-load.js",
        "full-system.js",
    ]


def test_run_all_tells_what_failed(tmp_path):
    """A test that fails does not stop the others; the exit code is 1 and each failure has its line."""
    done = subprocess.run(
        [SCRIPTS / "run-all-tests.sh", "spike"],
        env={**os.environ, "RUNNER": fake_runner(tmp_path, 99)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.count("failed: ") == 5
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[0].startswith("run --vus 1 --stage 30s:1 --stage 30s:100 --stage 30s:1 ")
