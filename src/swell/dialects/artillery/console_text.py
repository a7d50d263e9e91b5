"""What Artillery prints about a bucket of metrics, as lines: in its current style, and in that of version 1.

Rules: pure text. Current style: names in order of the alphabet, dots up to column 79, summaries as a group. Classic
style: a fixed set of rows, scenarios with their share, errors; statuses from 400 on are listed among the errors.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from swell.dialects.artillery.buckets import Bucket

__all__ = ["classic_rows", "clock", "duration_words", "heading", "metric_rows"]

_WIDTH = 79
_SUMMARY_ROWS = ("min", "max", "mean", "median", "p95", "p99")
_CLASSIC_ROWS = ("min", "max", "median", "p95", "p99")
_BY_NAME = "vusers.created_by_name."
_LABEL = 21


def _plain(dots: str) -> str:
    return dots


def clock(at: float) -> str:
    """The local time of day of a moment (seconds since 1970), as `14:23:45(+1000)`."""
    return dt.datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S(%z)")


def heading(text: str, note: str = "") -> list[str]:
    """A text between two lines of dashes; the note stands behind the text and is not underlined."""
    line = "-" * len(text)
    return [line, f"{text} {note}".rstrip(), line, ""]


def duration_words(seconds: float) -> str:
    """A duration as `1 minute, 5 seconds`."""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    first = next((place for place, (amount, _) in enumerate(parts) if amount), len(parts))
    return ", ".join(
        f"{amount} {name}{'' if amount == 1 else 's'}" for amount, name in [*parts[first:], (left, "second")]
    )


def metric_rows(bucket: Bucket, hidden: Iterable[str] = (), dots: Callable[[str], str] = _plain) -> list[str]:
    """All metrics of a bucket in the current style. `hidden`: names with one of these texts in them are left out."""
    names = sorted({*bucket.counters, *bucket.rates, *bucket.summaries})
    hidden = tuple(hidden)
    rows: list[str] = []
    for name in names:
        if any(part in name for part in hidden):
            continue
        if name in bucket.counters:
            rows.append(_padded(f"{name}:", number_text(bucket.counters[name]), dots))
        if name in bucket.summaries:
            rows.append(f"{name}:")
            values = bucket.summaries[name]
            rows += [_padded(f"  {row}:", number_text(values.get(row)), dots) for row in _SUMMARY_ROWS]
        if name in bucket.rates:
            rows.append(_padded(f"{name}:", number_text(bucket.rates[name]), dots) + "/sec")
    return rows or ["No measurements recorded during this period"]


def classic_rows(bucket: Bucket, *, with_scenarios: bool) -> list[str]:
    """A bucket in the style of version 1."""
    counters = bucket.counters
    rows = [
        _labelled("Scenarios launched:", counters.get("vusers.created", 0)),
        _labelled("Scenarios completed:", counters.get("vusers.completed", 0)),
    ]
    if counters.get("vusers.skipped"):
        rows.append(_labelled("Scenarios avoided:", counters["vusers.skipped"]))
    requests = counters.get("http.responses", counters.get("http.requests", 0))
    rows.append(_labelled("Requests completed:", requests))
    rate = bucket.rates.get("http.request_rate")
    rows.append(_labelled("Mean response/sec:", f"{_mean_rate(bucket, requests, rate):.2f}"))
    latency = bucket.summaries.get("http.response_time")
    rows.append("Response time (msec):")
    rows += [f"  {row}: {number_text(latency.get(row)) if latency else 'NaN'}" for row in _CLASSIC_ROWS]
    if with_scenarios:
        rows += _scenario_rows(counters)
    return rows + _error_rows(counters)


def _mean_rate(bucket: Bucket, requests: float, rate: float | None) -> float:
    if bucket.first_at is not None and bucket.last_at is not None and bucket.last_at > bucket.first_at:
        return requests * 1000.0 / (bucket.last_at - bucket.first_at)
    return rate or 0.0


def _scenario_rows(counters: dict[str, Any]) -> list[str]:
    counts = {name.removeprefix(_BY_NAME): count for name, count in counters.items() if name.startswith(_BY_NAME)}
    total = sum(counts.values())
    if not total:
        return []
    return ["Scenario counts:", *(f"  {name}: {count} ({_share(count, total)}%)" for name, count in counts.items())]


def _error_rows(counters: dict[str, Any]) -> list[str]:
    errors = {name.removeprefix("errors."): count for name, count in counters.items() if name.startswith("errors.")}
    for name, count in counters.items():
        code = name.removeprefix("http.codes.")
        if code != name and code.isdigit() and int(code) >= 400:
            errors[f"HTTP {code}"] = count
    rows = [f"  {name}: {count}" for name, count in sorted(errors.items()) if count]
    return ["Errors:", *rows] if rows else []


def _share(count: float, total: float) -> str:
    return number_text(round(count * 100.0 / total, 3 if count * 1000 % total else 1))


def _labelled(label: str, value: Any) -> str:
    return f"{label:<{_LABEL}}{value}"


def number_text(value: Any) -> str:
    """A number as JavaScript prints it."""
    if value is None:
        return "undefined"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _padded(label: str, value: str, dots: Callable[[str], str]) -> str:
    short = label if len(label) <= _WIDTH else label[: _WIDTH - 4] + "..."
    return f"{short} {dots('.' * (_WIDTH - len(short)))} {value}"
