"""The command line of `swell locust`: options, where their values come from, what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from swell.dialects.locust.argument_parser import get_parser
from swell.dialects.locust.event import Events
from swell.dialects.locust.refusals import refusal
from swell.dialects.locust.testing import _modernise
from swell.dialects.locust.timespan import parse_timespan
from tests.locust.conftest import SWELL
from tests.locust.server import Server

SIMPLE = """
from locust import HttpUser, User, constant, task

class Second(User):
    wait_time = constant(1)
    weight = 3

    @task(3)
    def often(self):
        pass

    @task
    def rarely(self):
        pass

class First(HttpUser):
    @task
    def get(self):
        pass
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and home, no variables of Locust's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in [name for name in os.environ if name.startswith("LOCUST_")]:
        monkeypatch.delenv(name)
    return tmp_path


def parsed(*arguments: str, events: Events | None = None) -> Any:
    return get_parser(events=events or Events()).parse_args(list(arguments))


def swell(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "locustfile.py").write_text(SIMPLE)
    return subprocess.run([*SWELL, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def test_defaults_are_those_of_locust(folder: Path) -> None:
    """Without any option each has Locust's default."""
    options = parsed()
    assert (options.locustfile, options.num_users, options.spawn_rate, options.run_time) == (
        "locustfile.py",
        None,
        None,
        None,
    )
    assert (options.web_port, options.stop_timeout, options.exit_code_on_error) == (8089, 0, 1)
    assert (options.tags, options.user_classes, options.loglevel) == (None, [], "INFO")


def test_where_values_come_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Command line, then environment, then --config, then pyproject.toml, ./locust.conf, ~/.locust.conf."""
    (folder / "home").mkdir()
    (folder / "home" / ".locust.conf").write_text("users = 1\nspawn-rate = 1\nhost = http://home\ncsv = home\n")
    (folder / "locust.conf").write_text("users = 2\nspawn-rate = 2\nhost = http://conf\n")
    (folder / "pyproject.toml").write_text("[tool.locust]\nusers = 3\nspawn-rate = 3\ntags = ['a', 'b']\n")
    (folder / "own.conf").write_text("users = 4\nheadless = true\n")
    options = parsed()
    assert (options.num_users, options.spawn_rate, options.host, options.csv_prefix, options.tags) == (
        3,
        3.0,
        "http://conf",
        "home",
        ["a", "b"],
    )
    options = parsed("--config", "own.conf")
    assert (options.num_users, options.headless) == (4, True)
    monkeypatch.setenv("LOCUST_USERS", "5")
    assert parsed("--config", "own.conf").num_users == 5
    assert parsed("--config", "own.conf", "-u", "6").num_users == 6


def test_abbreviations_mean_what_they_mean_in_locust(folder: Path) -> None:
    """Options that only Swell has are never reached by, and never disturb, an abbreviation of Locust's."""
    options = parsed("--headl", "--run", "1h30m", "--spawn=2", "--stop", "5", "--prof", "x")
    assert (options.headless, options.run_time, options.spawn_rate) == (True, 5400, 2.0)
    assert (options.stop_timeout, options.profile) == (5, "x")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--spawn-rat", "0"], "must be > 0"),
        (["--spawn-rate", "inf"], "must be a finite number"),
        (["--run-time", "1x"], "Invalid time span format"),
        (["--users", "many"], "invalid int value"),
        (["--headles"], ""),
        (["--hedless"], "Did you mean '--headless'?"),
        (["--slave"], "renamed --worker"),
        (["--web-auth", "a:b"], "--web-login"),
        (["--loglevel", "LOUD"], "invalid choice"),
    ],
)
def test_wrong_options_exit_with_two(
    arguments: list[str], text: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A value that makes no sense, an option that is gone or unknown: exit code 2 and a message that helps."""
    if text:
        with pytest.raises(SystemExit) as end:
            parsed(*arguments)
        assert end.value.code == 2
        assert text in capsys.readouterr().err
    else:
        assert parsed(*arguments).headless


def test_options_of_the_test_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listeners of init_command_line_parser add options, with variables and marks for the page."""
    events = Events()

    @events.init_command_line_parser.add_listener
    def add(parser: Any) -> None:
        parser.add_argument("--own", env_var="OWN", default="d", is_secret=True)
        parser.add_argument("--hidden", include_in_web_ui=False)

    parser = get_parser(events=events)
    assert "own" in parser.secret_args_included_in_web_ui
    assert "hidden" not in parser.args_included_in_web_ui
    monkeypatch.setenv("OWN", "from environment")
    assert parser.parse_args([]).own == "from environment"


def test_options_of_old_versions_are_understood(folder: Path) -> None:
    """--no-web, -c, --hatch-rate and the like do what they did, with a note."""
    options = parsed("--no-web", "-c", "7", "--hatch-rate", "2", "--no-reset-stats", "--step-load")
    notes = _modernise(options)
    assert (options.headless, options.num_users, options.spawn_rate) == (True, 7, 2.0)
    assert len(notes) == 5
    assert not any(name.startswith("old_") for name in vars(options))


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--web-login"], 2, "SWELL_WEB_TOKEN"),
        (["--headless", "--master"], 2, "--processes"),
        (["--headless", "--worker"], 2, "--processes"),
        (["--worker", "--master"], 255, "cannot be combined"),
        (["--headless", "--otel"], 2, "OpenTelemetry"),
        (["--headless", "--autoquit", "3"], 1, "--autostart"),
    ],
)
def test_what_cannot_work_is_refused(arguments: list[str], code: int, text: str, folder: Path) -> None:
    """An option that cannot work says why and what to use."""
    found = refusal(parsed(*arguments))
    assert found is not None
    assert found.code == code
    assert text in found.message


