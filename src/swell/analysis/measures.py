"""Measures: which number of which metric is compared, and whether more of it is better.

Rules: pure data. A measure is written METRIC or METRIC:STATISTIC, with short names for the usual ones. A metric of
whose numbers nobody knows whether more is better must say so: METRIC:STATISTIC:up (more is better) or :down.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

import msgspec

from swell.metrics.builtin import BUILTIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.model.metrics_view import MetricKind

__all__ = ["DEFAULT_MEASURES", "Measure", "MeasureError", "parse_measures"]

_SHORT = {
    "p50": ("http_req_duration", "p50"),
    "median": ("http_req_duration", "p50"),
    "med": ("http_req_duration", "p50"),
    "avg": ("http_req_duration", "avg"),
    "mean": ("http_req_duration", "avg"),
    "rate": ("http_reqs", "rate"),
    "rps": ("http_reqs", "rate"),
    "failures": ("http_req_failed", "rate"),
    "errors": ("http_req_failed", "rate"),
}
_PERCENTILE = re.compile(r"p\(?(\d{1,2}(?:\.\d+)?)\)?")
_MORE_IS_BETTER = {"http_reqs", "iterations", "checks", "ws_msgs_received", "ws_msgs_sent", "ws_sessions"}
_LESS_IS_BETTER = {"http_req_failed", "dropped_iterations", "script_errors"}
_USUAL: dict[str, tuple[str, ...]] = {"trend": ("p50", "p95", "avg"), "counter": ("rate",), "rate": ("rate",)}


class MeasureError(ValueError):
    """The message is for people."""

    for_people = True


class Measure(msgspec.Struct, frozen=True):
    """One number of one metric. `statistic`: "avg" or "p95" of a trend, "rate" of a counter (per second) or a rate."""

    metric: str
    statistic: str
    more_is_better: bool = False

    @property
    def text(self) -> str:
        """As reports name it: `http_req_duration p95`."""
        return f"{self.metric} {self.statistic}"

    @property
    def percentile(self) -> float | None:
        """Which percentile (0 to 100) it is; None if it is none."""
        found = _PERCENTILE.fullmatch(self.statistic)
        return float(found[1]) if found is not None else None

    @property
    def least_samples(self) -> int:
        """Below so many samples a block says nothing."""
        quantile = self.percentile
        if quantile is None:
            return 5
        return max(5, round(100.0 / (100.0 - max(quantile, 100.0 - quantile))))


DEFAULT_MEASURES = (
    Measure("http_req_duration", "p50"),
    Measure("http_req_duration", "p95"),
    Measure("http_req_duration", "avg"),
    Measure("http_reqs", "rate", more_is_better=True),
    Measure("http_req_failed", "rate"),
)
"""What is compared when nobody asks for something else."""


def parse_measures(
    text: str,
    kind_of: Callable[[str], MetricKind | None],
    known: set[str],
    is_time: Callable[[str], bool] = lambda _: False,
) -> list[Measure]:
    """The measures that one text means. Raises MeasureError.

    `kind_of` gives the kind of a metric that a run has, `is_time` whether it is a time (of which less is better),
    `known` are the names to suggest.
    """
    name, _, rest = text.strip().partition(":")
    if percentile := _PERCENTILE.fullmatch(name):
        name, rest = "http_req_duration", f"p{percentile[1]}" + (f":{rest}" if rest else "")
    elif name in _SHORT:
        name, rest = _SHORT[name][0], _SHORT[name][1] + (f":{rest}" if rest else "")
    kind = kind_of(name) or (BUILTIN[name].kind if name in BUILTIN else None)
    if kind is None:
        close = difflib.get_close_matches(name, sorted({*known, *_SHORT, *BUILTIN}), n=1)
        raise MeasureError(
            f"no run has a metric {name!r}"
            + (f"; did you mean {close[0]}?" if close else "; try p95, avg, rate, failures or the name of a metric")
        )
    if kind == "gauge":
        raise MeasureError(f"{name} is a gauge: it has no samples that could be compared")
    statistic, _, direction = rest.partition(":")
    if statistic in {"up", "down"} and not direction:
        statistic, direction = "", statistic
    better = _direction(text, name, direction, time=is_time(name))
    return [Measure(name, one, better) for one in _statistics(text, kind, statistic)]


def _statistics(text: str, kind: MetricKind, statistic: str) -> tuple[str, ...]:
    if not statistic:
        return _USUAL[kind]
    usual = {"median": "p50", "med": "p50", "mean": "avg"}.get(statistic, statistic)
    if kind != "trend":
        if usual != "rate":
            raise MeasureError(f"{text}: a {kind} has a rate, and nothing else that could be compared")
        return ("rate",)
    if usual == "avg":
        return ("avg",)
    found = _PERCENTILE.fullmatch(usual)
    if found is None or float(found[1]) <= 0:
        raise MeasureError(f"{text}: {statistic!r} is no statistic; write avg, p50, p95, p99, p99.9")
    return (f"p{found[1]}",)


def _direction(text: str, name: str, direction: str, *, time: bool) -> bool:
    if direction in {"up", "down"}:
        return direction == "up"
    if direction:
        raise MeasureError(f"{text}: {direction!r} is no direction; write up (more is better) or down")
    if name in _MORE_IS_BETTER:
        return True
    if time or name in _LESS_IS_BETTER or (name in BUILTIN and BUILTIN[name].is_time):
        return False
    raise MeasureError(
        f"{text}: is more of it better or worse? Write {name}:STATISTIC:up (more is better) or {name}:STATISTIC:down"
    )
