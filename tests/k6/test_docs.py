"""docs/k6.md and the front door say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from swell.dialects.k6.flags import FLAGS, Flag, parse
from swell.dialects.k6.option_values import OptionError

_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "k6.md").read_text("utf-8")


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.name)
def test_every_flag_is_documented(flag: Flag) -> None:
    """Each flag, long and short, stands in the table of docs/k6.md."""
    assert re.search(rf"`--{flag.name}[ `=]", _PAGE)
    assert not flag.short or f"`-{flag.short}`" in _PAGE


def test_documented_flags_exist() -> None:
    """The page names no flag that the command has not."""
    known = {"tags", *(flag.name for flag in FLAGS)}
    assert set(re.findall(r"`--([a-z0-9-]+)", _PAGE)) - known == set()


@pytest.mark.parametrize("code", [0, 3, 99, 100, 101, 103, 104, 105, 106, 107, 108, 110, 255])
def test_every_exit_code_is_documented(code: int) -> None:
    """Each exit code stands in the table."""
    assert re.search(rf"^\| (\d+, )?{code}[ ,]", _PAGE, re.MULTILINE)


def test_the_grammar_of_flags() -> None:
    """Values with and without =, joined short flags, switches with a value, files between flags."""
    given = parse(["-u", "5", "--duration=1s", "a.js", "-qv", "-eA=1", "--env", "B=2", "--throw=false", "--http-debug"])
    assert given.files == ["a.js"]
    assert given.flags == {
        "vus": "5",
        "duration": "1s",
        "quiet": True,
        "verbose": True,
        "env": ["A=1", "B=2"],
        "throw": False,
        "http-debug": "headers",
    }


@pytest.mark.parametrize("words", [["--vuss", "1"], ["--vus"], ["-z"], ["--quiet=perhaps"], ["--upload-only"]])
def test_wrong_flags_are_told(words: list[str]) -> None:
    """Unknown flags, missing values and refused flags are an error for people."""
    with pytest.raises(OptionError):
        parse(words)
