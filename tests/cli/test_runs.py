"""`swell runs` and `swell report`: stored runs as people look at them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

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
        (["runs", "baseline", "main", "--remove"], ["no baseline 'main'"]),
        (["runs", "import", "none.db"], ["no file none.db"]),
        (["runs", "import", "loadtest.py"], ["loadtest.py"]),
        (["report"], ["only 0 runs"]),
    ],
)
def test_wrong_use(swell: Swell, arguments: list[str], words: list[str]) -> None:
    """Told in words, with exit code 2."""
    check_wrong(swell(*arguments), *words)
