"""The files that k6 writes of a run's results: `--summary-export`, in its old and its new form.

Rules: pure functions of the data that handleSummary gets. In the old form a threshold is true when it failed, as k6 has
it; scripts in CI depend on that.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["export", "export_text", "machine_readable"]


def export(data: Mapping[str, Any]) -> dict[str, Any]:
    """The old form: groups, checks and metrics by name, values of a metric side by side with its thresholds."""
    return {
        "metrics": {name: _flat(metric) for name, metric in data.get("metrics", {}).items()},
        "root_group": _group(data.get("root_group", {})),
    }


def export_text(document: Mapping[str, Any]) -> str:
    """A document as the text of the file."""
    return json.dumps(document, indent=4, ensure_ascii=False)


def machine_readable(
    data: Mapping[str, Any], *, script: str, version: str, generated_at: str, execution: str = "local"
) -> dict[str, Any]:
    """The new form (`--new-machine-readable-summary`); `generated_at` in RFC 3339."""
    metrics: Mapping[str, Any] = data.get("metrics", {})
    check_names = ("checks_total", "checks_succeeded", "checks_failed")
    checks = _checks(data.get("root_group", {}))
    rows = [
        {"name": name, "type": metric["type"], "contains": metric["contains"], "values": _renamed(metric)}
        for name, metric in metrics.items()
        if name not in {"checks", *check_names}
    ]
    seconds = data.get("state", {}).get("testRunDurationMs", 0) / 1000
    return {
        "version": "1.0.0",
        "metadata": {"k6Version": version, "generatedAt": generated_at},
        "config": {"script": script, "duration": seconds, "execution": execution},
        "results": {"checks": {"metrics": _check_metrics(metrics, seconds), "results": checks}, "metrics": rows},
    }


def _flat(metric: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(metric.get("values", {}))
    if metric.get("type") == "rate" and "rate" in values:
        values = {"value": values.pop("rate"), **values}
    thresholds = metric.get("thresholds")
    if thresholds:
        values["thresholds"] = {source: not result.get("ok", True) for source, result in thresholds.items()}
    return values


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": group.get("name", ""),
        "path": group.get("path", ""),
        "id": group.get("id", ""),
        "groups": {child["name"]: _group(child) for child in group.get("groups", [])},
        "checks": {check["name"]: dict(check) for check in group.get("checks", [])},
    }


def _renamed(metric: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = dict(metric.get("values", {}))
    if metric.get("type") != "rate":
        return values
    passes, fails = values.get("passes", 0), values.get("fails", 0)
    return {"matches": passes, "total": passes + fails, "rate": values.get("rate", 0)}


def _checks(group: Mapping[str, Any]) -> list[dict[str, Any]]:
    own = cast("list[dict[str, Any]]", group.get("checks", []))
    found = [{"name": each["name"], "passes": each["passes"], "fails": each["fails"]} for each in own]
    for child in group.get("groups", []):
        found += _checks(child)
    return found


def _check_metrics(metrics: Mapping[str, Any], seconds: float) -> list[dict[str, Any]]:
    checks = metrics.get("checks")
    if checks is None:
        return []
    passes, fails = checks["values"].get("passes", 0), checks["values"].get("fails", 0)
    total = passes + fails

    def rate(name: str, matches: float) -> dict[str, Any]:
        values = {"matches": matches, "total": total, "rate": matches / total if total else 0}
        return {"name": name, "type": "rate", "contains": "default", "values": values}

    count = {"count": total, "rate": total / seconds if seconds else 0}
    return [
        {"name": "checks_total", "type": "counter", "contains": "default", "values": count},
        rate("checks_succeeded", passes),
        rate("checks_failed", fails),
    ]
