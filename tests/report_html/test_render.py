"""The report as text: complete, escaped, bounded, and readable without its scripts."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import msgspec
import pytest

from swell.metrics.store import MetricStore
from swell.report.html import render, write_report
from swell.runs.record import Run
from tests.report.conftest import make_run, make_store
from tests.report_html.conftest import EVIL, Outline, evil_run, evil_store

if TYPE_CHECKING:
    from collections.abc import Callable

Small = tuple[Run, MetricStore]


def body(page: str) -> str:
    """What stands before the first script of the body."""
    return page.partition("</head>")[2].partition("<script")[0]


def test_tables_come_before_scripts(small: Small) -> None:
    """Verdict, criteria, endpoints, errors and checks stand in the HTML before any large script."""
    text = body(render(*small))
    assert "could not be read" not in text
    for wanted in ("FAIL", "http_req_failed: rate &lt; 1%", "/feed", "status 503", "has items", "tickets_sold"):
        assert wanted in text, wanted


def test_every_section_of_the_record_shows(small: Small) -> None:
    """What was run, the generator, workloads, phases and groups are there."""
    text = body(render(*small))
    for wanted in (
        "loadtest.py",
        "http://127.0.0.1:8000",
        "Load generator",
        "browse",
        "waiting for the answer",
        "::checkout",
    ):
        assert wanted in text, wanted


def test_stays_small(small: Small) -> None:
    """A report is below 2.5 MB."""
    assert len(render(*small).encode()) < 2_500_000


def test_an_hour_is_thinned() -> None:
    """The lines of an hour add at most a tenth of a megabyte to those of a short run."""
    long, short = make_store(seconds=3600, per_second=1), make_store(seconds=60, per_second=1)
    added = len(render(make_run(long), long)) - len(render(make_run(short), short))
    assert added < 100_000


def test_endless_lists_are_cut_and_say_so(small: Small) -> None:
    """Thousands of endpoints and errors with large examples stay below 2.5 MB, and the page tells how many are left."""
    run, store = small
    run.endpoints = [msgspec.structs.replace(run.endpoints[0], name=f"/item/{place}") for place in range(3000)]
    example = {"body": "x<y " * 5000}
    run.errors = [msgspec.structs.replace(run.errors[0], message=f"e{place}", example=example) for place in range(1000)]
    page = render(run, store)
    assert len(page.encode()) < 2_500_000
    assert "and 2,500 more" in page
    assert "and 500 more" in page


def test_secrets_of_the_plan_stay_out(small: Small) -> None:
    """Values of the environment that the test ran in are not in the page."""
    assert "hunter2" not in render(*small)


def test_a_closed_store_still_gives_a_report() -> None:
    """Rows that went to a file are gone after closing; the report says so and has all totals."""
    store = make_store(seconds=400, per_second=2)
    run = make_run(store)
    store.close()
    text = body(render(run, store))
    assert "/feed" in text
    assert "requests could not be read" in text


def test_nothing_measured_becomes_html() -> None:
    """Names, messages, bodies and tags that are HTML show as text."""
    store = evil_store()
    page = render(evil_run(store), store)
    assert EVIL not in page
    assert "<script>window.evil" not in page
    assert "<img" not in body(page)
    assert not [name for _, attributes in Outline(body(page)).tags for name in attributes if name.startswith("on")]


def test_the_policy_allows_only_our_scripts(small: Small) -> None:
    """Each script that runs is allowed by its hash, and nothing may be loaded."""
    page = render(*small)
    policy = next(m["content"] for m in Outline(page).all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 4
    for script in scripts:
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy


def test_nothing_is_loaded_from_elsewhere(small: Small) -> None:
    """No element of the page refers to another file."""
    outline = Outline(render(*small))
    assert not outline.all("link")
    references = [
        attributes.get(name) for _, attributes in outline.tags for name in ("src", "href") if name in attributes
    ]
    assert all(reference is not None and reference.startswith("#") for reference in references)


def test_a_record_without_seconds_still_has_its_tables(small: Small) -> None:
    """With an empty store there is a sentence instead of plots, and no Bokeh in the file."""
    page = render(small[0], MetricStore())
    assert "There are no plots" in page
    assert "/feed" in page
    assert len(page) < 100_000


def test_a_record_read_back_from_its_file_renders(small: Small) -> None:
    """A record that went through JSON gives the same tables."""
    run = msgspec.json.decode(msgspec.json.encode(small[0]), type=Run)
    assert body(render(run, MetricStore())) == body(render(small[0], MetricStore()))


def test_a_run_that_measured_nothing_renders() -> None:
    """No request, no workload, no criterion: still a page with its verdict."""
    store = MetricStore()
    page = render(make_run(store), store)
    assert "INVALID" in page


def test_a_comparison_is_a_table(small: Small) -> None:
    """Rows of a comparison show with their effect, interval and verdict, the regression first."""
    same = SimpleNamespace(
        endpoint="GET /a", metric="p95", base=100.0, new=101.0, effect=0.01, low=-0.02, high=0.03, verdict="EQUIVALENT"
    )
    worse = SimpleNamespace(
        endpoint=EVIL, metric="p95", base=100.0, new=120.0, effect=0.2, low=0.15, high=float("nan"), verdict="REGRESSED"
    )
    text = body(render(*small, SimpleNamespace(verdict="REGRESSED", rows=[same, worse])))
    assert "-2.00 % to +3.00 %" in text
    assert "+20.0 %" in text
    assert "120 ms" in text
    assert text.index("+20.0 %") < text.index("+1.00 %")
    assert EVIL not in text


def test_headings_are_in_order(small: Small) -> None:
    """One h1, and no level is left out."""
    levels = [int(tag[1]) for tag, _ in Outline(render(*small)).tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_plots_have_text_alternatives(small: Small) -> None:
    """Each plot has a label with what it shows, every table head a scope, and the page a language."""
    outline = Outline(render(*small))
    plots = [each for each in outline.all("div") if each.get("class") == "plot"]
    assert len(plots) >= 5
    assert all(each.get("aria-label") and each.get("role") == "img" for each in plots)
    assert all(each.get("scope") for each in outline.all("th"))
    assert outline.all("html")[0]["lang"] == "en"


def test_weak_percentiles_are_marked(run_of: Callable[..., Run]) -> None:
    """A percentile that too few samples support has its mark in the table."""
    store = make_store(per_second=2)
    assert "~100 ms" in body(render(run_of(store), store))


def test_a_file_that_cannot_be_written_is_an_oserror(small: Small, tmp_path: Path) -> None:
    """The caller gets the error of the system."""
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        write_report(*small, tmp_path / "file" / "report.html")


@pytest.fixture
def run_of() -> Callable[..., Run]:
    """`make_run`, for tests that need another store."""
    return make_run
