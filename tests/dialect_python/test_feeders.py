"""Feeders: rows, policies, processes, and mistakes in data."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell import StopUser, csv_feeder, feeder, jsonl_feeder
from swell.dialects.python.exceptions import AbortRun, FeederError
from swell.dialects.python.feeders import Feeder
from swell.engine.messages import EndRequested
from swell.runtime.virtual import VirtualHub

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Journal, Rehearsal


def take(made: Feeder, number: int, index: int = 0, count: int = 1) -> list[Any]:
    """Rows that a user of worker `index` of `count` gets; the name of the exception where they end."""
    import random

    hub = VirtualHub()
    context = SimpleNamespace(index=index, count=count, control=None)
    rows: list[Any] = []

    def run() -> None:
        try:
            for _ in range(number):
                rows.append(made.next())
        except (StopUser, AbortRun, FeederError) as end:
            rows.append(type(end).__name__)

    fiber = hub.spawn(run)
    fiber.user = SimpleNamespace(context=context, random=random.Random(1))
    hub.run()
    return rows


def test_csv(tmp_path: Path) -> None:
    """Rows are dictionaries of texts; quotes, line ends in values, a byte order mark and blank lines are no trouble."""
    path = tmp_path / "users.csv"
    path.write_bytes('\ufeffname, age\r\n"Ann ""A"" Lee",30\r\n\r\n"two\r\nlines",4\u20285\r\n'.encode())
    assert take(csv_feeder(path), 3) == [
        {"name": 'Ann "A" Lee', "age": "30"},
        {"name": "two\r\nlines", "age": "4\u20285"},
        {"name": 'Ann "A" Lee', "age": "30"},
    ]


def test_csv_without_header(tmp_path: Path) -> None:
    """Columns may be named in the test, and the delimiter chosen."""
    (tmp_path / "users.txt").write_text("a;1\nb;2\n")
    made = csv_feeder(tmp_path / "users.txt", columns=["name", "n"], delimiter=";")
    assert take(made, 2) == [{"name": "a", "n": "1"}, {"name": "b", "n": "2"}]
    assert len(made) == 2


def test_jsonl(tmp_path: Path) -> None:
    """Values keep their types; each user gets a copy of a dictionary."""
    (tmp_path / "rows.jsonl").write_text('{"id": 1, "text": "a\u2028b"}\n\n[1, 2]\n')
    made = jsonl_feeder(tmp_path / "rows.jsonl")
    first = take(made, 2)
    assert first == [{"id": 1, "text": "a\u2028b"}, [1, 2]]
    first[0]["id"] = "changed"
    assert take(made, 2)[0]["id"] == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "there is no file"),
        ("", "there are no rows"),
        ("a,b\n", "only a header"),
        ("a,b\n1,2\n3\n", ":3: 1 value for 2 columns (a, b)"),
        ("a,a\n1,2\n", ":1: a column is named twice"),
        ('a,b\n"x"y,2\n', ":2:"),
    ],
)
def test_bad_csv(tmp_path: Path, content: str | None, problem: str) -> None:
    """Mistakes in a CSV file are named with file and line."""
    if content is not None:
        (tmp_path / "users.csv").write_text(content)
    with pytest.raises(FeederError) as caught:
        csv_feeder(tmp_path / "users.csv")
    assert problem in str(caught.value)
    assert "users.csv" in str(caught.value)


def test_bad_files(tmp_path: Path) -> None:
    """Lines that are no JSON and bytes that are no text are named; so is a folder."""
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n{oops}\n')
    with pytest.raises(FeederError, match=r"rows\.jsonl:2: not JSON"):
        jsonl_feeder(tmp_path / "rows.jsonl")
    (tmp_path / "latin.csv").write_bytes(b"a\n\xff\n")
    with pytest.raises(FeederError, match="not utf-8"):
        csv_feeder(tmp_path / "latin.csv")
    with pytest.raises(FeederError, match="cannot be read"):
        csv_feeder(tmp_path)


def test_policies_are_checked() -> None:
    """Unknown policies, and on_end without unique rows, are refused."""
    with pytest.raises(ValueError, match="policy is one of"):
        feeder([1], policy="cirular")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="on_end is one of"):
        feeder([1], policy="unique", on_end="stop")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="never run out"):
        feeder([1], on_end="wrap")
    with pytest.raises(FeederError, match="no rows"):
        feeder([])


@pytest.mark.parametrize(
    ("on_end", "end"),
    [("stop_user", "StopUser"), ("stop_test", "StopUser"), ("error", "FeederError"), ("wrap", 1)],
)
def test_end_of_unique_rows(on_end: Any, end: Any) -> None:
    """When unique rows run out, what was chosen happens."""
    assert take(feeder([1, 2], policy="unique", on_end=on_end), 3) == [1, 2, end]


@given(st.integers(1, 40), st.integers(1, 7))
def test_unique_over_processes(rows: int, count: int) -> None:
    """All processes together hand out every row exactly once."""
    found = [take(feeder(list(range(rows)), policy="unique"), rows + 1, index, count) for index in range(count)]
    assert all(part.pop() == "StopUser" for part in found)
    assert sorted(itertools.chain(*found)) == list(range(rows))


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 6))
def test_circular_over_processes(rows: int, count: int, rounds: int) -> None:
    """All processes together go round evenly: each row comes as often as any other."""
    made = [take(feeder(list(range(rows))), rows * rounds, index, count) for index in range(count)]
    together = list(itertools.chain(*made))
    assert {together.count(row) for row in range(rows)} == {rounds * count}


def test_random() -> None:
    """Random rows come from the user's generator."""
    rows = take(feeder("abc", policy="random"), 200)
    assert set(rows) == set("abc")
    assert rows == take(feeder("abc", policy="random"), 200)


