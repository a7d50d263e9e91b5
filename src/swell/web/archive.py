"""The stored runs, for the page: a list with their figures, files of each, the comparison of two.

Rules: reads the run store in threads of the page's server, never in the one that conducts a run, and one heavy job at
a time. Nothing is changed, and no store is made by looking for one. What is wrong is an ArchiveError in words. Texts
are as the store has them: without secrets.
"""

from __future__ import annotations

import contextlib
import csv
import io
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from swell.runs.keeping import NO_STORE
from swell.runs.store import DEFAULT_STORE, StoreError, open_store
from swell.runs.summarize import summarize

if TYPE_CHECKING:
    from collections.abc import Generator

    from swell.metrics.store import MetricStore
    from swell.runs.record import Run
    from swell.runs.store import RunStore, StoredRun
    from swell.web.so_far import SoFar

__all__ = ["FILES", "Archive", "ArchiveError", "archive_of", "endpoints_csv", "safe_cell"]

FILES = ("report.html", "summary.json", "endpoints.csv", "summary.md", "junit.xml")
"""What can be had of each stored run."""

_COLUMNS = ("method", "name", "requests", "failed", "rate", "avg", "min", "p50", "p90", "p95", "p99", "max")
_SHORT = {"p50": "med"}


class ArchiveError(Exception):
    """The message is for people."""


class _Values(msgspec.Struct):
    values: dict[str, float] = {}


class _Totals(msgspec.Struct):
    requests: int = 0
    failed: int = 0
    rate: float = 0.0
    duration: _Values = msgspec.field(default_factory=_Values)


class _Generator(msgspec.Struct):
    users_max: int = 0


class _Figures(msgspec.Struct):
    """As much of a record as its line in the list needs; the rest is not decoded."""

    duration: float = 0.0
    totals: _Totals | None = None
    generator: _Generator = msgspec.field(default_factory=_Generator)


def archive_of(url: str | None) -> Archive | None:
    """The stored runs at the URL that a run is stored at (`keep_run`); None where nothing is kept."""
    return None if url == NO_STORE else Archive(url)


class Archive:
    """The runs of one store; `url` as for `open_store`. Its methods may be called from any thread."""

    def __init__(self, url: str | None = None) -> None:
        self._url = url
        self._store: RunStore | None = None
        self._opening = threading.Lock()
        self._heavy = threading.Lock()
        self._figures: dict[str, dict[str, Any]] = {}

    def close(self) -> None:
        """Let go of the store."""
        with self._opening:
            if self._store is not None:
                self._store.close()
                self._store = None

    def runs(self, limit: int = 100) -> list[dict[str, Any]]:
        """The newest runs with their figures; those of an unfinished run are None."""
        if not self._is_there():
            return []
        with self._opened() as store:
            listed = store.list(limit=limit)
            fresh = [each.id for each in listed if each.finished and each.id not in self._figures]
            if fresh:
                self._figures |= {run_id: _figures(record) for run_id, record in store.records(fresh).items()}
            return [{**_head(each), **self._figures.get(each.id, _NO_FIGURES)} for each in listed]

    def file(self, run_id: str, name: str) -> bytes | None:
        """A file of a run; None if there is no such run or file."""
        if name not in FILES:
            return None
        with self._heavy, self._opened() as store:
            stored = _exact(store, run_id)
            return None if stored is None else _file(store, stored, store.run(stored), name)

    def so_far(self, facts: SoFar) -> bytes | None:
        """The report of the run that goes on, up to its last stored second; None if nothing of it is stored yet."""
        with self._heavy, self._opened() as store:
            stored = _exact(store, facts.run_id)
            if stored is None:
                return None
            with store.metrics(stored) as metrics:
                if not metrics.seconds:
                    return None
                metrics.finish(metrics.seconds)
                outcome = msgspec.structs.replace(facts.outcome, duration=metrics.seconds)
                run = summarize(
                    facts.plan, metrics, outcome, run_id=facts.run_id, workers=facts.workers, command=facts.command
                )
                return _report(facts.judged(run), metrics)

    def compare(self, base_id: str, new_id: str) -> dict[str, Any] | None:
        """The comparison of two runs as texts; None if there is no such run."""
        from swell.report.html.comparison import comparison_table  # noqa: PLC0415 - only where it is wanted

        with self._heavy, self._pair(base_id, new_id) as pair:
            if pair is None:
                return None
            comparison = _compared(*pair)
            table = comparison_table(comparison)
            assert table is not None
            return {
                "verdict": table.verdict,
                "rows": [row._asdict() for row in table.rows],
                "notes": table.notes,
                "needed": getattr(comparison, "needed", None),
            }

    def comparison_report(self, base_id: str, new_id: str) -> bytes | None:
        """The report of the second run with the comparison in it; None if there is no such run."""
        with self._heavy, self._pair(base_id, new_id) as pair:
            if pair is None:
                return None
            _, _, new, new_metrics = pair
            return _report(new, new_metrics, _compared(*pair))

    def _is_there(self) -> bool:
        url = self._url or str(DEFAULT_STORE)
        return url.startswith(("postgresql://", "postgres://")) or Path(url.removeprefix("sqlite:///")).exists()

    @contextlib.contextmanager
    def _opened(self) -> Generator[RunStore]:
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - heavy

        if not self._is_there():
            raise ArchiveError("no run is stored yet")
        try:
            with self._opening:
                store = self._store = self._store or open_store(self._url)
            yield store
        except StoreError as error:
            raise ArchiveError(str(error)) from None
        except (SQLAlchemyError, OSError) as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()
            raise ArchiveError(f"the store failed: {reason[0] if reason else type(error).__name__}") from None

    @contextlib.contextmanager
    def _pair(self, base_id: str, new_id: str) -> Generator[tuple[Run, MetricStore, Run, MetricStore] | None]:
        with self._opened() as store:
            base, new = _exact(store, base_id), _exact(store, new_id)
            if base is None or new is None:
                yield None
                return
            records = store.run(base), store.run(new)
            with store.metrics(base) as base_metrics, store.metrics(new) as new_metrics:
                base_metrics.finish(records[0].duration)
                new_metrics.finish(records[1].duration)
                yield records[0], base_metrics, records[1], new_metrics


