"""`swell suite` from end to end: every dialect, the target it starts, its table and exit code, and how it is ended."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import psutil

from swell.cli.main import main
from tests.commands import wait_for
from tests.services import free_port
from tests.suites.conftest import TARGET, Command

LOAD = '[tests.{name}]\nfile = "load.py"\nusers = 1\nduration = "{time}"\n'
NAMES = ("browse", "team", "api", "flow")
GOOD = 'thresholds = ["http_req_failed: rate < 1%"]\n'


def write(folder: Path, *parts: str) -> None:
    (folder / "swell.toml").write_text("\n".join(parts))


def target_is_gone(folder: Path) -> bool:
    return not psutil.pid_exists(int((folder / "target.pid").read_text()))


def test_every_dialect_in_one_table(folder: Path, start: Callable[..., Command]) -> None:
    """Native, Locust and k6 tests run against a target that the suite starts and ends; the worst decides."""
    write(
        folder,
        TARGET,
        '[project]\nname = "Shop"',
        LOAD.format(name="browse", time="1s") + GOOD,
        '[tests.team]\ncommand = ["locust", "-f", "locustfile.py"]\nusers = 1\nduration = "1s"\n',
        '[tests.api]\ncommand = ["k6", "run", "script.js"]',
        '[tests.flow]\ncommand = ["artillery", "run", "script.yml"]\n' + GOOD,
        '[outputs]\njson = true\nfolder = "out"',
    )
    suite = start("suite", "--junit", "suite.xml", "--markdown", "suite.md", env={"GITHUB_STEP_SUMMARY": "step.md"})
    assert suite.wait() == 1, suite.err
    assert [suite.table[name][0] for name in NAMES] == ["PASS", "FAIL", "PASS", "PASS"]
    assert "team: it ended with exit code 1" in suite.out
    assert "FAIL   4 tests: 1 failed, 3 passed" in suite.out
    assert {path.name for path in (folder / "out").iterdir()} == {
        "browse.json",
        "team.json",
        "api.json",
        "flow.json",
        "target-local.log",
    }
    assert "starting with green" in (folder / "out" / "target-local.log").read_text()
    assert target_is_gone(folder)
    junit = ET.parse(folder / "suite.xml").getroot()
    assert {each.get("name"): each.get("failures") for each in junit} == {
        "browse": "0",
        "team": "1",
        "api": "0",
        "flow": "0",
    }
    assert int(junit.get("failures", "")) == 1
    text = (folder / "suite.md").read_text()
    assert text.startswith("## ❌ FAIL: Shop on local")
    assert (folder / "step.md").read_text() == text
    ids = [suite.table[name][-1] for name in NAMES]
    runs = start("runs", "list", "--json")
    assert runs.wait() == 0
    assert all(run_id in runs.out for run_id in ids)


def test_options_reach_the_tests(folder: Path, start: Callable[..., Command]) -> None:
    """A profile of the command line replaces the load, scales shorten it, and names choose the tests."""
    write(folder, TARGET, LOAD.format(name="long", time="1h") + GOOD, LOAD.format(name="other", time="1h"))
    suite = start("suite", "long", "--profile", "smoke", "--time-scale", "0.03", "--no-store")
    assert suite.wait() == 0, suite.err
    assert suite.table["long"][0] == "PASS"
    assert "other" not in suite.table
    assert not (folder / ".swell").exists()


def test_a_broken_test_keeps_no_other_from_running(folder: Path, start: Callable[..., Command]) -> None:
    """A test that cannot run is an ERROR in the table, the others run, and the exit code is 2."""
    (folder / "broken.py").write_text("import nothing_of_this_name\n")
    write(folder, TARGET, '[tests.bad]\nfile = "broken.py"', LOAD.format(name="good", time="1s") + GOOD)
    suite = start("suite")
    assert suite.wait() == 2
    assert (suite.table["bad"][0], suite.table["good"][0]) == ("ERROR", "PASS")
    assert "nothing_of_this_name" in suite.err


def test_interrupt_ends_the_test_in_good_order(folder: Path, start: Callable[..., Command]) -> None:
    """The first Ctrl-C stops the running test with its results, runs no other, gives the table, and ends the target."""
    write(folder, TARGET, LOAD.format(name="long", time="10m") + GOOD, LOAD.format(name="next", time="1s"))
    suite = start("suite")
    wait_for(lambda: True if _loading(suite) else None)
    suite.process.send_signal(signal.SIGINT)
    assert suite.wait() == 130, suite.err
    assert suite.table["next"][:2] == ["NOT", "RUN"]
    assert suite.table["long"][0] in {"PASS", "INVALID"}  # INVALID if no request had ended yet
    assert "long: interrupted" in suite.out
    assert "INTERRUPTED   2 tests: 1 " in suite.out
    assert target_is_gone(folder)


def _loading(suite: Command) -> bool:
    """Whether a worker of the test has a connection."""
    try:
        workers = [each for each in suite.ps.children(recursive=True) if "swell.coordinator.child" in each.cmdline()]
        return any(worker.net_connections("tcp") for worker in workers)
    except psutil.Error:
        return False


def test_a_target_that_ends_at_once_is_told_with_its_output(folder: Path, start: Callable[..., Command]) -> None:
    """Nothing runs against a target that did not come up; what it printed is shown."""
    (folder / "serve.py").write_text("raise SystemExit('the database is not there')")
    write(folder, TARGET, LOAD.format(name="browse", time="1s"))
    suite = start("suite")
    assert suite.wait() == 2
    assert "swell.toml:2: the target 'local' ended at once (exit code 1)" in suite.err
    assert "the database is not there" in suite.err


def test_a_target_that_never_answers_is_told_in_time(folder: Path, start: Callable[..., Command]) -> None:
    """`wait` bounds the waiting, with and without a command that starts it."""
    url = f"http://127.0.0.1:{free_port()}"
    write(folder, f'[targets.far]\nurl = "{url}"\nready = "/"\nwait = "300ms"', LOAD.format(name="browse", time="1s"))
    suite = start("suite")
    assert suite.wait() == 2
    assert f"did not answer at {url}/ in 0.3 s" in suite.err


def test_tests_for_other_targets_are_skipped(folder: Path, start: Callable[..., Command]) -> None:
    """`only_on` leaves a test out elsewhere; a suite of which nothing is left is a mistake."""
    write(
        folder,
        TARGET,
        '[targets.far]\nurl = "http://127.0.0.1:1"',
        LOAD.format(name="here", time="1s") + GOOD,
        LOAD.format(name="there", time="1s") + 'only_on = "far"',
    )
    suite = start("suite")
    assert suite.wait() == 0, suite.err
    assert suite.table["there"][0] == "SKIPPED"
    nothing = start("suite", "there")
    assert nothing.wait() == 2
    assert "none of these tests is for local" in nothing.err


def test_list_shows_the_commands(folder: Path, start: Callable[..., Command]) -> None:
    """`--list` says what would run, and runs nothing."""
    write(folder, TARGET, LOAD.format(name="browse", time="90s"), '[tests.api]\ncommand = ["k6", "run", "x.js"]')
    listed = start("suite", "--list", "--time-scale", "0.5")
    assert listed.wait() == 0
    assert "swell run --users 1 --duration 90s --time-scale 0.5 --name browse load.py" in listed.out
    assert "swell k6 run --time-scale 0.5 x.js" in listed.out
    assert not (folder / "target.pid").exists()


def test_mistakes_of_the_command_line(folder: Path, capsys: object) -> None:
    """What is not there is told before anything starts."""
    said = Said(capsys)
    assert main(["suite"]) == 2
    assert "there is no file swell.toml" in said.err
    assert "swell init" in said.last
    write(folder, TARGET, '[tests.browse]\nfile = "laod.py"')
    assert main(["suite", "brose"]) == 2
    assert "Did you mean browse?" in said.err
    assert main(["suite", "load.py"]) == 2
    assert "swell suite --config load.py" in said.err
    assert main(["suite", "--env", "locl"]) == 2
    assert "Did you mean local?" in said.err
    assert main(["suite"]) == 2
    assert "swell.toml:8: there is no file laod.py. Did you mean load.py?" in said.err
    write(folder, TARGET, '[tests.api]\ncommand = ["k6", "run", "script.js"]\nrate = "5/s"')
    assert main(["suite"]) == 2
    assert "swell.toml:9: `swell k6 run` has no option for rate = '5/s'" in said.err
    assert not (folder / "target.pid").exists()


class Said:
    """What was printed on stderr since the last look."""

    def __init__(self, capsys: object) -> None:
        self._capsys = capsys
        self.last = ""

    @property
    def err(self) -> str:
        self.last = self._capsys.readouterr().err  # type: ignore[attr-defined]
        return self.last
