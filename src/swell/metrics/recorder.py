"""The recorder: what one worker measures, from single rows to one snapshot a second.

Rules: `add_request`, `add_connect` and `add_sample` are the hot path: each is one bound C function that
takes one tuple and does nothing else; their layouts are fixed here. Everything else is cold. The recorder
reads no clock and allocates no cycles. Metrics derived from requests are never recorded twice: their series
come from the request rows and tags.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from swell.metrics.binning import KINDS, RequestSeries, bin_requests, bin_samples
from swell.metrics.buckets import Floats
from swell.metrics.builtin import BUILTIN, REQUEST_METRICS, Kind
from swell.metrics.failures import ErrorGroups
from swell.metrics.frame import Frame, concat
from swell.metrics.points import Points, pack_points, points_of
from swell.metrics.redaction import redact_url
from swell.metrics.rows import RowBuffer
from swell.metrics.snapshot import SeriesDefinition, Snapshot
from swell.metrics.tags import EMPTY, TagSet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from swell.metrics.failures import ErrorGroup

__all__ = ["MAX_SERIES", "OTHER_NAMES", "MetricError", "Recorder", "Waiting"]

MAX_SERIES = 10_000
"""Request series, and sample series, that one worker keeps apart; more would grow without end."""

OTHER_NAMES = "(other names)"
"""The tag `name` of requests beyond `MAX_SERIES`."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_END, _CONNECT_END, _SAMPLE_TIME = 2, 1, 1


class MetricError(ValueError):
    """A metric that cannot be: its name is no name, or taken by a metric of another kind."""


class Waiting(NamedTuple):
    """What is in no snapshot yet. The rows are as they were added, good until more is; errors have no example."""

    requests: Floats
    samples: Floats
    errors: list[ErrorGroup]