def test_headless_is_enough(folder: Path) -> None:
    """Options for the page do not keep a headless run from running."""
    assert refusal(parsed("--headless", "--web-port", "1", "--web-login", "--class-picker")) is None
    assert refusal(parsed("--autostart")) is None


def test_time_spans() -> None:
    """Time spans are whole seconds in Locust's forms."""
    assert [parse_timespan(text) for text in ("20", "20s", "3m", "2h", "1h20m", "3h30m10s")] == [
        20,
        20,
        180,
        7200,
        4800,
        12610,
    ]
    for wrong in ("", "x", "1.5s", "10 s", "5d"):
        with pytest.raises(ValueError, match="Invalid time span"):
            parse_timespan(wrong)


def test_list_names_the_users(folder: Path) -> None:
    """--list prints the user classes in the order of the file and exits with 0."""
    done = swell(folder, "--list")
    assert (done.returncode, done.stdout) == (0, "Available Users:\n    Second\n    First\n"), done.stderr


def test_task_ratios(folder: Path) -> None:
    """--show-task-ratio prints shares of classes and tasks; the JSON form has the same numbers."""
    done = swell(folder, "--show-task-ratio", "-u", "4")
    assert done.returncode == 0, done.stderr
    assert "75.0" in done.stdout
    assert "often" in done.stdout
    assert '"per_class"' in swell(folder, "--show-task-ratio-json").stdout


def test_version_says_both(folder: Path) -> None:
    """-V names the version of Locust that is matched, and Swell's."""
    done = swell(folder, "-V")
    assert done.returncode == 0
    assert done.stdout.startswith("locust 2.47.0 (compatible) from swell ")


def test_help_shows_the_options_of_the_test(folder: Path) -> None:
    """--help comes from the whole parser."""
    done = swell(folder, "--help")
    assert done.returncode == 0, done.stderr
    assert "--run-time" in done.stdout
    assert "--threshold" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["-f", "no.py", "--headless"], 1, "Could not find 'no.py'"),
        (["--headless", "Third"], 1, "Unknown User(s): Third"),
        (["--headless", "--config-users", '{"user_class_name": "Third"}'], 255, "Third"),
        (["--headless", "--csv-full-history"], 2, "requires '--csv'"),
        (["--headless", "--rate", "5/s"], 2, "--run-time"),
        (["--headless", "--threshold", "nonsense"], 2, "--threshold"),
        (["--headless", "-f", "-"], 1, "no network workers"),
    ],
)
def test_mistakes_have_locusts_exit_codes(arguments: list[str], code: int, text: str, folder: Path) -> None:
    """What is wrong with files, classes and options is said in words, with Locust's exit code."""
    done = swell(folder, *arguments)
    assert (done.returncode, text in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_baseline_is_compared(server: Server, tmp_path: Path) -> None:
    """--baseline: one that is not there is told before the load; one that is there counts in the verdict."""
    text = "from locust import FastHttpUser, constant, task\n\nclass V(FastHttpUser):\n    wait_time = constant(0.02)\n"
    text += "    @task\n    def go(self):\n        self.client.get('/ok')\n"
    (tmp_path / "file.py").write_text(text)
    command = [
        sys.executable,
        "-m",
        "swell",
        "locust",
        "-f",
        "file.py",
        "--headless",
        "-u",
        "2",
        "-r",
        "2",
        "-t",
        "14s",
    ]
    command += ["-H", server.url, "--only-summary"]

    def ran(*more: str, words: list[str] = command) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*words, *more], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)

    missing = ran("--baseline")
    assert missing.returncode == 2
    assert "baseline" in missing.stderr
    assert ran().returncode == 0
    assert ran("runs", "baseline", "last", words=command[:3]).returncode == 0
    assert "against baseline default" in ran("--baseline", "--margin", "90%").stderr
