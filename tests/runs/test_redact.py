"""What is kept out of records: secrets in command lines, URLs and environments."""

from __future__ import annotations

import msgspec

from swell.model.plan import HttpOptions
from swell.runs.naming import new_run_id
from swell.runs.redact import redact_command, redact_env, redact_plan
from tests.report.conftest import make_plan


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
