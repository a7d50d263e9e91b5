"""`swell artillery run --baseline`: found before the run, told at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from swell.dialects.artillery.flags import RUN_FLAGS, parse

if TYPE_CHECKING:
    from tests.artillery.conftest import Runner, Server

_SCRIPT = """
config:
  target: URL
  phases: [{duration: 1, arrivalRate: RATE}]
scenarios: [{name: one, flow: [{get: {url: /}}]}]
"""


@pytest.mark.parametrize(
    ("arguments", "name", "files"),
    [
        (["--baseline", "t.yml"], "", ["t.yml"]),
        (["--baseline", "main", "t.yml"], "main", ["t.yml"]),
        (["t.yml", "--baseline"], "", ["t.yml"]),
        (["t.yml", "--baseline", "--strict"], "", ["t.yml"]),
        (["--baseline=t.yml", "./x"], "t.yml", ["./x"]),
    ],
)
def test_the_name_may_be_left_out(arguments: list[str], name: str, files: list[str]) -> None:
    """A script after the option is a script."""
    parsed = parse(arguments, RUN_FLAGS)
    assert parsed.has("baseline")
    assert (parsed.one("baseline"), parsed.files) == (name, files)


def test_a_run_is_compared(runner: Runner, server: Server) -> None:
    """The same load is compared and told; another load, or no baseline, ends with 1 before anything is sent."""
    script = _SCRIPT.replace("URL", server.url)
    runner.write("test.yml", script.replace("RATE", "20"))
    missing = runner.command("run", "test.yml", "--store", "runs.db", "--baseline")
    assert missing.code == 1
    assert "baseline" in missing.err
    assert server.seen == []
    assert runner.command("run", "test.yml", "--store", "runs.db").code == 0
    marked = runner.swell("runs", "baseline", "last", "--store", "runs.db")
    assert marked.code == 0, marked.err
    again = runner.command("run", "test.yml", "--store", "runs.db", "--baseline", "--margin", "90%")
    # A second of load proves little: what counts here is that it was compared, and said so.
    assert again.code in {0, 1, 3}, again.err
    assert "against baseline default" in again.err
    assert "Summary report @ " in again.out
    runner.write("other.yml", script.replace("RATE", "5"))
    sent = len(server.seen)
    other = runner.command("run", "other.yml", "--store", "runs.db", "--baseline", "default")
    assert other.code == 1
    assert "another load" in other.err
    assert len(server.seen) == sent
    assert "--margin is for --baseline" in runner.command("run", "test.yml", "--margin", "5%").err
