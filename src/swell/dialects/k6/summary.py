"""The summary that k6 prints at the end of a test, in its current layout and (`legacy`) in that of k6 before 1.0.

Rules: a pure function of the data that handleSummary gets (and of `summary_details` for the full layout), so that
scripts can call it on data that they have changed. Both layouts follow the output that k6 documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from swell.dialects.k6.summary_classic import classic_text
from swell.dialects.k6.summary_data import TREND_STATS
from swell.dialects.k6.summary_lines import (
    Row,
    check_line,
    display_name,
    fields,
    items,
    metric_lines,
    number,
    paint,
)
from swell.dialects.k6.summary_numbers import figure, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["MODES", "Mode", "text_summary"]

Mode: TypeAlias = Literal["compact", "full", "legacy", "disabled"]
MODES: tuple[Mode, ...] = ("compact", "full", "legacy", "disabled")

# By the beginning of the name, as in k6; what matches none is the script's own.
_SECTIONS = (
    ("HTTP", ("http_",)),
    ("EXECUTION", ("vus", "iteration", "dropped_iterations", "group_duration")),
    ("NETWORK", ("data_",)),
    ("BROWSER", ("browser_",)),
    ("WEB_VITALS", ("web_vital",)),
    ("GRPC", ("grpc_",)),
    ("WEBSOCKET", ("ws_",)),
)
_PHASES = ("blocked", "connecting", "tls_handshaking", "sending", "waiting", "receiving")
_DETAILS = {"group_duration", *(f"http_req_{phase}" for phase in _PHASES)}
_MARKS = {True: "✓", False: "✗"}


def text_summary(
    data: Mapping[str, Any],
    *,
    mode: Mode = "compact",
    colors: bool = False,
    trend_stats: Sequence[str] | None = None,
    time_unit: str | None = None,
    indent: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> str:
    """The summary as text with a line break at its end; empty for mode "disabled".

    Statistics and the unit of times are those of the data's options unless given. `details` are `summary_details`.
    Their entry "measured" has the values of thresholds by metric and expression, for those that the data lack.
    `indent` stands before each line; by default one space in the old layout, none in the current one.
    """
    options = fields(data, "options")
    stats = list(trend_stats or options.get("summaryTrendStats") or TREND_STATS)
    unit = str(options.get("summaryTimeUnit") or "") if time_unit is None else time_unit
    if mode == "disabled":
        return ""
    if mode == "legacy":
        return classic_text(data, stats, unit, colours=colors, indent=" " if indent is None else indent)
    layout = _Layout(stats, unit, full=mode == "full", colours=colors)
    lines = layout.all(data, details or {})
    return "".join(f"{indent or ''}{line}\n" if line else "\n" for line in lines)


class _Layout:
    """The current layout: thresholds, totals, and in full also each group and scenario."""

    def __init__(self, stats: Sequence[str], unit: str, *, full: bool, colours: bool) -> None:
        self._stats = stats
        self._unit = unit
        self._full = full
        self._colours = colours

    def all(self, data: Mapping[str, Any], details: Mapping[str, Any]) -> list[str]:
        metrics = fields(data, "metrics")
        root = fields(data, "root_group")
        seconds = number(fields(data, "state").get("testRunDurationMs")) / 1000
        lines = ["", *self._thresholds(metrics, fields(details, "measured"))]
        lines += [self._title("TOTAL RESULTS"), ""]
        lines += self._part(metrics, _all_checks(root) if not self._full else items(root, "checks"), seconds)
        if self._full:
            for group in items(root, "groups"):
                lines += self._group(group, details, seconds, 0)
            for name, found in fields(details, "scenarios").items():
                checks = _all_checks(fields(fields(details, "scenario_checks"), name))
                lines += ["", "", self._title(f"SCENARIO: {name}"), "", *self._part(found, checks, seconds)]
        return [*lines, "", ""]

    def _title(self, text: str) -> str:
        return "  " + paint(f"█ {text} ", "bold", on=self._colours)

    def _thresholds(
        self, metrics: Mapping[str, Mapping[str, Any]], measured: Mapping[str, Mapping[str, Any]]
    ) -> list[str]:
        judged = {name: metric for name, metric in metrics.items() if metric.get("thresholds")}
        if not judged:
            return []
        lines = [self._title("THRESHOLDS"), ""]
        for name in sorted(judged, key=lambda each: (each.partition("{")[0], each)):
            parent = name.partition("{")[0]
            is_below = parent != name and parent in judged
            indent = "      " if is_below else "    "
            lines.append(indent + (name[len(parent) :] if is_below else name))
            for source, result in fields(judged[name], "thresholds").items():
                ok = bool(result.get("ok"))
                mark = paint(_MARKS[ok], "green" if ok else "red", on=self._colours)
                looked_at = fields(measured, name).get(source)
                lines.append(f"{indent}{mark} '{source}' {self._measured(judged[name], source, looked_at)}")
            lines.append("")
        return [*lines, ""]

    def _measured(self, metric: Mapping[str, Any], source: str, judged: Any) -> str:
        """The value that a threshold looked at: "p(95)=127.01ms"; `judged` where the metric's own values lack it."""
        key = source
        for operator in ("<", ">", "=", "!"):
            key = key.partition(operator)[0]
        key = key.strip()
        values = fields(metric, "values")
        if key not in values and not isinstance(judged, (int, float)):
            return ""
        value = number(values.get(key, judged))
        if metric.get("type") == "rate":
            return f"{key}={percent(value)}"
        if key == "count" and metric.get("type") == "trend":
            return f"{key}={figure(value, 'default')}"
        text = figure(value, str(metric.get("contains", "default")), self._unit)
        return f"{key}={text}/s" if key == "rate" else f"{key}={text}"

    def _part(
        self, metrics: Mapping[str, Mapping[str, Any]], checks: Sequence[Mapping[str, Any]], seconds: float
    ) -> list[str]:
        """Checks and metrics of the whole test, a group or a scenario."""
        lines: list[str] = []
        total = metrics.get("checks")
        if total is not None:
            lines += [f"    {line}" for line in self._check_rows(total, seconds)] + [""]
            for check in checks:
                lines += check_line(check, "    ", colours=self._colours)
            lines += [""] if checks else []
        sections = self._sections(metrics)
        rows = [row for _, own in sections for row in own]
        shown = iter(metric_lines(rows, self._stats, self._unit, colours=self._colours))
        for title, own in sections:
            lines.append("    " + paint(title, "bold", on=self._colours))
            lines += [f"    {next(shown)}" for _ in own]
            lines.append("")
        return lines

    def _check_rows(self, checks: Mapping[str, Any], seconds: float) -> list[str]:
        values = fields(checks, "values")
        passes, fails = number(values.get("passes")), number(values.get("fails"))
        total = passes + fails
        count = {"count": total, "rate": total / seconds if seconds else 0.0}
        held = {"rate": passes / total if total else 0.0, "passes": passes, "fails": fails}
        broken = {"rate": fails / total if total else 0.0, "passes": fails, "fails": passes}
        rows = [
            Row("checks_total", {"type": "counter", "contains": "default", "values": count}),
            Row("checks_succeeded", {"type": "rate", "contains": "default", "values": held}),
            Row("checks_failed", {"type": "rate", "contains": "default", "values": broken}),
        ]
        return metric_lines(rows, self._stats, self._unit, colours=self._colours)

    def _sections(self, metrics: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, list[Row]]]:
        found: dict[str, list[Row]] = {}
        names = sorted(metrics, key=lambda name: (name.partition("{")[0], "{" in name, name))
        for name in names:
            parent = name.partition("{")[0]
            if parent == "checks" or (not self._full and parent in _DETAILS):
                continue
            found.setdefault(_section(parent), []).append(Row(display_name(name), metrics[name]))
        order = ["CUSTOM", *(title for title, _ in _SECTIONS)]
        return [(title, found[title]) for title in order if title in found]

    def _group(self, group: Mapping[str, Any], details: Mapping[str, Any], seconds: float, depth: int) -> list[str]:
        path, name = str(group.get("path", "")), str(group.get("name", ""))
        metrics = fields(fields(details, "groups"), path)
        title = self._title(f"GROUP: {name}") if not depth else f"    ↳ GROUP: {name} "
        margin = "  " * depth
        lines = ["", margin + title, ""]
        lines += [margin + line if line else "" for line in self._part(metrics, items(group, "checks"), seconds)]
        for child in items(group, "groups"):
            lines += self._group(child, details, seconds, depth + 1)
        return lines


def _section(name: str) -> str:
    return next((title for title, beginnings in _SECTIONS if name.startswith(beginnings)), "CUSTOM")


def _all_checks(group: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    checks = items(group, "checks")
    for child in items(group, "groups"):
        checks += _all_checks(child)
    return checks
