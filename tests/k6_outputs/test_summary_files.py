"""What handleSummary returned reaches streams and files."""

from __future__ import annotations

from pathlib import Path

import pytest

from swell.dialects.k6.summary_files import write_results


def test_streams_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Text and bytes; a folder that is missing is told and not made, the rest is written all the same."""
    results = {
        "stdout": "out ✓\n",
        "no/such/a.json": "x",
        "a.json": "{}",
        "b.bin": b"\x00\xff",
        "stderr": "err",
        "c": None,
    }
    errors = write_results(results, tmp_path)
    assert capsys.readouterr() == ("out ✓\n", "err")
    assert (tmp_path / "a.json").read_text() == "{}"
    assert (tmp_path / "b.bin").read_bytes() == b"\x00\xff"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.bin"]
    assert errors == ["handleSummary could not write no/such/a.json: No such file or directory: make the folder first"]
