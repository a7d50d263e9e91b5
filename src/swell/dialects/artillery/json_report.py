"""The JSON report of `-o`, as tools that read Artillery's expect it, and the reading of old and new reports.

Rules: `aggregate` and one entry per period in `intermediate`, each with counters, rates, summaries, and the same
summaries again as histograms. A file of Artillery 1 (flat fields) is read as if it were a new one. The period of an
intermediate is text, that of the aggregate a number, as in Artillery's own files.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from swell.dialects.artillery.buckets import Bucket
from swell.dialects.artillery.mistakes import ScriptError
from swell.dialects.artillery.shapes import list_of, mapping_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.dialects.artillery.ensure import CheckResult

__all__ = ["Report", "output_path", "read_report", "report_data", "write_report"]

_OLD_SUMMARY = ("min", "max", "median", "p95", "p99")
_OLD_COMMON = ("http.", "vusers.", "errors.")


class Report:
    """A report as data: the whole run, and its periods."""

    def __init__(self, aggregate: Bucket, periods: list[Bucket]) -> None:
        self.aggregate = aggregate
        self.periods = periods


def output_path(name: str) -> str:
    """The file that `-o NAME` means: in a folder, a file named after the time. Raises ScriptError."""
    path = Path(name)
    if path.is_dir():
        stamp = dt.datetime.now().astimezone().strftime("%Y%m%d_%H%M%S")
        return str(path / f"artillery_report_{stamp}.json")
    if not path.parent.is_dir():
        raise ScriptError(f"Path does not exist: {name}")
    if path.exists() and not os.access(path, os.W_OK):
        raise ScriptError(f"cannot write {name}: permission denied")
    return name


def report_data(report: Report, checks: Sequence[CheckResult] = ()) -> dict[str, Any]:
    """The report as plain data."""
    data: dict[str, Any] = {
        "aggregate": _bucket_data(report.aggregate, report.aggregate.period),
        "intermediate": [_bucket_data(each, str(each.period)) for each in report.periods],
    }
    if checks:
        data["checks"] = [
            {"original": each.check.text, "strict": each.check.strict, "result": int(each.ok)} for each in checks
        ]
    return data


def write_report(path: str, report: Report, checks: Sequence[CheckResult] = ()) -> None:
    """Write the report; in the form of Artillery 1 if the environment asks for that, as there. Raises OSError."""
    data = report_data(report, checks)
    if "ARTILLERY_USE_LEGACY_REPORT_FORMAT" in os.environ:
        data = {"aggregate": _old_data(report.aggregate), "intermediate": [_old_data(each) for each in report.periods]}
    Path(path).write_text(json.dumps(data, indent=2, ensure_ascii=False), encoding="utf-8")


def read_report(path: str) -> Report:
    """A report of ours, of Artillery 2 or of Artillery 1. Raises ScriptError."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ScriptError(f"there is no file {path}") from None
    except OSError as error:
        raise ScriptError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ScriptError(f"{path} is no JSON: {error}") from None
    if not isinstance(data, dict) or not isinstance(cast("dict[str, Any]", data).get("aggregate"), dict):
        raise ScriptError(f'{path} is no report of Artillery: "aggregate" is missing')
    fields = cast("dict[str, Any]", data)
    periods = [_read_bucket(mapping_of(each)) for each in list_of(fields.get("intermediate")) if mapping_of(each)]
    return Report(_read_bucket(mapping_of(fields["aggregate"])), sorted(periods, key=lambda each: each.period))


def _bucket_data(bucket: Bucket, period: int | str) -> dict[str, Any]:
    data: dict[str, Any] = {"counters": bucket.counters, "rates": bucket.rates}
    if bucket.first_at is not None:
        times = ["firstCounterAt", "firstMetricAt", *(["firstHistogramAt"] if bucket.summaries else [])]
        data |= dict.fromkeys(times, bucket.first_at)
        data |= dict.fromkeys([name.replace("first", "last") for name in times], bucket.last_at)
    data |= {"period": period, "summaries": bucket.summaries, "histograms": bucket.summaries}
    return data


