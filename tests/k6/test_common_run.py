"""`swell run` and `swell check` on k6 scripts: the options of all dialects."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from swell.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Server

_SCRIPT = """
import http from 'k6/http'; import { Counter } from 'k6/metrics'; import exec from 'k6/execution';
const c = new Counter('mine');
export const options = { vus: 2, iterations: 6, thresholds: { mine: ['count>0'] } };
export default () => { http.get(`${__ENV.BASE_URL}/x`); c.add(1); console.log('printed', exec.scenario.name) }
export const other = () => { http.get(`${__ENV.BASE_URL}/other`) }
"""


def _run(folder: Path, server: Server, *words: str) -> tuple[int, dict[str, object], str]:
    (folder / "test.js").write_text(_SCRIPT)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "swell",
            "run",
            "test.js",
            "-H",
            server.url,
            "--no-store",
            "-q",
            "--json",
            "x.json",
            *words,
        ],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    path = folder / "x.json"
    return done.returncode, json.loads(path.read_text()) if path.exists() else {}, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "least", "most"),
    [
        ((), 6, 6),
        (("--iterations", "4"), 4, 4),
        (("-u", "3", "--iterations", "9"), 9, 9),
        (("--rate", "20/s", "-t", "1s"), 20, 20),
        (("-u", "1", "-t", "1s", "--threshold", "mine: rate > 1/s"), 5, 100_000),
        (("--only", "default"), 6, 6),
    ],
)
def test_the_options_of_all_dialects(
    tmp_path: Path, server: Server, words: tuple[str, ...], least: int, most: int
) -> None:
    """The load of the command line replaces the script's; its thresholds and metrics count; a host is BASE_URL."""
    code, summary, text = _run(tmp_path, server, *words)
    # Other tests may keep this machine too busy for a verdict.
    assert (code, summary["verdict"]) in {(0, "PASS"), (3, "INVALID")}, text
    assert least <= summary["metrics"]["http_reqs"]["values"]["count"] <= most  # type: ignore[index]
    assert "printed default" in text


def test_a_failed_threshold_is_1(tmp_path: Path, server: Server) -> None:
    """Exit codes are those of `swell run`."""
    assert _run(tmp_path, server, "--threshold", "mine: count > 100")[0] == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("export default () => { not valid }", "test.js:1"),
        ("throw new Error('early'); export default () => {}", "early"),
        ("export const options = { vus: 'x' }; export default () => {}", "vus"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, words: str) -> None:
    """What is wrong with a script is said by check too, with exit code 2."""
    path = tmp_path / "test.js"
    path.write_text(source)
    assert main(["check", str(path)]) == 2
    assert words in capsys.readouterr().err


def test_check_explains_a_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script's scenarios and thresholds are explained."""
    path = tmp_path / "test.js"
    path.write_text(_SCRIPT)
    assert main(["check", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "mine: count > 0" in shown
    assert main(["check", str(path), "--profile", "spike"]) == 0
