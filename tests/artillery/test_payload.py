"""CSV files: casting, options, which VU gets which row."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.artillery.mistakes import ScriptError
from swell.dialects.artillery.payload import read_payloads, variables_of_row

if TYPE_CHECKING:
    from pathlib import Path


def _read(tmp_path: Path, text: str, **spec: Any) -> Any:
    (tmp_path / "p.csv").write_bytes(text.encode())
    return read_payloads({"payload": [{"path": str(tmp_path / "p.csv"), **spec}]})[0]


def test_rows_and_casting(tmp_path: Path) -> None:
    """Numbers become numbers unless they have leading zeros; empty lines are skipped."""
    payload = _read(tmp_path, 'ann,1,0042,1.5\n\n"bob, jr",-2,,x\r\n', fields=["name", "n"])
    assert payload.rows == (("ann", 1, "0042", 1.5), ("bob, jr", -2, "", "x"))
    assert _read(tmp_path, "1,2\n", cast=False).rows == (("1", "2"),)
    assert _read(tmp_path, ".5,-.5,1.,.\n").rows == ((0.5, -0.5, "1.", "."),)


def test_header_delimiter_and_options(tmp_path: Path) -> None:
    """skipHeader, one letter or more as delimiter, quotes and trim of options."""
    assert _read(tmp_path, "a;b\n1;2\n", skipHeader=True, delimiter=";").rows == ((1, 2),)
    assert _read(tmp_path, "a€€b\n", delimiter="€€").rows == (("a", "b"),)
    assert _read(tmp_path, " x , 'y,z' \n", options={"trim": True, "quote": "'"}).rows[0][0] == "x"
    assert _read(tmp_path, "h\n1\n", skipHeader="true").rows == (("h",), (1,))


def test_sequence_goes_round_the_whole_test(tmp_path: Path) -> None:
    """In sequence each VU gets the row of its number in the whole test, whichever worker runs it."""
    payload = _read(tmp_path, "a\nb\nc\n", fields=["x"], order="sequence")
    chance = random.Random(1)
    assert [variables_of_row([payload], number, chance)["x"] for number in range(5)] == ["a", "b", "c", "a", "b"]


def test_random_rows(tmp_path: Path) -> None:
    """Without an order rows are drawn at random, all of them in time."""
    payload = _read(tmp_path, "a\nb\nc\n", fields=["x"])
    chance = random.Random(1)
    assert {variables_of_row([payload], 0, chance)["x"] for _ in range(100)} == {"a", "b", "c"}


def test_short_rows_and_empty_files(tmp_path: Path) -> None:
    """A column that is not there is None, and so is every field of an empty file."""
    chance = random.Random(1)
    assert variables_of_row([_read(tmp_path, "a\n", fields=["x", "y"])], 0, chance) == {"x": "a", "y": None}
    assert variables_of_row([_read(tmp_path, "", fields=["x"])], 0, chance) == {"x": None}


def test_load_all(tmp_path: Path) -> None:
    """LoadAll makes one variable of all rows, as objects where there are fields."""
    payload = _read(tmp_path, "a,1\nb,2\n", fields=["k", "v"], loadAll=True, name="all")
    assert variables_of_row([payload], 0, random.Random(1)) == {"all": [{"k": "a", "v": 1}, {"k": "b", "v": 2}]}
    plain = _read(tmp_path, "a,1\n", loadAll=True, name="all")
    assert variables_of_row([plain], 0, random.Random(1)) == {"all": [["a", 1]]}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"path": "nowhere.csv"}, "there is no file nowhere.csv"),
        ({"fields": ["a"]}, "needs a path"),
    ],
)
def test_mistakes(spec: dict[str, Any], said: str) -> None:
    """Missing files and paths are told."""
    with pytest.raises(ScriptError, match=said):
        read_payloads({"payload": [spec]})


def test_load_all_needs_a_name(tmp_path: Path) -> None:
    """LoadAll without a name has nowhere to go."""
    with pytest.raises(ScriptError, match="needs a name"):
        _read(tmp_path, "a\n", loadAll=True)
