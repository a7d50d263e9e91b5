"""Records on disk, and what is kept out of them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from swell.model.plan import HttpOptions
from swell.runs.files import DEFAULT_FOLDER, load_run, new_run_id, save_run
from swell.runs.record import Run
from swell.runs.redact import redact_command, redact_env, redact_plan
from tests.report.conftest import make_plan


def test_a_record_is_read_back_as_it_was(good_run: Run, tmp_path: Path) -> None:
    """One complete file, nothing half written beside it."""
    path = save_run(good_run, tmp_path / "runs")
    assert load_run(path) == good_run
    assert [each.name for each in path.parent.iterdir()] == [f"{good_run.id}.json"]


def test_records_are_kept_out_of_git(good_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default folder ignores itself."""
    monkeypatch.chdir(tmp_path)
    save_run(good_run)
    assert (DEFAULT_FOLDER.parent / ".gitignore").read_text() == "*\n"


def test_a_failed_write_leaves_nothing(good_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OSError passes through and no unfinished file stays."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        save_run(good_run, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_record(tmp_path: Path) -> None:
    """Named in the error."""
    path = tmp_path / "x.json"
    path.write_text("{}")
    with pytest.raises(ValueError, match=r"x\.json"):
        load_run(path)


def test_ids_sort_by_time() -> None:
    """Later runs have larger ids."""
    assert new_run_id(1_800_000_000) < new_run_id(1_800_000_001)


def test_command_lines_lose_secrets_only() -> None:
    """Values of secret names go, whatever way they are given; the rest stays."""
    command = ["swell", "run", "t.py", "-e", "API_TOKEN=abc", "--env=STAGE=blue", "-u", "5", "--password", "xyz"]
    text = " ".join(redact_command(command))
    assert "abc" not in text
    assert "xyz" not in text
    for kept in ("swell run t.py", "API_TOKEN", "STAGE=blue", "-u 5"):
        assert kept in text


def test_urls_lose_passwords() -> None:
    """In hosts and proxies."""
    plan = make_plan(host="http://anna:s3cret@example.org", http=HttpOptions(proxy="http://p:q1w2e3@proxy:3128"))
    text = msgspec.json.encode(redact_plan(plan)).decode()
    assert "s3cret" not in text
    assert "q1w2e3" not in text
    assert "example.org" in text


def test_environment_values_lose_secrets() -> None:
    """By name, and URLs by form."""
    clean = redact_env({"DB_PASSWORD": "x1", "DB": "postgres://u:x2@db/x", "SIZE": "3"})
    assert "x1" not in clean["DB_PASSWORD"]
    assert "x2" not in clean["DB"]
    assert clean["SIZE"] == "3"