def test_endless_generator() -> None:
    """Unique rows of a generator are read as the test goes; it may be endless. Wrapping needs an end."""
    made = feeder(itertools.count(), policy="unique")
    assert take(made, 4, index=1, count=3) == [1, 4, 7, 10]
    with pytest.raises(TypeError, match="not counted"):
        len(made)


def test_feeder_is_an_iterator() -> None:
    """`next(feeder)` works as `feeder.next()`."""
    made = feeder([5])
    made.next = lambda: 5  # type: ignore[method-assign]
    assert next(iter(made)) == 5


def test_wrap_with_fewer_rows_than_processes() -> None:
    """A process that has no row at all says so instead of looping for ever."""
    assert take(feeder([1], policy="unique", on_end="wrap"), 1, index=1, count=2) == ["FeederError"]


def test_in_a_run(rehearse: Callable[..., Rehearsal], journal: Journal, tmp_path: Path) -> None:
    """Paths are relative to the test file; users of several workers share the rows; at the end the users leave."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "users.csv").write_text("name\n" + "".join(f"user{n}\n" for n in range(10)))
    rehearse(
        """
        from journal import note
        accounts = csv_feeder("data/users.csv", policy="unique")

        class Visitor(User):
            wait_time = constant(0.1)
            load = users(4, 30)

            @task
            def visit(self):
                note(accounts.next()["name"])

            def on_stop(self):
                note("stop")
        """,
        count=2,
    )
    assert sorted(journal.what) == sorted([f"user{n}" for n in range(10)] + ["stop"] * 4)


def test_missing_file_names_the_line(write: Callable[..., Any]) -> None:
    """A feeder whose file is missing is an error of the test file, at the line of the feeder."""
    from swell.dialects.python.exceptions import TestFileError
    from swell.dialects.python.loader import load

    with pytest.raises(TestFileError, match=r"load_test\.py:2: there is no file .*nothing\.csv"):
        load(write("rows = csv_feeder('nothing.csv')\n"))


def test_relative_to_the_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a load, a path is relative to the file that makes the feeder."""
    (tmp_path / "rows.csv").write_text("a\n1\n")
    (tmp_path / "own_data.py").write_text("from swell import csv_feeder\nrows = csv_feeder('rows.csv')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import own_data  # type: ignore[import-not-found]

    assert len(own_data.rows) == 1


def test_stop_test_is_a_regular_end(rehearse: Callable[..., Rehearsal]) -> None:
    """The run is asked once per worker to end as planned, however many users find no row; nothing is aborted."""
    text = """
rows = feeder(range(4), policy="unique", on_end="stop_test", name="accounts")

class Visitor(User):
    load = users(3, "10s")
    wait_time = constant(1)
    @task
    def visit(self):
        rows.next()
"""
    run = rehearse(text)
    ends = [message.reason for message in run.sent if isinstance(message, EndRequested)]
    assert ends == ["feeder accounts has no rows left"]
    assert run.aborts() == []
    assert run.errors() == {}
    assert run.count("iterations") == 7


def test_the_error_of_an_empty_feeder_is_for_people(rehearse: Callable[..., Rehearsal]) -> None:
    """It goes by its own name, with the user's line and no frame of ours."""
    text = """
rows = feeder([1], policy="unique", on_end="error", name="accounts")

class Visitor(User):
    load = iterations(2)
    @task
    def visit(self):
        rows.next()
"""
    [error] = rehearse(text).store.errors()
    assert error.message == "FeederError: feeder accounts has no rows left"
    assert error.example is not None
    trace = error.example["traceback"]
    assert trace.splitlines()[-1] == "FeederError: feeder accounts has no rows left"
    assert "rows.next()" in trace
    assert "swell/dialects" not in trace
