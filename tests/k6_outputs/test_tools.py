"""inspect and archive, on a test that was loaded for them; the table of commands."""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from swell.dialects.k6 import archive_command
from swell.dialects.k6 import inspect as inspect_command
from swell.dialects.k6.archive import unpack_archive
from swell.dialects.k6.inspect import KEYS
from swell.dialects.k6.subcommands import COMMANDS
from swell.dialects.k6.tool_source import LoadedTest, ToolError


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Sequence[str]]:
    """A test of 30 s with five users; the arguments that were asked for are kept."""
    asked: list[Sequence[str]] = []
    script = tmp_path / "a.js"
    script.write_text("// main")

    def load(argv: Sequence[str]) -> LoadedTest:
        asked.append(argv)
        if "broken.js" in argv:
            raise ToolError("broken.js:3: there is no such thing", 107)
        scenarios = {"default": {"executor": "constant-vus", "vus": 5, "duration": "30s"}}
        options = {"vus": 5, "duration": "30s", "thresholds": {"a": ["b<1"]}, "cloud": {"name": "x"}}
        return LoadedTest(script, options, scenarios, {str(script): b"// main"}, {"TOKEN": "abc"})

    for module in (inspect_command, archive_command):
        monkeypatch.setattr(module, "load_for_tool", load)
    return asked


def test_inspect_shows_all_options(capsys: pytest.CaptureFixture[str], loaded: list[Sequence[str]]) -> None:
    """k6's keys in k6's order, null where nothing is set; options of run are handed on."""
    assert inspect_command.main(["-e", "A=b", "a.js"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert tuple(shown)[: len(KEYS)] == KEYS
    assert (shown["vus"], shown["paused"], shown["scenarios"], shown["cloud"]) == (5, None, None, {"name": "x"})
    assert loaded == [["-e", "A=b", "a.js"]]


def test_inspect_shows_what_a_test_needs(capsys: pytest.CaptureFixture[str]) -> None:
    """--execution-requirements: scenarios as they run, total time, VUs."""
    assert inspect_command.main(["--execution-requirements", "a.js"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["totalDuration"], shown["maxVUs"]) == ("1m0s", 5)
    assert shown["scenarios"]["default"]["executor"] == "constant-vus"


def test_archive_holds_the_test(tmp_path: Path) -> None:
    """With and without values of the environment."""
    out = tmp_path / "out.tar"
    for flags, env in (([], {"TOKEN": "abc"}), (["--exclude-env-vars"], {})):
        assert archive_command.main(["-O", str(out), *flags, "a.js"]) == 0
        into = tmp_path / f"in{len(flags)}"
        into.mkdir()
        found = unpack_archive(out, into)
        assert (found.script.read_text(), found.env, found.options["vus"]) == ("// main", env, 5)


def test_a_test_that_cannot_be_loaded(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One line, the exit code of k6; a file that cannot be written likewise."""
    for main in (inspect_command.main, archive_command.main):
        assert main(["broken.js"]) == 107
        assert capsys.readouterr().err == "Error: broken.js:3: there is no such thing\n"
        assert main([]) == 2
        assert main(["--help"]) == 0
    assert archive_command.main(["-O", str(tmp_path / "no" / "out.tar"), "a.js"]) == 1


def test_each_command_is_there() -> None:
    """The front door finds a function for each name."""
    for target in COMMANDS.values():
        module, _, name = target.partition(":")
        assert callable(getattr(importlib.import_module(module), name))
