"""The plugins metrics-by-endpoint and apdex: counters and histograms beside those of all requests.

Rules: endpoints are grouped by the URL as the script writes it, templates and all, as the plugin does by default. Names
are worked out once per step.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from swell.dialects.artillery.flow.values import number_of
from swell.http.urls import split_url

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.dialects.artillery.metrics import MetricSink
    from swell.http.response import Response

__all__ = ["Apdex", "Endpoints"]

_TOTAL: Final = re.compile(r"total;dur=([0-9.]+)", re.IGNORECASE)
_SPLIT: Final = re.compile(r"(https?://[^/?#]*)?([^?#]*)(\?[^#]*)?")


class Endpoints:
    """metrics-by-endpoint with its options. `grouped`: names come from the script's URLs."""

    def __init__(self, options: Mapping[str, Any], target: str) -> None:
        self.prefix = str(options.get("metricsNamespace") or "plugins.metrics-by-endpoint")
        self.grouped = _flag(options.get("groupDynamicURLs"), default=True)
        self._only_names = _flag(options.get("useOnlyRequestNames"))
        self._strip = _flag(options.get("stripQueryString"))
        self._ignore_unnamed = _flag(options.get("ignoreUnnamedRequests"))
        self._target = _host(target)
        self._names: dict[tuple[str, int], tuple[str, str]] = {}

    def name(self, url: str, request_name: str) -> str:
        """What a request is called; "" if it is not counted."""
        if self._only_names and request_name:
            return request_name
        if not request_name and self._ignore_unnamed:
            return ""
        found = _SPLIT.match(url)
        origin, path, query = found.groups() if found else ("", url, "")
        shown = unquote((path or "/") + ("" if self._strip else query or ""))
        host, port = _host(origin or "")
        if host and host != self._target[0]:
            shown = host + (f":{port}" if port != self._target[1] else "") + shown
        elif host and port != self._target[1]:
            shown = f":{port}{shown}"
        return f"{shown} ({request_name})" if request_name else shown

    def count(self, metrics: MetricSink, name: str, status: int, time: float, response: Response) -> None:
        """One response."""
        key = (name, status)
        names = self._names.get(key)
        if names is None:
            names = f"{self.prefix}.{name}.codes.{status}", f"{self.prefix}.response_time.{name}"
            if len(self._names) < 10_000:
                self._names[key] = names
        metrics.timed(*names, time)
        timing = response.field("server-timing")
        if timing is not None:
            total = _TOTAL.search(timing)
            metrics.histogram(f"{self.prefix}.server-timing.{name}", float(total[1]) if total else -1.0)


class Apdex:
    """The apdex plugin: `threshold` in milliseconds, compared with the time until the body has come."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.threshold = number_of(options.get("threshold")) or 500.0

    def count(self, vu: Vuser, response: Response) -> None:
        """One response."""
        timings = response.timings
        time = (timings.blocked + timings.duration) * 1000.0
        if time <= self.threshold:
            vu.metrics.counter("apdex.satisfied")
        elif time <= self.threshold * 4:
            vu.metrics.counter("apdex.tolerated")
        else:
            vu.metrics.counter("apdex.frustrated")


def _flag(value: Any, *, default: bool = False) -> bool:
    return default if value is None else value is True or value == "true"


def _host(url: str) -> tuple[str, int]:
    try:
        target = split_url(url)
    except ValueError:
        return "", 0
    return target.host, target.port
