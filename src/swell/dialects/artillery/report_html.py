"""One HTML page of a JSON report, of ours or of Artillery's versions 1 and 2: the page that Artillery no longer makes.

Rules: pure text; the page stands alone (no scripts, nothing from elsewhere) and everything that comes from the report
is escaped. What a report does not hold is left out, not shown as zero.
"""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import TYPE_CHECKING

from swell.dialects.artillery.buckets import PERIOD
from swell.dialects.artillery.charts import bars, lines
from swell.dialects.artillery.console_text import duration_words, number_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from swell.dialects.artillery.buckets import Bucket
    from swell.dialects.artillery.json_report import Report

__all__ = ["page"]

_BY_NAME = "vusers.created_by_name."
_COMMON = ("http.", "vusers.", "errors.")
_COLUMNS = ("count", "min", "mean", "median", "p75", "p90", "p95", "p99", "p999", "max")
_LINES = ("min", "median", "p95", "p99", "max")
_MOST_CHARTS = 40
_STYLE = """
:root{color-scheme:light dark;--back:#fff;--text:#1d2330;--soft:#5b6475;--line:#dfe3ea;--card:#f6f7f9}
@media(prefers-color-scheme:dark){:root{--back:#14171d;--text:#e6e9ef;--soft:#9aa4b5;--line:#2b313c;--card:#1b2029}}
body{margin:0 auto;padding:24px;max-width:1080px;background:var(--back);color:var(--text);
font:15px/1.5 system-ui,sans-serif}
h1{font-size:24px;margin:0}h2{font-size:18px;margin:32px 0 8px}p.sub{color:var(--soft);margin:2px 0 20px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}
.tile b{display:block;font-size:22px;font-variant-numeric:tabular-nums}.tile span{color:var(--soft)}
.tile.bad b{color:#d0342c}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:4px 8px;border-bottom:1px solid var(--line);text-align:right}
th:first-child,td:first-child{text-align:left;overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600}.scroll{overflow-x:auto}
figure{margin:8px 0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px}
svg{width:100%;height:auto;display:block}.grid{stroke:var(--line)}.tick{fill:var(--soft);font-size:11px}
.line{fill:none;stroke-width:2}.bar{fill:#3b7dd8}
.s0{stroke:#3b7dd8;fill:#3b7dd8}.s1{stroke:#2f9e63;fill:#2f9e63}.s2{stroke:#e08a1e;fill:#e08a1e}
.s3{stroke:#d0342c;fill:#d0342c}.s4{stroke:#8457c9;fill:#8457c9}.s5{stroke:#6b7280;fill:#6b7280}
polyline.line{fill:none}.key{margin-right:16px;color:var(--soft);font-size:13px}
.swatch{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px}
i.s0{background:#3b7dd8}i.s1{background:#2f9e63}i.s2{background:#e08a1e}i.s3{background:#d0342c}
i.s4{background:#8457c9}i.s5{background:#6b7280}
"""


def page(report: Report, title: str) -> str:
    """The page as text."""
    aggregate = report.aggregate
    sections = [
        _tiles(aggregate),
        _section("Requests over time", _rates(report.periods)),
        _section("Response time over time (ms)", _summary_chart(report.periods, "http.response_time")),
        _section("Response time distribution (ms)", _distribution(aggregate)),
        _section(
            "Virtual users over time", _counters(report.periods, ("vusers.created", "vusers.completed"), "vusers.")
        ),
        _section("Scenarios", _scenario_table(aggregate)),
        _section("Status codes", bars(_named(aggregate, "http.codes."), "")),
        _section("Errors", _errors(report)),
        _section("Summaries", _summary_table(aggregate)),
        *_own_charts(report),
        _section("Counters", _counter_table(aggregate)),
    ]
    body = "".join(sections)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{escape(title)}</h1><p class="sub">{escape(_when(report))}</p>{body}</body></html>\n'
    )


def _section(heading: str, body: str) -> str:
    return f"<h2>{escape(heading)}</h2>{body}" if body else ""


def _when(report: Report) -> str:
    aggregate = report.aggregate
    first = aggregate.first_at or (report.periods[0].period if report.periods else aggregate.period)
    if not first:
        return "No time is known"
    return f"Started {dt.datetime.fromtimestamp(first / 1000).astimezone():%Y-%m-%d %H:%M:%S %z}"


