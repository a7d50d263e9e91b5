"""Metrics as Prometheus knows them: names, labels, samples, and the text that a scrape gets.

Rules: pure. A counter is `swell_NAME_total`, a rate two counters that differ in the label `outcome`, a gauge a gauge,
a trend a summary with `_count`, `_sum` and quantiles of the last seconds (quantile 1 is the maximum). Times are
seconds, sizes bytes, and the names say so. In the manner of k6 the names are those of its remote write output.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from swell.outputs.batch import Row
    from swell.outputs.cumulative import State

__all__ = ["Sample", "exposition", "k6_samples", "label_name", "samples_of"]

QUANTILES = (0.5, 0.9, 0.95, 0.99, 1.0)
_NAME = re.compile(r"[^a-zA-Z0-9_:]")
_LABEL = re.compile(r"[^a-zA-Z0-9_]")
_UNITS = {"ms": "_seconds", "bytes": "_bytes"}


class Sample(NamedTuple):
    """One time series at one moment; `family` and `type` belong to the text that a scrape gets."""

    name: str
    labels: dict[str, str]
    value: float
    family: str = ""
    type: str = "gauge"


def samples_of(states: Iterable[State], prefix: str = "swell_") -> list[Sample]:
    """All samples in Swell's own names."""
    found: list[Sample] = []
    for total, recent in states:
        facts, values = total.series, total.values
        base = metric_name(prefix + facts.metric + _UNITS.get(facts.unit, ""))
        labels = labels_of(facts.tags)
        scale = 0.001 if facts.unit == "ms" else 1.0
        match facts.kind:
            case "counter":
                found.append(Sample(f"{base}_total", labels, values.sum * scale, f"{base}_total", "counter"))
            case "gauge":
                found.append(Sample(base, labels, values.last * scale, base, "gauge"))
            case "rate":
                for outcome, count in (("true", values.passes), ("false", values.fails)):
                    mine = {**labels, "outcome": outcome}
                    found.append(Sample(f"{base}_total", mine, float(count), f"{base}_total", "counter"))
            case "trend":
                found += _summary(base, labels, total, recent, scale)
    return found


def k6_samples(states: Iterable[State], trend_stats: Sequence[str], prefix: str = "k6_") -> list[Sample]:
    """All samples as k6 names them: counters `_total`, rates `_rate`, one gauge for each statistic of a trend."""
    found: list[Sample] = []
    for total, _ in states:
        facts, values = total.series, total.values
        base, labels = metric_name(prefix + facts.metric), labels_of(facts.tags)
        scale = 0.001 if facts.unit == "ms" else 1.0
        match facts.kind:
            case "counter":
                found.append(Sample(f"{base}_total", labels, values.sum))
            case "gauge":
                found.append(Sample(base, labels, values.last))
            case "rate":
                found.append(Sample(f"{base}_rate", labels, values.rate))
            case "trend":
                for stat in trend_stats:
                    value = _stat(total, stat)
                    if math.isfinite(value):
                        factor = 1.0 if stat == "count" else scale
                        found.append(Sample(f"{base}_{_stat_name(stat)}", labels, value * factor))
    return found


def exposition(samples: Sequence[Sample]) -> str:
    """The text format, each family once."""
    families: dict[str, list[Sample]] = {}
    for sample in samples:
        families.setdefault(sample.family or sample.name, []).append(sample)
    lines: list[str] = []
    for family, own in families.items():
        lines.append(f"# TYPE {family} {own[0].type}")
        lines += [f"{sample.name}{_label_text(sample.labels)} {_value_text(sample.value)}" for sample in own]
    return "".join(f"{line}\n" for line in lines)


def metric_name(name: str) -> str:
    """A name with only the letters that are allowed."""
    return _NAME.sub("_", name)


def label_name(name: str) -> str:
    """A label with only the letters that are allowed; those with two underscores in front are not ours to use."""
    name = _LABEL.sub("_", name)
    if name.startswith("__"):
        name = name.lstrip("_") or "tag"
    return f"_{name}" if name[:1].isdigit() else name


def labels_of(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags as labels, sorted by name."""
    return dict(sorted((label_name(name), value) for name, value in tags.items()))


def _summary(base: str, labels: dict[str, str], total: Row, recent: Row | None, scale: float) -> list[Sample]:
    found: list[Sample] = []
    if recent is not None:
        for quantile in QUANTILES:
            value = recent.values.percentile(quantile * 100)
            found.append(Sample(base, {**labels, "quantile": f"{quantile:g}"}, value * scale, base, "summary"))
    found.append(Sample(f"{base}_sum", labels, total.values.sum * scale, base, "summary"))
    found.append(Sample(f"{base}_count", labels, float(total.values.count), base, "summary"))
    return found


def _stat(row: Row, stat: str) -> float:
    values = row.values
    match stat:
        case "count":
            return float(values.count)
        case "sum" | "min" | "max" | "avg" | "med":
            return float(getattr(values, stat))
        case _:
            try:
                return values.percentile(float(stat.removeprefix("p(").removesuffix(")")))
            except ValueError:
                return math.nan


def _stat_name(stat: str) -> str:
    return stat.replace("(", "").replace(")", "").replace(".", "")


def _label_text(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _value_text(value: float) -> str:
    return "NaN" if math.isnan(value) else repr(float(value))
