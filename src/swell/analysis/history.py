"""One figure over many runs: read from their records, with the changes in it.

Rules: pure. Only runs of the same load as the newest are put side by side, and only those that prove something; the
others are counted. A figure that a record does not have is no point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from swell.analysis.changepoints import change_points
from swell.analysis.likeness import load_key, unbelievable
from swell.analysis.measures import MeasureError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from swell.analysis.measures import Measure
    from swell.runs.record import Run

__all__ = ["History", "Level", "Point", "figure_of", "history_of"]

_KEYS = {"p50": "med", "p90": "p90", "p95": "p95", "p99": "p99", "p99.9": "p99_9", "avg": "avg"}


class Point(msgspec.Struct, frozen=True):
    """The figure of one run; `started` is wall-clock time."""

    run: str
    started: float
    value: float
    commit: str = ""


class Level(msgspec.Struct, frozen=True):
    """A change: from run `run` (point number `place`) on the figure is about `after`, before it was about `before`."""

    place: int
    run: str
    before: float
    after: float
    p: float
    worse: bool


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The points in order of time. `skipped`: why runs are not among them, and how many."""

    metric: str
    endpoint: str
    points: list[Point] = []
    changes: list[Level] = []
    skipped: dict[str, int] = {}


def history_of(
    runs: Iterable[tuple[Run, str]],
    measure: Measure,
    *,
    endpoint: str = "",
    most: int = 50,
    margin: float = 0.05,
    any_load: bool = False,
) -> History:
    """The figure in these runs (record and git commit), which come newest first. Raises MeasureError.

    `any_load`: also runs of other loads than the newest's.
    """
    points: list[Point] = []
    skipped: dict[str, int] = {}
    load: bytes | None = None
    for run, commit in runs:
        if len(points) == most:
            break
        reason, value = "", None
        if unbelievable(run):
            reason = "proved nothing"
        elif (value := figure_of(run, measure, endpoint)) is None:
            reason = "did not measure this"
        elif load is not None and load_key(run.plan) != load and not any_load:
            reason = "had another load"
        if reason or value is None:
            skipped[reason] = skipped.get(reason, 0) + 1
            continue
        load = load or load_key(run.plan)
        points.insert(0, Point(run.id, run.started, value, commit))
    values = [point.value for point in points]
    logs = bool(values) and min(values) > 0 and measure.metric != "http_req_failed"
    # A share may be 0; its changes are told in points of a hundred.
    found = change_points(values, margin=margin if logs else margin / 10.0, logs=logs) if values else []
    changes = [
        Level(
            each.place,
            points[each.place].run,
            each.before,
            each.after,
            each.p,
            _worse(each.before, each.after, measure),
        )
        for each in found
    ]
    return History(metric=measure.text, endpoint=endpoint, points=points, changes=changes, skipped=skipped)


def figure_of(run: Run, measure: Measure, endpoint: str = "") -> float | None:
    """The figure in a record; None if it is not there. Raises MeasureError for one that no record can have."""
    if endpoint:
        return _of_endpoint(run, measure, endpoint)
    for metric in run.metrics:
        if metric.name == measure.metric:
            return metric.values.get(_key(measure))
    return None


def _of_endpoint(run: Run, measure: Measure, endpoint: str) -> float | None:
    for each in run.endpoints:
        if endpoint not in {each.name, f"{each.method} {each.name}".strip()}:
            continue
        if measure.metric == "http_reqs":
            return each.rate
        if measure.metric == "http_req_failed":
            return each.failed / each.requests if each.requests else None
        if measure.metric in {"http_req_duration", "http_req_latency"}:
            summary = each.duration if measure.metric == "http_req_duration" else each.latency
            return summary.values.get(_key(measure)) if summary is not None else None
        raise MeasureError(f"{measure.metric} is not kept by endpoint; durations, requests and failures are")
    return None


def _key(measure: Measure) -> str:
    """The name of the statistic in a record."""
    if measure.statistic == "rate":
        return "rate"
    if measure.statistic not in _KEYS:
        raise MeasureError(f"a record keeps {', '.join(_KEYS)}, not {measure.statistic}")
    return _KEYS[measure.statistic]


def _worse(before: float, after: float, measure: Measure) -> bool:
    return (after < before) == measure.more_is_better