def _tiles(bucket: Bucket) -> str:
    counters = bucket.counters
    tiles: list[tuple[str, str, bool]] = []
    if bucket.first_at is not None and bucket.last_at is not None and bucket.last_at > bucket.first_at:
        tiles.append(("Duration", duration_words((bucket.last_at - bucket.first_at) / 1000), False))
    for label, name, bad in (
        ("VUs created", "vusers.created", False),
        ("VUs completed", "vusers.completed", False),
        ("VUs failed", "vusers.failed", True),
        ("VUs skipped", "vusers.skipped", True),
        ("Requests", "http.requests", False),
        ("Responses", "http.responses", False),
    ):
        if name in counters:
            tiles.append((label, f"{counters[name]:,}", bad and bool(counters[name])))
    if "http.request_rate" in bucket.rates:
        tiles.append(("Requests per second", number_text(bucket.rates["http.request_rate"]), False))
    errors = sum(count for name, count in counters.items() if name.startswith("errors."))
    tiles.append(("Errors", f"{errors:,}", bool(errors)))
    latency = bucket.summaries.get("http.response_time", {})
    tiles += [
        (f"Response time {name}", f"{number_text(latency[name])} ms", False)
        for name in ("median", "p95", "p99")
        if name in latency
    ]
    cells = (
        f'<div class="tile{" bad" if bad else ""}"><b>{escape(value)}</b><span>{escape(label)}</span></div>'
        for label, value, bad in tiles
    )
    return f'<div class="tiles">{"".join(cells)}</div>'


def _times(periods: Iterable[Bucket]) -> list[str]:
    return [f"{dt.datetime.fromtimestamp(each.period / 1000).astimezone():%H:%M:%S}" for each in periods]


def _rates(periods: Sequence[Bucket]) -> str:
    if any("http.requests" in each.counters for each in periods):
        values = [each.counters.get("http.requests", 0) / _length(each) for each in periods]
        done = [each.counters.get("http.responses", 0) / _length(each) for each in periods]
        return lines(_times(periods), [("requests", values), ("responses", done)], "/s")
    rates = [each.rates.get("http.request_rate") for each in periods]
    return lines(_times(periods), [("requests", rates)], "/s")


def _length(bucket: Bucket) -> float:
    """Seconds of a period in which something was measured; one at least."""
    if bucket.first_at is None or bucket.last_at is None:
        return PERIOD
    return min(max((bucket.last_at - bucket.first_at) / 1000, 1.0), PERIOD)


def _summary_chart(periods: Sequence[Bucket], name: str) -> str:
    found = [each for each in periods if name in each.summaries]
    series = [(line, [each.summaries[name].get(line) for each in found]) for line in _LINES]
    return lines(_times(found), series, "")


def _distribution(bucket: Bucket) -> str:
    latency = bucket.summaries.get("http.response_time", {})
    return bars([(name, latency[name]) for name in _COLUMNS[1:] if name in latency and name != "mean"], " ms")


def _counters(periods: Sequence[Bucket], names: Sequence[str], prefix: str) -> str:
    present = [name for name in names if any(name in each.counters for each in periods)]
    series = [(name.removeprefix(prefix), [each.counters.get(name, 0) for each in periods]) for name in present]
    return lines(_times(periods), series, "")


def _named(bucket: Bucket, prefix: str) -> list[tuple[str, float]]:
    found = [
        (name.removeprefix(prefix), float(value)) for name, value in bucket.counters.items() if name.startswith(prefix)
    ]
    return sorted(found, key=lambda each: (-each[1], each[0]))


def _scenario_table(bucket: Bucket) -> str:
    found = _named(bucket, _BY_NAME)
    total = sum(value for _, value in found)
    rows = [(name, [f"{value:,.0f}", f"{value / total:.1%}"]) for name, value in found if total]
    return _table(("Scenario", "VUs", "Share"), rows)


def _errors(report: Report) -> str:
    found = _named(report.aggregate, "errors.")
    if not found:
        return ""
    names = [f"errors.{name}" for name, _ in found[:6]]
    rows = [(name, [f"{value:,.0f}"]) for name, value in found]
    return _counters(report.periods, names, "errors.") + _table(("Error", "Count"), rows)


def _summary_table(bucket: Bucket) -> str:
    columns = [each for each in _COLUMNS if any(each in values for values in bucket.summaries.values())]
    rows = [
        (name, [number_text(values[each]) if each in values else "" for each in columns])
        for name, values in sorted(bucket.summaries.items())
    ]
    return _table(("Metric", *columns), rows)


def _own_charts(report: Report) -> list[str]:
    """Charts of the metrics that the test made itself, and of endpoints."""
    own = [name for name in sorted(report.aggregate.summaries) if not name.startswith(_COMMON)]
    return [_section(name, _summary_chart(report.periods, name)) for name in own[:_MOST_CHARTS]]


def _counter_table(bucket: Bucket) -> str:
    rows = [(name, [number_text(value)]) for name, value in sorted(bucket.counters.items())]
    rows += [(name, [f"{number_text(value)}/s"]) for name, value in sorted(bucket.rates.items())]
    return _table(("Metric", "Value"), rows)


def _table(columns: Sequence[str], rows: Sequence[tuple[str, list[str]]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(each)}</th>" for each in columns)
    body = "".join(
        f"<tr><td>{escape(name)}</td>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for name, cells in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
