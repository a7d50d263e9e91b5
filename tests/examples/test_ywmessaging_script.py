"""The k6 script of YWMESSAGING, run by `swell k6 run` against its target with small loads, and its commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.examples.conftest import YWMESSAGING, YwMessaging, run_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BACKEND = YWMESSAGING / "backend"
SCRIPT = BACKEND / "scripts" / "loadtest.k6.js"
SCENARIOS = ("smoke", "load", "spike", "soak", "conversation")
# What scenarios of minutes do, in one iteration: the script's own functions under other options.
ONE = """
import {{ options as given }} from '{script}';
export {{ {function} as default, setup, teardown }} from '{script}';
const {{ scenarios, ...rest }} = given;
export const options = rest;
"""


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[YwMessaging]:
    """The target without a fault."""
    with run_target(YwMessaging, tmp_path_factory.mktemp("ywmessaging")) as target:
        yield target


def run_script(
    url: str, folder: Path, *flags: str, script: Path = SCRIPT, **env: str
) -> tuple[int, dict[str, dict], str]:
    """Exit code, the metrics of the summary, and all that was printed."""
    summary = folder / "summary.json"
    command = [sys.executable, "-m", "swell", "k6", "run", "--quiet", "--summary-export", str(summary), *flags]
    done = subprocess.run(
        [*command, str(script)],
        cwd=folder,
        env={**os.environ, "BASE_URL": url, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    metrics = json.loads(summary.read_text())["metrics"] if summary.exists() else {}
    return done.returncode, metrics, done.stdout


def test_smoke(healthy, tmp_path):
    """The smoke scenario is one user with five iterations, who registers once; all is counted by the custom metrics."""
    code, seen, printed = run_script(healthy.service.url, tmp_path, "--scenario", "smoke")
    assert code == 0, printed
    assert seen["iterations"]["count"] == 5
    assert seen["auth_successes"]["count"] == 1
    # Once the account, five times me, send, list, one conversation, analytics; the setup's probe is not the user's.
    assert seen["successful_requests"]["count"] == 2 + 5 * 5 == seen["http_reqs"]["count"] - 1
    assert all(seen[name]["max"] > 0 for name in ("message_send_duration", "conversation_fetch_duration"))
    assert seen["analytics_duration"]["max"] > 0
    assert "auth_failures" not in seen or seen["auth_failures"]["count"] == 0
    assert "api_errors" not in seen or seen["api_errors"]["count"] == 0


def test_conversation(healthy, tmp_path):
    """The conversation scenario reads, answers and marks as read; it sends first where there is nothing to answer."""
    script = tmp_path / "conversation.js"
    script.write_text(ONE.format(script=SCRIPT, function="conversation"))
    code, seen, printed = run_script(healthy.service.url, tmp_path, "--vus", "2", "--iterations", "4", script=script)
    assert code == 0, printed
    assert seen["checks"]["fails"] == 0
    for done in ("marked as read", "reply queued", "conversation has messages"):
        assert f"✓ {done}" in printed


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        ("errors", "http_req_failed{load:steady}"),
        ("slow", "http_req_duration{endpoint:message}"),
        ("n-plus-one", "http_req_duration{endpoint:conversations}"),
        ("tenant-leak", "checks{load:steady}"),
    ],
)
def test_finds_a_fault(fault, broken, tmp_path):
    """The script ends with 99 on a fault, for the threshold that the fault is about."""
    with run_target(YwMessaging, tmp_path, "--fault", fault) as target:
        flags = ["--vus", "4", "--iterations", "12" if fault == "errors" else "4"]
        code, seen, printed = run_script(target.service.url, tmp_path, *flags)
    assert code == 99, printed
    # True in the summary's file means crossed, as in k6's.
    assert any(seen[broken]["thresholds"].values()), seen[broken]


def test_environment(healthy, tmp_path):
    """CHURCH_ID joins a church; ADMIN_TOKEN takes the test's users away afterwards, and no seeded church."""
    token = "admin-only-for-load-tests"
    flags = ["--vus", "1", "--iterations", "1", "--env", "CHURCH_ID=church-77"]
    code, seen, printed = run_script(healthy.service.url, tmp_path, *flags, ADMIN_TOKEN=token)
    assert code == 0, printed
    assert "✓ cleaned up" in printed
    # Another of that church sees what the test's user has sent.
    listed = healthy.registered(churchId="church-77").get("/messages/conversations")["conversations"]
    assert {one["churchId"] for one in listed} == {"church-77"}
    assert "See you on Sunday!" in listed[0]["lastMessage"]["content"]
    assert seen["http_req_failed"]["value"] == 0


