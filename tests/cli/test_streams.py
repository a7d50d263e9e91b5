"""Streams that are closed or full: a line that says so, a verdict that stays, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.commands import PATIENCE

Start = Callable[..., Command]


def run_closed(folder: Path, redirect: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`swell` as a shell starts it with some of its streams closed."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m swell "$@" {redirect}', sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("arguments", [("--help",), ("runs",), ("check", "loadtest.py")])
@pytest.mark.parametrize("redirect", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_lead_nowhere(folder: Path, redirect: str, arguments: tuple[str, ...]) -> None:
    """A command whose stdout, stderr or stdin is closed ends as usual."""
    done = run_closed(folder, redirect, *arguments)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_run_without_streams_is_stored(folder: Path, target: str) -> None:
    """As a job of cron may be started: nothing to print to, and the run is there afterwards."""
    load = ("-u", "1", "-t", "1s", "--threshold", "http_req_failed: rate < 1%")
    done = run_closed(folder, "<&- >&- 2>&-", "run", "loadtest.py", "--host", target, *load)
    assert done.returncode == 0
    listed = run_closed(folder, "", "runs")
    assert "PASS" in listed.stdout


@pytest.mark.parametrize("arguments", [("--help",), ("runs", "list", "--json"), ("check", "loadtest.py")])
def test_a_full_disk_behind_stdout_is_told(start: Start, arguments: tuple[str, ...]) -> None:
    """What could not be printed is an error in one line."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("wb") as full:
        command = start(*arguments, stdout=full)
        assert command.wait() == 2
    assert "could not be written: No space left" in command.err
    assert "Traceback" not in command.err


def test_ctrl_c_before_anything_is_loaded(tmp_path: Path) -> None:
    """It ends in a line and 130, in whatever import it comes."""
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    done = run_closed(tmp_path, "", "--help")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