def _old_data(bucket: Bucket) -> dict[str, Any]:
    """A bucket in the form of Artillery 1."""
    counters = bucket.counters
    requests = counters.get("http.responses", 0)

    def named(prefix: str) -> dict[str, int | float]:
        return {name.removeprefix(prefix): value for name, value in counters.items() if name.startswith(prefix)}

    def summary(name: str) -> dict[str, Any]:
        return {key: bucket.summaries.get(name, {}).get(key) for key in _OLD_SUMMARY}

    own = {name: values for name, values in bucket.summaries.items() if not name.startswith(("http.", "vusers."))}
    moment = dt.datetime.fromtimestamp((bucket.last_at or bucket.period) / 1000, dt.UTC)
    return {
        "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "scenariosCreated": counters.get("vusers.created", 0),
        "scenariosCompleted": counters.get("vusers.completed", 0),
        "scenariosAvoided": counters.get("vusers.skipped", 0),
        "requestsCompleted": requests,
        "latency": summary("http.response_time"),
        "rps": {"count": requests, "mean": bucket.rates.get("http.request_rate", 0)},
        "scenarioDuration": summary("vusers.session_length"),
        "scenarioCounts": named("vusers.created_by_name."),
        "errors": named("errors."),
        "codes": named("http.codes."),
        "matches": 0,
        "customStats": {name: {key: values.get(key) for key in _OLD_SUMMARY} for name, values in own.items()},
        "counters": {name: value for name, value in counters.items() if not name.startswith(_OLD_COMMON)},
    }


def _read_bucket(data: dict[str, Any]) -> Bucket:
    if "scenariosCreated" in data or "latency" in data:
        return _old_bucket(data)
    summaries: Any = data.get("summaries") or data.get("histograms") or {}
    return Bucket(
        _milliseconds(data.get("period")) or _milliseconds(data.get("firstMetricAt")) or 0,
        {str(name): value for name, value in _numbers(data.get("counters")).items()},
        _numbers(data.get("rates")),
        {str(name): _numbers(values) for name, values in cast("dict[str, Any]", summaries).items()},
        _milliseconds(data.get("firstMetricAt")),
        _milliseconds(data.get("lastMetricAt")),
    )


def _old_bucket(data: dict[str, Any]) -> Bucket:
    """A bucket of Artillery 1, or of ARTILLERY_USE_LEGACY_REPORT_FORMAT."""
    created, completed = _number(data.get("scenariosCreated")), _number(data.get("scenariosCompleted"))
    counters: dict[str, int | float] = {
        "vusers.created": created,
        "vusers.completed": completed,
        "http.responses": _number(data.get("requestsCompleted")),
    }
    if data.get("scenariosAvoided"):
        counters["vusers.skipped"] = _number(data["scenariosAvoided"])
    for name, prefix in (
        ("codes", "http.codes."),
        ("errors", "errors."),
        ("scenarioCounts", "vusers.created_by_name."),
    ):
        counters |= {f"{prefix}{key}": value for key, value in _numbers(data.get(name)).items()}
    counters |= _numbers(data.get("counters"))
    rates = _numbers(data.get("rps"))
    summaries = {"http.response_time": _numbers(data.get("latency"))}
    summaries["vusers.session_length"] = _numbers(data.get("scenarioDuration"))
    custom: Any = data.get("customStats")
    for name, values in cast("dict[str, Any]", custom if isinstance(custom, dict) else {}).items():
        summaries[str(name)] = _numbers(values)
    at = _milliseconds(data.get("timestamp"))
    return Bucket(
        at or 0,
        counters,
        {"http.request_rate": rates["mean"]} if "mean" in rates else {},
        {name: values for name, values in summaries.items() if any(key in values for key in _OLD_SUMMARY)},
        at,
        at,
    )


def _milliseconds(value: Any) -> int | None:
    """A time of a report: a number, a number as text, or an ISO date."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value)
    if not isinstance(value, str):
        return None
    try:
        return int(float(value))
    except ValueError:
        pass
    try:
        return round(dt.datetime.fromisoformat(value).timestamp() * 1000)
    except ValueError:
        return None


def _number(value: Any) -> int | float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _numbers(value: Any) -> dict[str, Any]:
    """The entries of a mapping that are numbers."""
    if not isinstance(value, dict):
        return {}
    entries = cast("dict[str, Any]", value)
    return {key: each for key, each in entries.items() if isinstance(each, int | float) and not isinstance(each, bool)}
