"""The suites of the examples: each can be read, names files that are there, and can be rehearsed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from swell.cli.suite_commands import Asked, test_command
from swell.model.suite import decode_suite

EXAMPLES = Path(__file__).parents[2] / "examples"
SUITES = sorted(EXAMPLES.glob("*/swell.toml"))
VALUES = {"url": "http://x", "python": "python", "tmp": "/tmp/x"}

test_command.__test__ = False  # type: ignore[attr-defined]  # its name is no test's


def test_every_example_has_a_suite() -> None:
    """A system with a program that serves it has a suite too."""
    assert [path.parent.name for path in SUITES] == sorted(path.parent.name for path in EXAMPLES.glob("*/serve.py"))


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.parent.name)
def test_suites_of_examples_are_right(path: Path) -> None:
    """Every test has a command that can be rehearsed and files that exist; the rehearsal is a group."""
    suite = decode_suite(path.read_text(), str(path))
    assert suite.groups["rehearsal"]
    [target] = suite.targets.values()
    for test in suite.tests.values():
        words = test_command(suite, test, target, Asked(time_scale=0.1), VALUES)
        assert "--time-scale" in words
        files = [word for word in words if word.endswith((".py", ".js", ".yml", ".txt"))]
        assert files
        assert all((path.parent / file).is_file() for file in files), files


def test_an_example_can_be_rehearsed(tmp_path: Path) -> None:
    """`examples/run_all.py` starts the target, runs the group, ends both, and says how it went."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / "run_all.py", "tutormax", "--time-scale", "0.01", "--no-store"],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "GITHUB_STEP_SUMMARY"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tutormax      ok" in done.stdout
