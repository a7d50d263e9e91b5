"""The whole page: gathers tables, words and plots, and puts them into the template.

Rules: autoescaping is on; the only raw texts are the package's own style and scripts, Bokeh's script from its
wheel, and JSON in which no "<" is left. The page's policy (CSP) allows exactly these scripts, by their hashes, and
no request to anywhere. Lists that a test can make endless are cut, and say so.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import jinja2
from markupsafe import Markup

from swell.model.units import format_count, format_duration, format_rate
from swell.report.figures import WEAK_MARK, milliseconds, share
from swell.report.html import facts, rows, sentences
from swell.report.html.comparison import comparison_table
from swell.report.html.distribution import table_percentiles
from swell.report.html.series import endpoint_lines, generator_line, over_time
from swell.report.html.sparkline import sparkline
from swell.report.whole import write_whole

if TYPE_CHECKING:
    from swell.metrics.histogram import Histogram
    from swell.metrics.store import MetricStore
    from swell.report.html.series import OverTime
    from swell.runs.record import Run

__all__ = ["render", "write_report"]

_FOLDER = Path(__file__).parent
_TABLE_ROWS = 60


def write_report(run: Run, store: MetricStore, path: Path, *, comparison: object | None = None) -> None:
    """Write the report of a run to `path`. The store must still be open. OSError if the file cannot be written.

    Without rows in the store (the record of an old run) the report has its tables, and says why it has no plots.
    """
    write_whole(path, render(run, store, comparison))


def render(run: Run, store: MetricStore, comparison: object | None = None) -> str:
    """The report as the text of an HTML file."""
    lines = over_time(store)
    durations, latency = _histogram(store, "http_req_duration"), None
    if run.totals is not None and run.totals.latency is not None:
        latency = _histogram(store, "http_req_latency")
    plots, bokeh = (_plots(run, lines, durations, latency), _bokeh()) if lines is not None else ("", "")
    own = [metric for metric in run.metrics if not metric.builtin]
    scripts = {name: Markup(_text(f"{name}.js")) for name in ("theme", "report", "plots")}  # noqa: S704 - our own
    scripts["bokeh"] = Markup(bokeh)  # noqa: S704 - from bokeh's wheel
    return _template().render(
        run=run,
        policy=_policy(scripts.values()),
        style=Markup(_text("style.css")),  # noqa: S704 - our own
        scripts=scripts,
        plots=Markup(plots),  # noqa: S704 - JSON without "<"
        headline=facts.headline(run),
        figures=facts.key_figures(run),
        criteria=rows.criterion_rows(run.thresholds),
        comparison=comparison_table(comparison),
        facts=facts.run_facts(run),
        workloads=_workloads(run),
        generator=facts.generator_facts(run),
        trouble=facts.generator_trouble(run),
        generator_lines=_generator_lines(store),
        stages=[stage for stage in facts.stages_of(run) if lines is not None and stage[1] < lines.end],
        lines=lines,
        unread=_unread(store, lines),
        words=_words(lines, durations),
        table=_table(lines),
        percentiles=_percentiles(durations, latency),
        endpoints=rows.endpoint_rows(run, endpoint_lines(store)),
        total=rows.endpoint_row(run.totals) if run.totals is not None else None,
        phases=rows.phase_rows(run),
        bars=rows.phase_bars(run),
        errors=rows.error_rows(run.errors),
        checks=sorted(run.checks, key=lambda check: (-check.fails, check.group, check.name))[: rows.MOST_ROWS],
        groups=[(group, rows.trend_cells(group.duration)) for group in run.groups[: rows.MOST_ROWS]],
        metrics=[(metric, rows.metric_values(metric)) for metric in own[: rows.MOST_ROWS]],
        own_metrics=own,
        has_weak=any(endpoint.duration.weak for endpoint in run.endpoints),
    )


def _histogram(store: MetricStore, metric: str) -> Histogram | None:
    found = store.totals(metric)
    return found.histogram if found is not None else None


def _unread(store: MetricStore, lines: OverTime | None) -> int:
    """Requests that are in the totals and whose seconds are lost: a full disk, or a store that was closed."""
    found = store.totals("http_reqs")
    return 0 if found is None or lines is None else max(round(found.sum) - sum(lines.requests), 0)


def _plots(run: Run, lines: OverTime, durations: Histogram | None, latency: Histogram | None) -> str:
    from swell.metrics.histogram import EMPTY_HISTOGRAM  # noqa: PLC0415 - beside the next
    from swell.report.html.plots import plots_json  # noqa: PLC0415 - loads bokeh, which takes half a second

    found = plots_json(lines, facts.stages_of(run), durations or EMPTY_HISTOGRAM, latency)
    # Inside of a script element nothing but "<" could end it.
    return json.dumps(found, separators=(",", ":")).replace("<", "\\u003c")


@lru_cache(maxsize=1)
def _bokeh() -> str:
    """The core of BokehJS: no widgets, tables, formulas or WebGL."""
    import bokeh  # noqa: PLC0415 - heavy

    path = Path(bokeh.__file__).parent / "server" / "static" / "js" / "bokeh.min.js"
    return path.read_text(encoding="utf-8").replace("</script", "<\\/script")


@lru_cache
def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    cast("Any", environment).filters |= {
        "count": format_count,
        "duration": format_duration,
        "rate": format_rate,
        "share": share,
        "ms": milliseconds,
        "clock": sentences.clock,
    }
    return environment.get_template("report.html.j2")


def _policy(scripts: Any) -> str:
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts if text
    )
    # Styles by attribute and by script are needed for bars and by bokeh; they cannot load anything here.
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _workloads(run: Run) -> list[dict[str, Any]]:
    plans = {workload.name: workload for workload in run.plan.workloads}
    return [
        {
            "name": done.name,
            "words": facts.workload_words(plans[done.name]) if done.name in plans else done.model,
            "model": done.model,
            "planned": "-" if done.planned is None else format_count(round(done.planned)),
            "started": format_count(done.started),
            "dropped": format_count(done.dropped),
            "bad": done.dropped > 0,
            "iterations": format_count(done.iterations),
            "users": format_count(done.peak_users),
            "lag": rows.trend_cells(done.lag)[2].text if done.lag is not None else "-",
        }
        for done in run.workloads
    ]


def _generator_lines(store: MetricStore) -> list[tuple[str, str, Markup]]:
    """(name, highest value, line)."""
    found: list[tuple[str, str, Markup]] = []
    for name, key, words in (("CPU", "cpu", share), ("Event loop lag", "loop_lag_ms", milliseconds)):
        values = generator_line(store, key)
        if len(values) > 1:
            top = words(max(value for value in values if math.isfinite(value)))
            found.append((name, top, sparkline(values, f"{name} over time, at most {top}", width=240)))
    return found


def _words(lines: OverTime | None, durations: Histogram | None) -> dict[str, str]:
    if lines is None:
        return {}
    words = {
        "rate": sentences.rate_words(lines),
        "failed": sentences.failed_words(lines),
        "users": sentences.users_words(lines),
    }
    if durations is not None and durations.count:
        words |= {
            "times": sentences.times_words(lines, durations),
            "histogram": sentences.histogram_words(durations),
        }
    return words


def _table(lines: OverTime | None) -> list[list[str]]:
    """What the plots over time show, as rows."""
    if lines is None:
        return []
    lines = lines.coarser(_TABLE_ROWS)
    return [
        [
            sentences.clock(lines.starts[place]),
            format_rate(lines.rate[place]),
            format_count(lines.failed[place]),
            format_count(lines.users[place]),
            *(
                ("" if histogram.supports(q) or not histogram.count else WEAK_MARK)
                + milliseconds(histogram.percentile(q))
                for q in (50, 95, 99, 100)
            ),
        ]
        for place, histogram in enumerate(lines.histograms)
    ]


def _percentiles(durations: Histogram | None, latency: Histogram | None) -> list[tuple[str, str, str]]:
    """(percentile, response time, from the intended start)."""
    if durations is None:
        return []
    late = {q: milliseconds(value) for q, value in table_percentiles(latency)} if latency is not None else {}
    found = [(f"p{q:g}", milliseconds(value), late.get(q, "")) for q, value in table_percentiles(durations)]
    return [*found, ("max", milliseconds(durations.max), milliseconds(latency.max) if latency is not None else "")]
