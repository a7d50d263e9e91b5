"""Outputs beside a whole run over worker processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from swell.coordinator.conduct import conduct
from swell.coordinator.judge import Judge
from swell.coordinator.transports.processes import ProcessWorkers
from swell.dialects.k6.outputs import make_outputs
from swell.metrics.store import MetricStore
from swell.outputs.base import wants_points
from swell.outputs.feed import OutputFeed
from swell.outputs.registry import open_all, open_outputs
from tests.coordinator.programs import plan_of

ROOT = Path(__file__).parents[2]


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_sample_of_all_workers_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and single points of two processes add up to the totals of the run."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    rows_file, points_file = tmp_path / "rows.json", tmp_path / "points.json"
    outputs = [
        *open_outputs([f"json={rows_file}"], {}),
        *open_all(make_outputs([f"json={points_file}"], {})),
    ]
    assert wants_points(outputs)
    plan = msgspec.structs.replace(plan_of(seconds=1.5, options={}), raw_samples=True)
    store = MetricStore()
    feed = OutputFeed(outputs, store)
    outcome = conduct(plan, transport=ProcessWorkers(), workers=2, store=store, judge=Judge(plan), observers=[feed])
    assert outcome.lost == []
    assert feed.notes() == []
    total = store.totals("loops")
    assert total is not None
    rows = [row for row in read(rows_file) if row["metric"] == "loops"]
    assert sum(row["count"] for row in rows) == total.sum
    points = [line["data"] for line in read(points_file) if line["metric"] == "loops" and line["type"] == "Point"]
    assert (len(points), sum(point["value"] for point in points)) == (total.count, total.sum)


def test_without_outputs_for_points_no_points_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody asked for costs nothing: workers send rows only."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    plan, store, seen = plan_of(seconds=1.2, options={}), MetricStore(), list[Any]()
    store.point_taps.append(seen.append)
    conduct(plan, transport=ProcessWorkers(), workers=1, store=store, judge=Judge(plan), observers=[])
    assert seen == []
