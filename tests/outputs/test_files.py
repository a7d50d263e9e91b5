"""JSON lines and CSV."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from swell.outputs.files import COLUMNS, CsvFile, JsonLines
from tests.outputs.conftest import run_through


def test_each_json_line_is_a_row(tmp_path: Path) -> None:
    """Time, metric, tags and exactly the numbers that the kind has."""
    path = tmp_path / "rows.json"
    assert run_through(JsonLines(str(path)), 2) == []
    rows: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    found = {(row["metric"], row["second"]): row for row in rows}
    assert len(found) == len(rows)
    assert found["http_reqs", 1]["count"] == 10
    assert found["http_reqs", 1]["time"] == "2027-01-15T08:00:01.000Z"
    assert found["checks", 0]["rate"] == pytest.approx(0.9)
    duration = found["http_req_duration", 0]
    assert (duration["unit"], duration["kind"], duration["count"]) == ("ms", "trend", 10)
    assert duration["min"] <= duration["p50"] <= duration["p99"] <= duration["max"] == pytest.approx(100)
    assert "hunter2" not in path.read_text()


def test_a_csv_file_has_a_header_and_a_cell_for_each_column(tmp_path: Path) -> None:
    """Names with commas and quotes come back whole; compressed by the end of the name."""
    path = tmp_path / "rows.csv.gz"
    assert run_through(CsvFile(str(path)), 2) == []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    requests = [row for row in rows if row["metric"] == "http_reqs"]
    assert [row["count"] for row in requests] == ["10", "10"]
    assert requests[0]["name"] == 'http://h/a b,c="d"?token=[redacted]'
    assert requests[0]["other_tags"] == "expected_response=true"
    assert requests[0]["p95"] == ""


def test_stdout_is_a_file_too(capsys: pytest.CaptureFixture[str]) -> None:
    """`json=-` prints and leaves stdout open."""
    assert run_through(JsonLines("-"), 1) == []
    assert json.loads(capsys.readouterr().out.splitlines()[0])["metric"]


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """Writing fails, the run goes on, and the notes say so."""
    if not Path("/dev/full").exists():
        pytest.skip("/dev/full is a device of Linux")
    link = tmp_path / "full.json"
    link.symlink_to("/dev/full")
    notes = run_through(JsonLines(str(link)), 2)
    assert "No space left" in notes[0]
