"""`swell runs` and `swell report`: stored runs as people look at them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from tests.cli.conftest import Command, Said
from tests.cli.test_wrong_use import check_wrong

Start = Callable[..., Command]
Swell = Callable[..., Said]


@pytest.fixture
def stored(start: Start, target: str) -> str:
    """The id of a run that was stored."""
    command = start("run", "loadtest.py", "--host", target, "-u", "2", "-t", "1.5s", "--tag", "branch=main")
    assert command.wait() == 0, command.err
    return str(command.stored()["id"])


def test_look_at_a_stored_run(stored: str, swell: Swell, folder: Path) -> None:
    """It is listed, shown as at its end, tagged, and written as a report."""
    assert stored in swell("runs").out
    assert "branch=main" in swell("runs", "list", "--tag", "branch=main").out
    (listed,) = json.loads(swell("runs", "list", "--json").out)["runs"]
    assert (listed["id"], listed["verdict"], listed["finished"]) == (stored, "NONE", True)
    assert "GET /look" in swell("runs", "show", "last").out
    assert swell("runs", "tag", stored, "release=2", "branch=").code == 0
    assert "release=2" in swell("runs").out
    assert "branch" not in swell("runs").out
    assert swell("report", "last", "-o", "new/it.html").out.strip() == "new/it.html"
    text = (folder / "new" / "it.html").read_text(encoding="utf-8")
    assert "/look" in text
    assert re.search(r"Over time", text)


def test_one_run_in_one_file(stored: str, swell: Swell) -> None:
    """Exported, it can be read from the file, deleted, and imported again."""
    assert swell("runs", "export", stored[:-1], "one.db").code == 0
    assert "GET /look" in swell("runs", "show", "last", "--store", "one.db").out
    assert swell("runs", "delete", stored).code == 0
    assert swell("runs").out == ""
    assert swell("runs", "import", "one.db").out.split() == [stored]
    assert stored in swell("runs").out
    assert "there already" in swell("runs", "import", "one.db").err


def test_baselines_stay(stored: str, swell: Swell) -> None:
    """A baseline is neither pruned nor deleted until it is none."""
    assert swell("runs", "baseline", "last", "--name", "main").code == 0
    assert "baseline:main" in swell("runs").out
    assert swell("runs", "prune", "--keep", "0").out.split()[0] == "0"
    check_wrong(swell("runs", "delete", "baseline:main"), "baseline main")
    assert swell("runs", "baseline", "main", "--remove").code == 0
    assert swell("runs", "prune", "--keep", "0").out.split()[0] == "1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["runs", "show", "nothing"], ["no run 'nothing'"]),
        (["runs", "prune"], ["--keep", "--older-than"]),
        (["runs", "list", "--store", "mysql://x"], ["postgresql://"]),
        (["runs", "list", "--verdict", "good"], ["'good' is not one of"]),
        (["runs", "list", "--store", "slip.db"], ["no store slip.db"]),
        (["runs", "baseline"], ["swell runs baseline last"]),
        (["runs", "baseline", "main", "--remove"], ["no baseline 'main'", "none at all"]),
        (["runs", "baseline", "--remove", "--name", "main"], ["no baseline 'main'"]),
        (["trend", "--store", "slip.db"], ["no store slip.db"]),
        (["runs", "import", "none.db"], ["no file none.db"]),
        (["runs", "import", "loadtest.py"], ["loadtest.py"]),
        (["report"], ["only 0 runs"]),
    ],
)
def test_wrong_use(swell: Swell, arguments: list[str], words: list[str]) -> None:
    """Told in words, with exit code 2."""
    check_wrong(swell(*arguments), *words)


def test_a_mistake_leaves_no_file(swell: Swell, folder: Path) -> None:
    """Neither the store of a misspelt name nor the file of an export that found no run is there afterwards."""
    swell("runs", "list", "--store", "slip.db")
    swell("runs", "export", "nothing", "out.db")
    assert not list(folder.glob("*.db"))


def test_import_of_nothing(swell: Swell, folder: Path) -> None:
    """An empty file is a mistake, not zero runs."""
    (folder / "empty.db").touch()
    check_wrong(swell("runs", "import", "empty.db"), "empty.db is empty", "export")


def test_a_baseline_is_taken_away_by_its_name(stored: str, swell: Swell) -> None:
    """`--remove` takes the name where `--name` put it, too, and says what it did."""
    assert swell("runs", "baseline", stored, "--name", "old").code == 0
    said = swell("runs", "baseline", "--remove", "--name", "old")
    assert (said.code, said.out) == (0, "baseline old taken away\n")


@pytest.mark.parametrize("width", [40, 80])
def test_the_list_cuts_nothing(stored: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a narrow terminal the list leaves out the time, which the id has; ids can always be copied."""
    from swell.cli.main import main
    from swell.report import console

    out = io.StringIO()
    made = Console(file=out, width=width, force_terminal=True, no_color=True)
    monkeypatch.setattr(console, "make_console", lambda **_: made)
    assert main(["runs", "list"]) == 0
    assert stored in out.getvalue()
    assert "loadtest.py" in out.getvalue()
    assert "http://127.0.0.1:" in out.getvalue()
    assert "started" not in out.getvalue()
    assert "…" not in out.getvalue()
