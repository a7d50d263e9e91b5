"""What handleSummary gets, as one HTML page: the counterpart of the page that k6-reporter makes.

Rules: pure; the page needs nothing from elsewhere. All text is escaped. Numbers are written as in the summary, from
exactly what the data holds: a statistic that the options leave out shows as a dash.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from importlib import resources
from typing import Any, cast

from swell.dialects.k6.summary_numbers import figure, percent, time

__all__ = ["page"]

_STATS = ("avg", "min", "med", "max", "p(90)", "p(95)", "p(99)")
_NONE = "\N{EN DASH}"
_BAD = ' class="bad"'


def page(data: Mapping[str, Any], *, title: str = "", about: str = "") -> str:
    """The page. `title` is by default the time now, as the results do not say when they were made."""
    metrics = cast("dict[str, dict[str, Any]]", data["metrics"])
    heading = title or f"k6 results, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    style = resources.files(__package__ or "").joinpath("page.css").read_text("utf-8")
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(heading)}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{style}</style></head><body><main>",
        f"<h1>{escape(heading)}</h1>",
        f"<p>{escape(about)}</p>" if about else "",
        _cards(data, metrics),
        _thresholds(metrics),
        *_trends(metrics),
        _others(metrics),
        _checks(data),
        "</main></body></html>",
    ]
    return "\n".join(part for part in parts if part)


def _cards(data: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    limits = [outcome for _, _, outcome in _limits(metrics)]
    breached = sum(not outcome.get("ok") for outcome in limits)
    checks = list(_all_checks(_fields(data, "root_group"), ""))
    failed = sum(int(check.get("fails") or 0) for _, check in checks)
    requests = _value(metrics, "http_reqs", "count")
    # Of the rate http_req_failed the passes are the requests that failed.
    bad = _value(metrics, "http_req_failed", "passes")
    milliseconds: Any = _fields(data, "state").get("testRunDurationMs")
    cards = [
        ("Requests", _whole(requests), False),
        ("Failed requests", _whole(bad), bool(bad)),
        ("Failed checks", _whole(failed if checks else None), bool(failed)),
        ("Breached thresholds", _whole(breached if limits else None), bool(breached)),
        ("Iterations", _whole(_value(metrics, "iterations", "count")), False),
        ("Peak VUs", _whole(_value(metrics, "vus_max", "max")), False),
        ("Duration", time(float(milliseconds)) if _is_number(milliseconds) else _NONE, False),
    ]
    shown = (
        f'<div class="card{" bad" if bad else ""}"><b>{escape(value)}</b><span>{escape(name)}</span></div>'
        for name, value, bad in cards
    )
    return f'<section class="cards">{"".join(shown)}</section>'


def _limits(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(metric, threshold, outcome) of all thresholds."""
    for name, metric in metrics.items():
        for threshold, outcome in _fields(metric, "thresholds").items():
            yield name, threshold, outcome


def _thresholds(metrics: Mapping[str, Any]) -> str:
    rows = [
        (name, threshold, "passed" if outcome.get("ok") else "FAILED") for name, threshold, outcome in _limits(metrics)
    ]
    bad = {index for index, row in enumerate(rows) if row[2] == "FAILED"}
    return _table("Thresholds", ("Metric", "Threshold", "Result"), rows, bad) if rows else ""


def _trends(metrics: Mapping[str, Any]) -> Iterator[str]:
    trends = {name: metric for name, metric in metrics.items() if metric.get("type") == "trend"}
    if not trends:
        return
    known = {stat for metric in trends.values() for stat in _fields(metric, "values")}
    stats = [stat for stat in _STATS if stat in known] + sorted(known - set(_STATS))
    own = [name for name in trends if not _is_http(name)]
    for heading, names in (("HTTP timings", [name for name in trends if _is_http(name)]), ("Other trends", own)):
        rows = [
            (name, *(_figure(trends[name], _fields(trends[name], "values").get(stat)) for stat in stats))
            for name in sorted(names)
        ]
        bad = {index for index, row in enumerate(rows) if _is_breached(trends[row[0]])}
        if rows:
            yield _table(heading, ("Metric", *stats), rows, bad)


def _is_http(name: str) -> bool:
    return name.startswith("http_")


def _others(metrics: Mapping[str, Any]) -> str:
    rows: list[Sequence[str]] = []
    bad: set[int] = set()
    for name, metric in sorted(metrics.items()):
        values = _fields(metric, "values")
        match metric.get("type"):
            case "counter":
                rate = values.get("rate")
                row = (
                    name,
                    _figure(metric, values.get("count")),
                    f"{_figure(metric, rate)}/s" if rate is not None else "",
                )
            case "rate":
                counts = f"{_whole(values.get('passes'))} yes, {_whole(values.get('fails'))} no"
                row = (name, percent(float(values["rate"])) if _is_number(values.get("rate")) else _NONE, counts)
            case "gauge":
                row = (name, _figure(metric, values.get("value")), _range(metric, values))
            case _:
                continue
        if _is_breached(metric):
            bad.add(len(rows))
        rows.append(row)
    return _table("Counters, rates and gauges", ("Metric", "Value", "Details"), rows, bad) if rows else ""


def _range(metric: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    return f"min {_figure(metric, values.get('min'))}, max {_figure(metric, values.get('max'))}"


def _checks(data: Mapping[str, Any]) -> str:
    rows: list[Sequence[str]] = []
    bad: set[int] = set()
    for group, check in _all_checks(_fields(data, "root_group"), ""):
        passes, fails = int(check.get("passes") or 0), int(check.get("fails") or 0)
        if fails:
            bad.add(len(rows))
        share = percent(passes / (passes + fails)) if passes + fails else _NONE
        rows.append((group, str(check.get("name")), f"{passes:,}", f"{fails:,}", share))
    return _table("Checks", ("Group", "Check", "Passes", "Fails", "Passed"), rows, bad) if rows else ""


def _all_checks(group: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for check in _entries(group.get("checks")):
        yield path, check
    for inner in _entries(group.get("groups")):
        name = str(inner.get("name"))
        yield from _all_checks(inner, f"{path} / {name}" if path else name)


def _entries(found: Any) -> Iterable[Mapping[str, Any]]:
    """Lists in handleSummary's data, objects by name in exported summaries."""
    if isinstance(found, dict):
        return list(cast("dict[str, Any]", found).values())
    return cast("list[Any]", found) if isinstance(found, list) else []


def _fields(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object in the data; an empty one where it is missing or something else."""
    value = found.get(name)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _is_breached(metric: Mapping[str, Any]) -> bool:
    return any(not outcome.get("ok") for outcome in _fields(metric, "thresholds").values())


def _value(metrics: Mapping[str, Any], name: str, key: str) -> Any:
    return _fields(_fields(metrics, name), "values").get(key)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: Any) -> str:
    return f"{round(value):,}" if _is_number(value) else _NONE


def _figure(metric: Mapping[str, Any], value: Any) -> str:
    return figure(float(value), str(metric.get("contains") or "default")) if _is_number(value) else _NONE


def _table(heading: str, names: Sequence[str], rows: Sequence[Sequence[str]], bad: set[int]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        f"<tr{_BAD if index in bad else ''}>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for index, row in enumerate(rows)
    )
    return (
        f'<section><h2>{escape(heading)}</h2><div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></section>"
    )
