"""The summary as k6 printed it before version 1.0, and as its library k6-summary prints it.

Rules: pure. Groups with their checks first, then one list of all metrics by name, with a mark before those that have
thresholds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.dialects.k6.summary_lines import Row, check_line, display_name, fields, items, metric_lines, paint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["classic_text"]


def classic_text(data: Mapping[str, Any], stats: Sequence[str], unit: str, *, colours: bool, indent: str) -> str:
    """The old layout; ends with an empty line."""
    lines = _group(fields(data, "root_group"), "    ", colours=colours)
    metrics = fields(data, "metrics")
    names = sorted(metrics, key=lambda name: (name.partition("{")[0], "{" in name, name))
    # Two columns for the mark, which stands right before the name.
    rows = [Row(f"  {display_name(name)}", metrics[name]) for name in names]
    shown = metric_lines(rows, stats, unit, classic=True, colours=colours)
    for name, line in zip(names, shown, strict=True):
        lines.append("  " + _with_mark(line, metrics[name], is_part="{" in name, colours=colours))
    return "".join(f"{indent}{line}\n" if line else "\n" for line in [*lines, ""])


def _with_mark(line: str, metric: Mapping[str, Any], *, is_part: bool, colours: bool) -> str:
    thresholds = fields(metric, "thresholds")
    if not thresholds:
        return line
    ok = all(result.get("ok") for result in thresholds.values())
    mark = paint("✓" if ok else "✗", "green" if ok else "red", on=colours)
    at = 2 if is_part else 0
    return line[:at] + mark + line[at + 1 :]


def _group(group: Mapping[str, Any], indent: str, *, colours: bool) -> list[str]:
    lines: list[str] = []
    if group.get("name"):
        lines += [f"{indent}█ {group['name']}", ""]
        indent += "  "
    checks = items(group, "checks")
    for check in checks:
        lines += check_line(check, indent, colours=colours, deeper=1)
    lines += [""] if checks else []
    for child in items(group, "groups"):
        lines += _group(child, indent, colours=colours)
    return lines
