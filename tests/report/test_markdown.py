"""The run as Markdown."""

from __future__ import annotations

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from swell.report.markdown import markdown_text
from swell.runs.record import EndpointSummary, ErrorSummary, MetricSummary, Run
from tests.report.conftest import make_run, make_store

_RUN = make_run(make_store(failing=True))


def test_the_verdict_comes_first(failing_run: Run) -> None:
    """Then its reasons, the thresholds, the requests and the errors."""
    text = markdown_text(failing_run)
    lines = text.splitlines()
    assert lines[0] == r"## ❌ FAIL: shop \[beta\]"
    assert "| `http_req_failed: rate < 1%` | 10 % | -900 % | ❌ failed |" in lines
    assert any(line.startswith("| `GET /feed` | 500 | 50/s | 10.0 % | 100 ms |") for line in lines)
    assert any(line.startswith("| 50 | `GET /feed` | status 503 |") for line in lines)
    assert any(line.startswith("| `tickets_sold` | counter | count 30 |") for line in lines)
    assert "hunter2" not in text


def test_percentiles_of_few_samples_are_marked() -> None:
    """As on the terminal, with a line that says what the mark means."""
    text = markdown_text(make_run(make_store(seconds=1, per_second=5)))
    assert "~100 ms" in text
    assert "too few samples" in text


def test_long_lists_are_cut() -> None:
    """The text always fits into a comment."""
    name = "x|`<b>@all " * 200
    many = [
        EndpointSummary(
            name=f"{n}{name}",
            method="GET",
            requests=5,
            failed=0,
            duration=MetricSummary(name="http_req_duration", type="trend"),
        )
        for n in range(500)
    ]
    errors = [ErrorSummary(kind="k", message=f"{n}{name}", count=1) for n in range(500)]
    text = markdown_text(msgspec.structs.replace(_RUN, endpoints=many, errors=errors, thresholds=_RUN.thresholds * 300))
    assert len(text) < 65_536
    assert "... and 460 more" in text


def test_secrets_in_names_are_masked() -> None:
    """A token in the URL that names a request."""
    endpoint = msgspec.structs.replace(_RUN.endpoints[0], name="/a?token=hunter2secret")
    error = ErrorSummary(kind="k", message="m", name="/a?token=hunter2secret", count=1)
    assert "hunter2" not in markdown_text(msgspec.structs.replace(_RUN, endpoints=[endpoint], errors=[error]))


@given(st.text(max_size=30))
def test_nothing_breaks_out_of_its_cell(text: str) -> None:
    """Every row of a table has as many cells as its head, whatever the names are."""
    error = ErrorSummary(kind="k", message=text, name=text, count=1)
    shown = markdown_text(msgspec.structs.replace(_RUN, errors=[error], name=text, target=text))
    table = [line for line in shown.splitlines() if line.startswith("| ")]
    heads = [line for line in table if line.startswith("| Errors")]
    assert len(heads) == 1
    row = table[table.index(heads[0]) + 2]
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 4


def test_a_run_without_requests_has_no_empty_tables(good_run: Run) -> None:
    """Only what there is."""
    bare = msgspec.structs.replace(good_run, totals=None, endpoints=[], checks=[], errors=[], thresholds=[], metrics=[])
    assert "|" not in markdown_text(bare)