def test_unhealthy_api_aborts(tmp_path):
    """Nothing at the URL ends the test at once, with one sentence that says so."""
    code, _, printed = run_script("http://127.0.0.1:1", tmp_path, "--scenario", "smoke")
    assert code == 108, printed
    assert "the API at http://127.0.0.1:1 is not healthy" in printed


def inspected(*flags: str, **env: str) -> dict:
    """The options that the script has with these flags."""
    done = subprocess.run(
        [sys.executable, "-m", "swell", "k6", "inspect", "--execution-requirements", *flags, str(SCRIPT)],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_scenarios():
    """The five scenarios have the guide's loads."""
    scenarios = inspected()["scenarios"]
    assert set(scenarios) == set(SCENARIOS)
    smoke, soak = scenarios["smoke"], scenarios["soak"]
    assert (smoke["executor"], smoke["vus"], smoke["iterations"]) == ("per-vu-iterations", 1, 5)
    assert (soak["executor"], soak["vus"], soak["duration"]) == ("constant-vus", 5, "5m0s")

    def ramp(name: str) -> tuple[int, list[tuple[str, int]]]:
        one = scenarios[name]
        assert one["executor"] == "ramping-vus"
        return one["startVUs"], [(stage["duration"], stage["target"]) for stage in one["stages"]]

    assert ramp("load") == (0, [("15s", 10), ("20s", 10), ("15s", 0)])
    assert ramp("spike") == (1, [("5s", 50), ("10s", 50), ("15s", 0)])
    assert ramp("conversation") == (0, [("15s", 20), ("30s", 20), ("10s", 0)])


@pytest.mark.parametrize("name", SCENARIOS)
def test_one_scenario_for_other_runners(name):
    """SCENARIO chooses a scenario in the script itself."""
    assert set(inspected(SCENARIO=name)["scenarios"]) == {name}


def test_npm_commands():
    """Each scenario is one word of npm's; the files that they name are there."""
    scripts = json.loads((BACKEND / "package.json").read_text())["scripts"]
    assert set(scripts) == {f"loadtest:{name}" for name in SCENARIOS}
    for name, command in scripts.items():
        words = command.split()
        assert words[:3] == ["swell", "k6", "run"]
        assert (BACKEND / words[-1]).resolve() == SCRIPT
        load = ["--vus", "1", "--iterations", "5"] if name == "loadtest:smoke" else ["--scenario", name[9:]]
        assert words[3:-1] == load


def test_helper_script(tmp_path):
    """The shell helper runs a scenario with the runner that it is told, and ends with its exit code."""
    runner = tmp_path / "runner"
    runner.write_text(f'#!/bin/sh\necho "$SCENARIO" "$@" > "{tmp_path}/call"\nexit 99\n')
    runner.chmod(0o755)
    helper = BACKEND / "scripts" / "run-loadtest.sh"
    done = subprocess.run([helper, "spike", "-v"], env={**os.environ, "RUNNER": f"{runner} run"}, check=False)
    assert done.returncode == 99
    called = (tmp_path / "call").read_text().split()
    assert called == ["spike", "run", "--summary-export", "k6-results/spike.json", "-v", "scripts/loadtest.k6.js"]
    wrong = subprocess.run([helper, "flood"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, "no such scenario: flood" in wrong.stderr) == (2, True)
