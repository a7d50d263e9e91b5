"""Runs to report on, and a Chromium that may not use the network."""

from __future__ import annotations

import html.parser
from typing import TYPE_CHECKING, Any

import pytest

from swell.metrics.recorder import Recorder
from swell.metrics.store import MetricStore
from swell.metrics.tags import TagSet
from swell.model.plan import ArrivalStages, Share, Stage, Workload
from tests.report.conftest import make_plan, make_run, make_store

if TYPE_CHECKING:
    from pathlib import Path

    from swell.runs.record import Run

EVIL = "<script>window.evil=1</script><img src=x onerror=window.evil=1>\"'&"


def staged_plan() -> Any:
    """Three named stages over 40 s, with a secret-looking evil name for the second."""
    stages = (
        Stage(0.0, 5.0),
        Stage(10.0, 50.0, "ramp up"),
        Stage(20.0, 50.0, f"hold {EVIL}"),
        Stage(10.0, 0.0, "down"),
    )
    return make_plan(workloads=(Workload("browse", (Share("Browser"),), ArrivalStages(stages)),))


def evil_store() -> MetricStore:
    """Every name that a test or a target can choose is HTML; three endpoints, 40 s, some failures."""
    store, recorder = MetricStore(), Recorder()
    for second in range(40):
        for place, name in enumerate(("/a", "/b", EVIL)):
            tags = TagSet.of({"name": name, "method": "GET", "scenario": "browse"})
            good = recorder.request_series(tags.with_tags(status="200", expected_response="true"))
            bad = recorder.request_series(tags.with_tags(status="500", expected_response="false", error=EVIL))
            for number in range(5 * (place + 1)):
                start, took = second + number / 30, 0.02 * (3 - place) + number / 1000
                series = bad if number == 0 and place == 2 else good
                recorder.add_request((series, start, start + took, 0.001, 0.001, took - 0.003, 0.002, 200, 1000))
            recorder.add_error("status", EVIL, tags, {"url": "http://127.0.0.1/a", "body": EVIL})
        check = recorder.series("checks", "rate", TagSet.of({"check": EVIL, "group": EVIL}))
        own = recorder.series("own_metric", "trend", TagSet.of({}))
        group = recorder.series("group_duration", "trend", TagSet.of({"group": EVIL}))
        recorder.add_sample((check, second + 0.5, 1.0))
        recorder.add_sample((own, second + 0.5, 12.0))
        recorder.add_sample((group, second + 0.5, 12.0))
        snapshot = recorder.flush(second + 1.0)
        snapshot.users = 3
        snapshot.health = {"cpu": 0.3, "loop_lag_ms": 1.0, "state": "ok"}
        store.add(0, snapshot)
    store.finish(40.0)
    return store


def evil_run(store: MetricStore) -> Run:
    """The record of `evil_store`, with HTML in its own fields too."""
    run = make_run(store, staged_plan(), duration=40.0)
    run.name, run.target, run.command, run.tags = EVIL, EVIL, ["swell", EVIL], {"git_commit": EVIL}
    next(metric for metric in run.metrics if not metric.builtin).name = EVIL
    run.reasons, run.warnings, run.notes = [EVIL], [EVIL], [EVIL]
    return run


class Outline(html.parser.HTMLParser):
    """The tags of a page, with their attributes, and the text of each kind of heading."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def small() -> tuple[Run, MetricStore]:
    """Ten seconds, a tenth of the requests failed."""
    store = make_store(failing=True)
    return make_run(store), store


@pytest.fixture(scope="module")
def evil_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of `evil_run` as a file."""
    from swell.report.html import write_report

    store = evil_store()
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(evil_run(store), store, path)
    return path