class Recorder:
    """All measurements of one worker. Times are hub times (s); `origin` is that of the start of the run.

    `add_request((series, start, end, lag, sending, waiting, receiving, bytes_out, bytes_in))`: a request
    series, seconds and bytes; `lag` is the schedule lag in seconds. `add_connect((series, end, blocked,
    looking_up, connecting, tls_handshaking))`: beside the request's row (same `series` and `end`), only for
    requests that did not find an open connection at once; seconds. `add_sample((series, time, value))`: a
    series from `series`, the hub time, the value (times in milliseconds). Values that are no finite numbers
    are left out and counted in the snapshot. `keep_points`: snapshots hold every single sample too;
    `first_points`: else the first so many samples of trends.
    """

    __slots__ = (
        "_base",
        "_beside",
        "_connects",
        "_errors",
        "_failed",
        "_first_points",
        "_flushed",
        "_keep_points",
        "_kind_of",
        "_kinds",
        "_new",
        "_numbers",
        "_request_numbers",
        "_request_tags",
        "_requests",
        "_samples",
        "_sent",
        "_warned",
        "_warnings",
        "add_connect",
        "add_request",
        "add_sample",
        "flushes",
        "origin",
    )

    add_request: Callable[[tuple[float, ...]], None]
    add_connect: Callable[[tuple[float, ...]], None]
    add_sample: Callable[[tuple[float, ...]], None]

    def __init__(self, origin: float = 0.0, *, keep_points: bool = False, first_points: int = 0) -> None:
        self.origin = origin
        self._keep_points = keep_points
        self._first_points = first_points
        self._requests = RowBuffer(9)
        self._connects = RowBuffer(6)
        self._samples = RowBuffer(3)
        self.add_request = self._requests.add
        self.add_connect = self._connects.add
        self.add_sample = self._samples.add
        self._request_numbers: dict[TagSet, int] = {}
        self._request_tags: list[TagSet] = []
        self._beside: dict[tuple[int, str], int] = {}
        self._numbers: dict[tuple[str, TagSet], int] = {}
        self._kind_of: dict[str, Kind] = {}
        # By request series: the first derived series, failed, and sent (see binning.RequestSeries).
        self._base: list[int] = []
        self._failed: list[int] = []
        self._sent: list[int] = []
        # By series: the kind as a number.
        self._kinds: list[int] = []
        self._new: list[SeriesDefinition] = []
        self._errors = ErrorGroups()
        self._warnings: list[str] = []
        self._warned: set[str] = set()
        self._flushed = 0
        self.flushes = 0
        """How often `flush` has been called."""

    def request_series(self, tags: TagSet, *, sent: bool = True) -> int:
        """The number of the request series with these tags (name, method, status, expected_response, ...).

        `sent` False: failures before anything was sent. They count as requests and as failed, but have no duration.
        """
        found = self._request_numbers.get(tags)
        if found is not None:
            return found
        if len(self._base) >= MAX_SERIES and tags.get("name") != OTHER_NAMES:
            self._warn(
                f"more than {MAX_SERIES:,} different requests in one worker: the rest is counted under the "
                f'name "{OTHER_NAMES}"; give requests with changing URLs one name'
            )
            few = {key: tags.get(key) for key in ("method", "status", "expected_response") if tags.get(key)}
            if not sent:
                few["error"] = tags.get("error")
            return self.request_series(TagSet.of({**few, "name": OTHER_NAMES}), sent=sent)
        number = len(self._base)
        self._request_numbers[tags] = number
        self._request_tags.append(tags)
        self._base.append(len(self._kinds))
        expected = tags.get("expected_response")
        self._failed.append(-1 if not expected else int(expected == "false"))
        self._sent.append(int(sent))
        self._new.append(SeriesDefinition(len(self._kinds), "", "trend", True, _without_secrets(tags)))
        self._kinds.extend(KINDS.index(BUILTIN[metric].kind) for metric in REQUEST_METRICS)
        return number

    def beside(self, request_series: int, metric: str) -> int:
        """The number of a counter's series with the tags of a request series, for `add_sample`.

        There are no more of them than of those, so they do not count for the `MAX_SERIES` of samples.
        """
        found = self._beside.get((request_series, metric))
        if found is None:
            found = self._beside[request_series, metric] = len(self._kinds)
            self._kinds.append(KINDS.index("counter"))
            tags = _without_secrets(self._request_tags[request_series])
            self._new.append(SeriesDefinition(found, metric, "counter", False, tags))
        return found

    def series(self, metric: str, kind: Kind, tags: TagSet, *, is_time: bool = False) -> int:
        """The number of the series of a metric with these tags, for `add_sample`.

        MetricError when the name is no name or belongs to a metric of another kind.
        """
        found = self._numbers.get((metric, tags))
        if found is not None and self._kind_of[metric] == kind:
            return found
        self._check(metric, kind)
        if len(self._numbers) >= MAX_SERIES and tags is not EMPTY:
            self._warn(
                f"more than {MAX_SERIES:,} different series of metrics in one worker: further samples lose their tags"
            )
            return self.series(metric, kind, EMPTY, is_time=is_time)
        builtin = BUILTIN.get(metric)
        number = len(self._kinds)
        self._numbers[metric, tags] = number
        self._kind_of[metric] = kind
        self._kinds.append(KINDS.index(kind))
        self._new.append(SeriesDefinition(number, metric, kind, builtin.is_time if builtin else is_time, tags.items))
        return number

    def add_error(self, kind: str, message: str, tags: TagSet, example: Mapping[str, Any] | None) -> None:
        """Count an error under (kind, message, name, method); the first example of each is kept, without secrets."""
        self._errors.add(kind, message, tags.get("name"), tags.get("method"), example)

    def absorb(self) -> None:
        """Prepare the rows added so far, in about 0.2 ms per 1,000 requests.

        Never needed, but `flush` stalls the worker the less the fewer rows are left for it: call it some 20
        times a second.
        """
        self._requests.absorb()
        self._connects.absorb()
        self._samples.absorb()

    def flush(self, until: float = math.inf) -> Snapshot:
        """Everything that ended before `until` and was in no snapshot yet; later rows stay.

        Called at whole seconds from `origin`, and once more without a time when nothing follows.
        """
        requests = self._requests.take(_END, until)
        connects = self._connects.take(_CONNECT_END, until)
        samples = self._samples.take(_SAMPLE_TIME, until)
        newest = self._newest(until, requests[:, _END], samples[:, _SAMPLE_TIME])
        known = RequestSeries(
            np.array(self._base, np.int64), np.array(self._failed, np.int64), np.array(self._sent, np.int64)
        )
        frame, rejected = bin_requests(requests, connects, known, self.origin, newest)
        if len(samples):
            frame = concat([frame, self._bin(samples, newest)])
        snapshot = Snapshot(
            newest,
            self._new,
            frame,
            self._errors.take(newest),
            rejected=rejected + self._rejected(),
            warnings=self._warnings,
        )
        if self._keep_points or self._first_points:
            snapshot.points = self._points(points_of(requests, connects, samples, known, self.origin))
        self._new = []
        self._warnings = []
        self._flushed = newest + 1
        self.flushes += 1
        return snapshot

    # For those who cannot wait for the next snapshot. Nothing is taken away by it.

    def waiting(self) -> Waiting:
        """What the next snapshots will be made of, if nothing follows; in about 10 µs beside `absorb`."""
        return Waiting(self._requests.held(), self._samples.held(), self._errors.untaken(self._flushed))

    def described(self, first: int = 0) -> list[tuple[dict[str, str], bool]]:
        """Tags, as snapshots have them, and `sent` of the request series from number `first` on."""
        return [
            (dict(_without_secrets(tags)), bool(sent))
            for tags, sent in zip(self._request_tags[first:], self._sent[first:], strict=True)
        ]

    def counters_beside(self, metric: str) -> dict[int, int]:
        """Of the series of a metric that `beside` gave: number -> that of its request series."""
        return {number: series for (series, own), number in self._beside.items() if own == metric}

    def _points(self, points: Points) -> bytes:
        if not self._keep_points:
            trends = np.array(self._kinds, np.int64) == KINDS.index("trend")
            mine = trends[points.series]
            points = Points(points.series[mine], points.time[mine], points.value[mine])
            # Part of a second is of no use: whoever wants exact values wants all of them.
            if len(points.series) > self._first_points:
                self._first_points = 0
                return b""
            self._first_points -= len(points.series)
        return pack_points(points)

    def _newest(self, until: float, *times: np.ndarray[Any, np.dtype[np.float64]]) -> int:
        if until == math.inf:
            last = max((float(part.max()) for part in times if len(part)), default=self.origin)
            return max(math.floor(last - self.origin), self._flushed, 0)
        # A whole number of seconds may come out a hair above it.
        return max(math.ceil(until - self.origin - 1e-6) - 1, 0)

    def _bin(self, samples: np.ndarray[Any, np.dtype[np.float64]], newest: int) -> Frame:
        number = samples[:, 0].astype(np.int64)
        kinds = np.array(self._kinds, np.int64)
        second = np.clip(np.floor(samples[:, 1] - self.origin), 0, newest).astype(np.int64)
        # A gauge that comes late would be added to its own second a second time, where a sum over workers
        # is due.
        late_gauge = (kinds[number] == KINDS.index("gauge")) & (second < self._flushed)
        second[late_gauge] = min(self._flushed, newest)
        return bin_samples(number, second, samples[:, 2], kinds)

    def _rejected(self) -> int:
        buffers = (self._requests, self._connects, self._samples)
        total = sum(buffer.rejected for buffer in buffers)
        for buffer in buffers:
            buffer.rejected = 0
        return total

    def _check(self, metric: str, kind: Kind) -> None:
        if _NAME.fullmatch(metric) is None:
            raise MetricError(
                f"{metric!r} is no name for a metric: use up to 128 letters, digits and underscores, no digit first"
            )
        builtin = BUILTIN.get(metric)
        taken = builtin.kind if builtin else self._kind_of.get(metric, kind)
        if taken != kind:
            raise MetricError(f"the metric {metric} is a {taken} already and cannot be a {kind} too")

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._warnings.append(text)


def _without_secrets(tags: TagSet) -> tuple[tuple[str, str], ...]:
    """What leaves the worker: a name made of a URL may hold a token in its query."""
    return tuple((key, redact_url(value) if "?" in value or "@" in value else value) for key, value in tags.items)
