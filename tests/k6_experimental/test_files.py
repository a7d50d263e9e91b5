"""k6/experimental/fs and k6/experimental/csv: files read piece by piece, rows by rows."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.javascript import JsThrow
from swell.dialects.k6.modules.csv_rows import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..k6.conftest import K6

_CSV = 'name,age\nann,3\n"b, ""q""",4\n\nc,5\n'


def test_a_file(k6: K6, values: Callable[..., list[Any]]) -> None:
    """Each VU has a place of its own in it; it is read into what the script gives."""
    k6.write("data/a.txt", "0123456789")
    found = values(
        "import fs, { open, SeekMode } from 'k6/experimental/fs'; const file = await open('./data/a.txt');",
        """
        const four = new Uint8Array(4);
        const read = async () => [await file.read(four), String.fromCharCode(...four)];
        show(await file.stat(), file.path.endsWith('data/a.txt'), fs.SeekMode === SeekMode);
        show(await read(), await read(), await read(), await file.read(four));
        show(await file.seek(-3, SeekMode.End), await read(), await file.seek(2, SeekMode.Start));
        show(await file.seek(3, SeekMode.Current), await read());
        """,
    )
    assert found == [
        [{"name": "a.txt", "size": 10}, True, True],
        [[4, "0123"], [4, "4567"], [2, "8967"], None],
        [7, [3, "7897"], 2],
        [5, [4, "5678"]],
    ]


def test_what_files_refuse(k6: K6, values: Callable[..., list[Any]]) -> None:
    """Promises are rejected; scripts can go on."""
    k6.write("a.txt", "abc")
    found = values(
        "import { open, SeekMode } from 'k6/experimental/fs'; const file = await open('a.txt');"
        "let missing = ''; try { await open('no.txt'); } catch (error) { missing = error.message; }",
        """
        const name = async (call) => { try { await call(); return null; } catch (error) { return error.name; } };
        show(missing.includes('no.txt'));
        const calls = [() => open('a.txt'), () => file.read([]), () => file.read(new Uint8Array(0)),
          () => file.seek(-1, SeekMode.Start), () => file.seek(1, 7), () => file.seek(0.5, 0)];
        for (const call of calls) show(await name(call));
        """,
    )
    names = ["Error", "TypeError", "TypeError", "RangeError", "TypeError", "TypeError"]
    assert found == [[True], *([name] for name in names)]


def test_rows_as_a_shared_array(k6: K6, values: Callable[..., list[Any]]) -> None:
    """Lists or objects; frozen, and the same for all VUs."""
    k6.write("a.csv", _CSV)
    found = values(
        """
        import { open } from 'k6/experimental/fs'; import csv, { parse } from 'k6/experimental/csv';
        const file = await open('a.csv');
        const lists = await csv.parse(file), objects = await parse(file, { asObjects: true });
        const part = await csv.parse(file, { fromLine: 1, toLine: 2 });
        """,
        """
        show(lists.length, lists[0], lists[2]);
        show(objects.length, objects[1], [...objects].map((each) => each.age));
        show(part.length, part[0]);
        try { 'use strict'; objects[0].age = 1; } catch (error) { show(error.name); }
        """,
    )
    assert found == [
        [4, ["name", "age"], ['b, "q"', "4"]],
        [3, {"name": 'b, "q"', "age": "4"}, ["3", "4", "5"]],
        [2, ["ann", "3"]],
        ["TypeError"],
    ]


def test_rows_one_by_one(k6: K6, values: Callable[..., list[Any]]) -> None:
    """Each VU goes on where it stopped; at the end there is nothing more."""
    k6.write("a.csv", _CSV.replace(",", ";"))
    found = values(
        "import { open } from 'k6/experimental/fs'; import csv from 'k6/experimental/csv';"
        "const file = await open('a.csv');"
        "const parser = new csv.Parser(file, { delimiter: ';', skipFirstLine: true });",
        "const { done, value } = await parser.next(); show(done, value ?? null);",
        options="scenarios: { a: { executor: 'per-vu-iterations', vus: 2, iterations: 4 } }",
    )
    rest = [[False, ["ann", "3"]], [False, ['b; "q"', "4"]], [False, ["c", "5"]], [True, None]]
    assert sorted(found, key=str) == sorted([*rest, *rest], key=str)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ('{"delimiter": "ab"}', "TypeError"),
        ('{"fromLine": 3, "toLine": 1}', "RangeError"),
        ('{"asObjects": 1}', "TypeError"),
    ],
)
def test_options_that_cannot_be(options: str, name: str) -> None:
    """They are errors of the script."""
    with pytest.raises(JsThrow) as caught:
        list(rows(b"a,b\n", options))
    assert caught.value.name == name


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=2), min_size=1
    )
)
def test_what_was_written_is_read(table: list[list[str]]) -> None:
    """Any texts survive quoting; a byte order mark is no part of them."""
    text = io.StringIO()
    csv.writer(text).writerows(table)
    found = [json.loads(row) for row in rows(b"\xef\xbb\xbf" + text.getvalue().encode(), "{}")]
    assert found == table
