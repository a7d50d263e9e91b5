"""The baseline of a run: found before it, compared with after it, and never the end of what was measured."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from swell.report.comparison_baseline import BaselineError, compare_with, find_baseline
from swell.runs.keeping import NO_STORE
from swell.runs.store import RunStore, open_store
from tests.analysis.simulate import Load, keep, plan_of, record_of, simulate

LOAD = Load(seconds=60, wander=0.01, spread=0.1)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return str(tmp_path / "runs.db")


@pytest.fixture
def store(url: str) -> Iterator[RunStore]:
    with contextlib.closing(open_store(url)) as opened:
        keep(opened, LOAD, 1, record_of(LOAD, "base"))
        opened.set_baseline("nightly", "base")
        yield opened


def test_a_regression_fails_the_run(store: RunStore, url: str) -> None:
    """The run is judged by both, and the comparison is there for reports."""
    slow = replace(LOAD, slower={"/search": 1.3})
    baseline = find_baseline("nightly", url, 0.05, plan_of(slow))
    run, comparison = compare_with(baseline, record_of(LOAD, "new"), simulate(slow, 2))
    assert comparison is not None
    assert (run.verdict, run.exit_code) == ("FAIL", 1)
    assert run.reasons[0].startswith("REGRESSED against baseline nightly (base): GET /search")


def test_the_margin_is_the_one_that_was_asked_for(store: RunStore, url: str) -> None:
    """30 % slower is within a margin of 60 %; a run without thresholds then passes."""
    slow = replace(LOAD, slower={"/search": 1.3})
    baseline = find_baseline("nightly", url, 0.6, plan_of(slow))
    run, _ = compare_with(baseline, record_of(LOAD, "new"), simulate(slow, 2))
    assert run.verdict == "PASS"
    assert run.notes[0].startswith("EQUIVALENT against baseline nightly")


def test_a_baseline_that_is_gone_costs_nothing_that_was_measured(store: RunStore, url: str) -> None:
    """Deleted while the run went on: INVALID with the reason, no traceback, the record is whole."""
    baseline = find_baseline("nightly", url, 0.05, plan_of(LOAD))
    store.delete("base")
    run, comparison = compare_with(baseline, record_of(LOAD, "new", verdict="PASS"), simulate(LOAD, 2))
    assert comparison is None
    assert (run.verdict, run.exit_code) == ("INVALID", 3)
    assert "there is no run 'base'" in run.reasons[0]


def test_a_baseline_that_cannot_serve_is_refused(store: RunStore, url: str, tmp_path: Path) -> None:
    """Unknown, of another load, proving nothing, or without a store: said before anything runs."""
    with pytest.raises(BaselineError, match="no baseline 'other'"):
        find_baseline("other", url, 0.05, plan_of(LOAD))
    with pytest.raises(BaselineError, match="had another load"):
        find_baseline("nightly", url, 0.05, plan_of(replace(LOAD, seconds=90)))
    with pytest.raises(BaselineError, match="needs the store"):
        find_baseline("nightly", NO_STORE, 0.05, plan_of(LOAD))
    with pytest.raises(BaselineError, match="cannot be opened"):
        find_baseline("nightly", "postgresql://nobody@127.0.0.1:1/none", 0.05, plan_of(LOAD))
    keep(store, LOAD, 1, record_of(LOAD, "bad", verdict="INVALID", reasons=["nothing was measured"]))
    store.set_baseline("nightly", "bad")
    with pytest.raises(BaselineError, match="proves nothing"):
        find_baseline("nightly", url, 0.05, plan_of(LOAD))
