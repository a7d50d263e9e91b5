"""`swell trend` as people run it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from swell.runs.record import EndpointSummary, MetricSummary
from swell.runs.store import RunStore, open_store
from tests.analysis.simulate import Load, keep, record_of, users_plan
from tests.cli.conftest import Said

SHORT = Load(seconds=1)


def put(store: RunStore, number: int, p95: float, **changes: Any) -> None:
    values = {"p95": p95, "med": p95 / 2, "avg": p95 / 2, "rate": 10.0, "count": 100.0}
    duration = MetricSummary(name="http_req_duration", type="trend", unit="ms", values=values)
    fields: dict[str, Any] = {
        "metrics": [duration],
        "endpoints": [EndpointSummary(name="/a", method="GET", requests=100, failed=number % 2, duration=duration)],
        "started": 1e9 + 1000 * number,
        "tags": {"branch": "main"},
        **changes,
    }
    keep(store, SHORT, number, record_of(SHORT, f"run-{number:02}", **fields), f"{number:040x}")


@pytest.fixture
def stored(folder: Path) -> Iterator[RunStore]:
    """24 runs; from the 13th on p95 is 140 ms instead of 100; one more of another load, one that proves nothing."""
    with contextlib.closing(open_store()) as store:
        for number in range(24):
            put(store, number, (100.0 if number < 12 else 140.0) + number % 3)
        put(store, 30, 500.0, verdict="INVALID", reasons=["no"])
        yield store


def test_a_change_is_shown_where_it_began(stored: RunStore, swell: Callable[..., Said]) -> None:
    """All runs in order of time, the change at its run, what was left out."""
    said = swell("trend")
    assert said.code == 0, said.err
    lines = [line for line in said.out.splitlines() if "run-" in line]
    assert [line.split()[0] for line in lines] == [f"run-{number:02}" for number in range(24)]
    [changed] = [line for line in lines if "from about" in line]
    assert changed.split()[0] == "run-12"
    assert "+39.6 %: from about 101 ms to 141 ms" in changed
    assert "1 run left out: proved nothing" in said.out


def test_figures_of_an_endpoint_as_json(stored: RunStore, swell: Callable[..., Said]) -> None:
    """Shares too; the newest N only."""
    said = swell("trend", "failures", "--endpoint", "GET /a", "-n", "6", "--json")
    found = json.loads(said.out)
    assert found["metric"] == "http_req_failed rate"
    assert [point["value"] for point in found["points"]] == [0.0, 0.01] * 3
    assert found["changes"] == []


def test_runs_of_another_load_are_left_out(stored: RunStore, swell: Callable[..., Said]) -> None:
    """The newest run says which load; --force takes all."""
    put(stored, 40, 900.0, plan=users_plan(3, 60))
    said = swell("trend", "p50")
    assert "24 runs left out: had another load" in said.out
    assert "fewer than about ten runs" in said.out
    assert swell("trend", "p50", "--force", "--json").out.count('"run"') >= 25


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("p97",), "not p97"),
        (("http_req_duratio",), "did you mean http_req_duration"),
        (("p95", "--endpoint", "/b"), "The newest run has GET /a"),
        (("p95", "--tag", "branch=other"), "no finished run"),
        (("p95", "-n", "1"), "1 is not from 2 to 500"),
        (("vus",), "is a gauge"),
    ],
)
def test_wrong_use_is_explained(
    stored: RunStore, swell: Callable[..., Said], arguments: tuple[str, ...], message: str
) -> None:
    """One sentence, exit code 2, no traceback."""
    said = swell("trend", *arguments)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err


def test_an_empty_store_is_explained(folder: Path, swell: Callable[..., Said]) -> None:
    """Nothing there, nothing to show."""
    assert "no finished run" in swell("trend").err


def test_noise_is_no_change(folder: Path, swell: Callable[..., Said]) -> None:
    """Runs that vary by 3 % show none."""
    with contextlib.closing(open_store()) as store:
        for number in range(15):
            put(store, number, 100.0 + (number * 7) % 4, plan=record_of(replace(SHORT, seconds=1)).plan)
    assert "no change" in swell("trend").out