def endpoints_csv(run: Run) -> str:
    """The endpoints of a run that is over, one a line; times in milliseconds."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for each in run.endpoints:
        values = {name: each.duration.values.get(_SHORT.get(name, name)) for name in _COLUMNS[5:]}
        row: dict[str, Any] = {
            "method": each.method,
            "name": each.name,
            "requests": each.requests,
            "failed": each.failed,
            "rate": round(each.rate, 3),
            **{name: None if value is None else round(value, 3) for name, value in values.items()},
        }
        writer.writerow([safe_cell(row[column]) for column in _COLUMNS])
    return text.getvalue()


def safe_cell(value: Any) -> Any:
    """No cell that a spreadsheet would take for a formula."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t"}:
        return f"'{value}"
    return "" if value is None else value


_NO_FIGURES: dict[str, Any] = dict.fromkeys(("duration", "users", "requests", "rate", "failed", "p95"))


def _head(stored: StoredRun) -> dict[str, Any]:
    return {
        "id": stored.id,
        "name": stored.name,
        "file": stored.file,
        "target": stored.target,
        "started": stored.started,
        "finished": stored.finished,
        "verdict": stored.verdict,
        "tags": stored.tags,
        "baselines": stored.baselines,
    }


def _figures(record: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(record, type=_Figures)
    except msgspec.MsgspecError:
        return _NO_FIGURES
    totals = found.totals
    return {
        "duration": found.duration,
        "users": found.generator.users_max,
        "requests": 0 if totals is None else totals.requests,
        "rate": None if totals is None else totals.rate,
        "failed": totals.failed / totals.requests if totals is not None and totals.requests else None,
        "p95": None if totals is None else totals.duration.values.get("p95"),
    }


def _exact(store: RunStore, run_id: str) -> StoredRun | None:
    """The run of this very id: no beginning of one, no tag, no `last`."""
    try:
        stored = store.find(run_id)
    except StoreError:  # which says that there is none
        return None
    return stored if stored.id == run_id else None


def _file(store: RunStore, stored: StoredRun, run: Run, name: str) -> bytes:
    if name == "summary.json":
        from swell.report.summary_json import encode_summary  # noqa: PLC0415 - each only where it is wanted

        return encode_summary(run).encode()
    if name == "endpoints.csv":
        return endpoints_csv(run).encode()
    if name == "summary.md":
        from swell.report.markdown import markdown_text  # noqa: PLC0415 - as above

        return markdown_text(run).encode()
    if name == "junit.xml":
        from swell.report.junit import junit_text  # noqa: PLC0415 - as above

        return junit_text(run).encode()
    with store.metrics(stored) as metrics:
        metrics.finish(run.duration)
        return _report(run, metrics)


def _report(run: Run, metrics: MetricStore, comparison: object | None = None) -> bytes:
    from swell.report.html import render  # noqa: PLC0415 - heavy

    return render(run, metrics, comparison).encode()


def _compared(base: Run, base_metrics: MetricStore, new: Run, new_metrics: MetricStore) -> object:
    from swell.analysis.compare import compare  # noqa: PLC0415 - heavy

    return compare(base, base_metrics, new, new_metrics)
