"""Every single sample in the formats of k6: JSON lines, CSV and the points of InfluxDB.

Rules: what programs that read k6's files expect, names and order included. Samples stand in the order in which the
workers sent them, second by second; their times are exact. What Swell measures besides k6 is left out.
"""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from swell.dialects.k6.modules.http_failures import WORDS
from swell.dialects.k6.options import SYSTEM_TAGS
from swell.dialects.k6.summary_data import NOT_K6
from swell.outputs.base import OutputError
from swell.outputs.files import TextFile, csv_line
from swell.outputs.influxdb import InfluxDb, point_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from swell.outputs.batch import Batch, SeriesFacts

__all__ = ["CsvPoints", "InfluxPoints", "JsonPoints", "time_text"]

_CONTAINS = {"ms": "time", "bytes": "data", "": "default"}
_TIME_FORMATS = ("unix", "unix_milli", "unix_micro", "unix_nano", "rfc3339", "rfc3339_nano")


def time_text(seconds: float, form: str) -> str:
    """A Unix time in one of k6's formats of CSV files."""
    nanoseconds = round(seconds * 1e9)
    match form:
        case "unix_milli":
            return str(nanoseconds // 1_000_000)
        case "unix_micro":
            return str(nanoseconds // 1_000)
        case "unix_nano":
            return str(nanoseconds)
        case "rfc3339":
            return dt.datetime.fromtimestamp(nanoseconds // 10**9, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case "rfc3339_nano":
            return _nano_text(seconds)
        case _:
            return str(nanoseconds // 10**9)


class _PointFile:
    """What both files share."""

    wants_points = True
    every = 1.0

    def __init__(self, kind: str, path: str, system_tags: Sequence[str] | None) -> None:
        self.label = f"{kind} ({path})" if path != "-" else kind
        self._hidden = _hidden(system_tags)
        self.lost = 0
        self._file = TextFile(path)
        self._parts: list[str] = []

    def open(self) -> None:
        """Make the file, empty. OutputError if that cannot be."""
        self._file.open()

    def take(self, batch: Batch) -> None:
        """Turn the samples into lines."""
        self._parts += self._lines(batch)

    def flush(self) -> None:
        """Write them. OutputError if that fails; what was to be written then is not tried again."""
        text, self._parts = "".join(self._parts), []
        try:
            self._file.write(text)
        except OSError as error:
            self.lost += 1
            raise OutputError(f"cannot write: {error.strerror or error}") from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _lines(self, batch: Batch) -> Iterator[str]:
        raise NotImplementedError


class JsonPoints(_PointFile):
    """`json=FILE[.gz]`: a line of type Metric before the first sample of a metric, a line of type Point for each."""

    def __init__(
        self, path: str, thresholds: Mapping[str, Sequence[str]], system_tags: Sequence[str] | None = None
    ) -> None:
        super().__init__("json", path, system_tags)
        self._thresholds = thresholds
        self._seen: set[str] = set()
        self._frames: dict[int, tuple[str, str]] = {}

    def _lines(self, batch: Batch) -> Iterator[str]:
        for number, time, value in _points(batch):
            found = self._frames.get(number)
            if found is None:
                facts = batch.series[number]
                if facts.metric not in self._seen:
                    self._seen.add(facts.metric)
                    yield _line({"type": "Metric", "data": self._head(facts), "metric": facts.metric})
                shown_tags = _tags(facts, self._hidden)
                tags = _line(shown_tags).rstrip("\n") if shown_tags else "null"
                name = json.dumps(facts.metric)
                found = f'{{"metric":{name},"type":"Point","data":{{"time":"', f',"tags":{tags}}}}}\n'
                self._frames[number] = found
            shown = int(value) if value.is_integer() else value
            yield f'{found[0]}{_nano_text(batch.origin + time)}","value":{shown}{found[1]}'

    def _head(self, facts: SeriesFacts) -> dict[str, Any]:
        parts = [name for name in self._thresholds if name.startswith(facts.metric + "{")]
        submetrics = [{"name": name, "suffix": name[len(facts.metric) + 1 : -1], "tags": None} for name in parts]
        return {
            "name": facts.metric,
            "type": facts.kind,
            "contains": _CONTAINS[facts.unit],
            "thresholds": list(self._thresholds.get(facts.metric, ())),
            "submetrics": submetrics or None,
        }


class CsvPoints(_PointFile):
    """`csv=FILE[.gz]`: a column for each enabled system tag, the others in `extra_tags`."""

    def __init__(self, path: str, *, time_format: str = "unix", system_tags: Sequence[str] | None = None) -> None:
        if time_format not in _TIME_FORMATS:
            raise ValueError(f"--out csv: {time_format!r} is no format of times; use {', '.join(_TIME_FORMATS)}")
        super().__init__("csv", path, system_tags)
        self._time_format = time_format
        # `vu` and `iter` are no tags of k6's samples but metadata.
        tags = SYSTEM_TAGS if system_tags is None else system_tags
        self._tags = sorted(set(tags) - {"vu", "iter"})
        self._ends: dict[int, tuple[str, str]] = {}

    @classmethod
    def of(cls, argument: str, env: Mapping[str, str], system_tags: Sequence[str] | None) -> CsvPoints:
        """From the argument of `--out csv=...`: a file, or `fileName=...,timeFormat=...`; ValueError if it is odd."""
        settings = {"fileName": env.get("K6_CSV_FILENAME", "file.csv"), "timeFormat": env.get("K6_CSV_TIME_FORMAT", "")}
        for part in filter(None, argument.split(",")):
            name, equals, value = part.partition("=")
            if not equals:
                settings["fileName"] = name
            elif name in {"fileName", "file_name", "timeFormat", "time_format"}:
                settings["fileName" if name.startswith("file") else "timeFormat"] = value
            elif name not in {"saveInterval", "save_interval"}:
                raise ValueError(f"--out csv: {name} is unknown; use fileName, timeFormat and saveInterval")
        return cls(settings["fileName"], time_format=settings["timeFormat"] or "unix", system_tags=system_tags)

    def open(self) -> None:
        """Make the file with its header."""
        super().open()
        self._parts.append(
            csv_line(["metric_name", "timestamp", "metric_value", *self._tags, "extra_tags", "metadata"])
        )
        self.flush()

    def _lines(self, batch: Batch) -> Iterator[str]:
        for number, time, value in _points(batch):
            found = self._ends.get(number)
            if found is None:
                facts = batch.series[number]
                tags = _tags(facts, self._hidden)
                extra = "&".join(f"{key}={each}" for key, each in tags.items() if key not in self._tags)
                end = csv_line([*(tags.get(tag, "") for tag in self._tags), extra, ""])
                found = self._ends[number] = (csv_line([facts.metric]).rstrip("\n"), end)
            yield f"{found[0]},{time_text(batch.origin + time, self._time_format)},{value:.6f},{found[1]}"


class InfluxPoints(InfluxDb):
    """`influxdb=URL`: each sample a point with the field `value`."""

    wants_points = True
    tags_as_fields: frozenset[str] = frozenset()
    system_tags: Sequence[str] | None = None

    def take(self, batch: Batch) -> None:
        """Turn the samples into lines."""
        heads: dict[int, tuple[str, str]] = {}
        lines: list[str] = []
        for place, (number, time, value) in enumerate(_points(batch)):
            found = heads.get(number)
            if found is None:
                facts = batch.series[number]
                known = _tags(facts, _hidden(self.system_tags))
                tags = {key: each for key, each in known.items() if key not in self.tags_as_fields}
                start = point_line(facts.metric, tags, {"value": 0.0}, 0).removesuffix("value=0.0 0")
                texts = {key: known[key] for key in self.tags_as_fields & known.keys()}
                found = heads[number] = (start, "".join(f",{key}={_field(each)}" for key, each in texts.items()))
            # Equal times of one series would replace each other: the last digits keep them apart.
            moment = round((batch.origin + time) * 1e6) * 1000 + place % 1000
            lines.append(f"{found[0]}value={float(value)!r}{found[1]} {moment}")
        self.add(lines)


def _points(batch: Batch) -> Iterator[tuple[int, float, float]]:
    """Number of the series, seconds from the start of the load, value; of metrics that k6 has."""
    points = batch.points
    hidden = {number for number, facts in enumerate(batch.series) if facts.metric in NOT_K6}
    for number, time, value in zip(points.series.tolist(), points.time.tolist(), points.value.tolist(), strict=True):
        if number not in hidden:
            yield number, time, value


def _hidden(system_tags: Sequence[str] | None) -> frozenset[str]:
    """The system tags that are not enabled, of those that are recorded whether or not they are."""
    return frozenset() if system_tags is None else frozenset(SYSTEM_TAGS) - frozenset(system_tags)


def _tags(facts: SeriesFacts, hidden: frozenset[str]) -> Mapping[str, str]:
    """The tags as k6 has them, without those that are not enabled: the URL of a request is its name."""
    tags = facts.tags
    if facts.metric.startswith("http_req") and (name := tags.get("name", "")):
        tags = {"url": name, **tags}
    if (error := tags.get("error", "")) in WORDS:
        tags = {**tags, "error": WORDS[error]}
    return {tag: value for tag, value in tags.items() if tag not in hidden}


def _nano_text(seconds: float) -> str:
    whole, nanoseconds = divmod(round(seconds * 1e9), 10**9)
    if not nanoseconds:
        return f"{_second_text(whole)}Z"
    return f"{_second_text(whole)}.{nanoseconds:09d}".rstrip("0") + "Z"


@lru_cache(maxsize=64)
def _second_text(whole: int) -> str:
    # Kept: thousands of samples share a second.
    return dt.datetime.fromtimestamp(whole, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _line(document: object) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n"


def _field(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
