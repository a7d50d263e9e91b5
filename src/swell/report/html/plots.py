"""The plots of a run as Bokeh's JSON: what the page's script turns into pictures.

Rules: the only module that imports bokeh, and it makes data, never script: no callback of ours is in the JSON, so
the page need not allow the browser to evaluate text. Plots over time share one range. Colours are for lines (at
least 3:1 on white and on the dark page); those of text and grids are set by the page's script.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.document import Document
from bokeh.models import (
    AdaptiveTicker,
    BoxAnnotation,
    BoxZoomTool,
    ColumnDataSource,
    DataRange1d,
    FixedTicker,
    HoverTool,
    Label,
    NumeralTickFormatter,
    Range1d,
    Span,
)
from bokeh.plotting import figure

from swell.report.html.distribution import CURVE_TICKS, bars, curve, curve_place
from swell.report.html.series import PERCENTILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from swell.metrics.histogram import Histogram
    from swell.report.html.series import OverTime

__all__ = ["Stage", "plots_json"]

Stage = tuple[str, float, float]
"""Name, start and end in seconds."""

_BLUE, _ORANGE, _RED, _GREEN, _GREY = "#3b7ddd", "#d2700f", "#e0464c", "#1f9d6b", "#8a94a3"
_LINES = {"p50": _BLUE, "p95": _ORANGE, "p99": _RED}
_CLOCK = "00:00:00"
_NUMBER = "0,0.[000]"
_MOST_STAGES = 40
_LONGEST_NAME = 24
_LETTER = 0.011  # of the width of a plot, a little too much

# What bokeh's classes take and give is not typed; Any keeps the noise out of the code below.
_Figure: Any = figure


def plots_json(lines: OverTime, stages: Sequence[Stage], durations: Histogram, latency: Histogram | None) -> Any:
    """{"docs", "items"}: what `Bokeh.embed.embed_items` takes; a plot goes to the element "plot-NAME"."""
    shared = Range1d(start=0, end=lines.end, bounds=(0, lines.end), min_interval=min(2.0 * lines.step, lines.end))
    plots: dict[str, Any] = {"rate": _rate(lines, shared), "times": _times(lines, shared)}
    if any(lines.failed):
        plots["failed"] = _failed(lines, shared)
    if lines.has_users:
        plots["users"] = _users(lines, shared)
    for name, plot in plots.items():
        _mark_stages(plot, stages, lines.end, named=name == "rate")
    if durations.count:
        plots["histogram"] = _histogram(durations)
        plots["curve"] = _curve(durations, latency)
    document: Any = Document(title="")
    for plot in plots.values():
        document.add_root(plot)
    return {
        "docs": {"run": document.to_json(deferred=False)},
        "items": [
            {
                "docid": "run",
                "roots": {plot.id: f"plot-{name}" for name, plot in plots.items()},
                "root_ids": [plot.id for plot in plots.values()],
            }
        ],
    }


def _figure_of(height: int, **options: Any) -> Any:
    plot = _Figure(
        height=height,
        sizing_mode="stretch_width",
        toolbar_location=None,
        tools="",
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border_left=64,
        min_border_right=12,
        min_border_top=6,
        min_border_bottom=28,
        lod_threshold=None,
        **options,
    )
    plot.axis.minor_tick_line_color = None
    plot.axis.axis_line_color = None
    plot.axis.major_tick_line_color = None
    plot.xgrid.grid_line_color = None
    plot.yaxis.formatter = NumeralTickFormatter(format=_NUMBER)
    plot.yaxis.ticker.desired_num_ticks = 4
    return plot


def _over_time(shared: Range1d, height: int) -> Any:
    plot = _figure_of(height, x_range=shared, y_range=DataRange1d(start=0, only_visible=True, range_padding=0.08))
    plot.xaxis.ticker = AdaptiveTicker(base=60, mantissas=[1, 2, 5, 10, 15, 30], min_interval=1, desired_num_ticks=7)
    plot.xaxis.formatter = NumeralTickFormatter(format=_CLOCK)
    zoom = BoxZoomTool(dimensions="width")
    plot.add_tools(zoom)
    plot.toolbar.active_drag = zoom
    return plot


def _source(columns: Mapping[str, Iterable[float]]) -> ColumnDataSource:
    # Single precision: half the size, and finer than any screen.
    return ColumnDataSource({name: np.fromiter(values, np.float32) for name, values in columns.items()})


def _x(lines: OverTime) -> list[float]:
    return [(start + end) / 2 for start, end in zip(lines.starts, lines.ends, strict=True)]


def _hover(plot: Any, renderer: Any, rows: Sequence[tuple[str, str]]) -> None:
    at = ("from", f"@start{{{_CLOCK}}}")
    plot.add_tools(HoverTool(renderers=[renderer], mode="vline", tooltips=[at, *rows], point_policy="snap_to_data"))


def _rate(lines: OverTime, shared: Range1d) -> Any:
    plot = _over_time(shared, 230)
    source = _source({"x": _x(lines), "start": lines.starts, "y": lines.rate, "bad": lines.failed_rate})
    plot.varea(x="x", y1=0, y2="y", source=source, fill_color=_BLUE, fill_alpha=0.1)
    line = plot.line("x", "y", source=source, color=_BLUE, line_width=1.8)
    _hover(plot, line, [("requests", "@y{0,0.[0]}/s"), ("failed", "@bad{0,0.[00]}/s")])
    return plot


def _failed(lines: OverTime, shared: Range1d) -> Any:
    plot = _over_time(shared, 170)
    share = [0.0 if math.isnan(each) else each for each in lines.failed_share]
    source = _source({"x": _x(lines), "start": lines.starts, "y": lines.failed_rate, "share": share})
    plot.varea(x="x", y1=0, y2="y", source=source, fill_color=_RED, fill_alpha=0.12)
    line = plot.line("x", "y", source=source, color=_RED, line_width=1.8)
    _hover(plot, line, [("failed", "@y{0,0.[00]}/s"), ("of all", "@share{0.[00] %}")])
    return plot


def _users(lines: OverTime, shared: Range1d) -> Any:
    plot = _over_time(shared, 170)
    source = _source({"x": _x(lines), "start": lines.starts, "y": lines.users})
    line = plot.step("x", "y", source=source, mode="center", color=_GREEN, line_width=1.8)
    _hover(plot, line, [("users", "@y{0,0}")])
    return plot


def _times(lines: OverTime, shared: Range1d) -> Any:
    plot = _over_time(shared, 260)
    columns: dict[str, Iterable[float]] = {"x": _x(lines), "start": lines.starts, "max": lines.maxima()}
    for name, q in PERCENTILES.items():
        values, supported = lines.percentile(q), lines.supported(q)
        columns[name] = values
        columns[f"{name}_good"], columns[f"{name}_weak"] = _by_support(values, supported)
    source = _source(columns)
    plot.line("x", "max", source=source, color=_GREY, line_width=1, legend_label="max", visible=False)
    first = None
    for name, color in _LINES.items():
        plot.line("x", f"{name}_good", source=source, color=color, line_width=1.8, legend_label=name)
        plot.line(
            "x",
            f"{name}_weak",
            source=source,
            color=color,
            line_width=1.4,
            line_dash=[3, 3],
            line_alpha=0.75,
            legend_label=name,
        )
        # Seen by the pointer only: it has every point, of both kinds.
        first = first or plot.line("x", name, source=source, line_alpha=0)
    unit = "{0,0.[00]} ms"
    _hover(plot, first, [(name, f"@{name}{unit}") for name in (*PERCENTILES, "max")])
    _legend(plot)
    return plot


def _legend(plot: Any) -> None:
    plot.legend.click_policy = "hide"
    plot.legend.orientation = "horizontal"
    plot.legend.border_line_color = None
    plot.legend.background_fill_alpha = 0
    plot.legend.padding = 2
    plot.legend.spacing = 14
    plot.legend.margin = 0
    plot.add_layout(plot.legend[0], "above")


def _by_support(values: Sequence[float], supported: Sequence[bool]) -> tuple[list[float], list[float]]:
    """Two lines: the supported points, and the others together with their neighbours, so that no gap is left."""
    good = [value if fine else math.nan for value, fine in zip(values, supported, strict=True)]
    weak = [
        value if not all(supported[max(place - 1, 0) : place + 2]) else math.nan for place, value in enumerate(values)
    ]
    return good, weak


def _mark_stages(plot: Any, stages: Sequence[Stage], end: float, *, named: bool) -> None:
    shown = [(name, start, min(until, end)) for name, start, until in stages[:_MOST_STAGES] if start < end]
    for at in sorted({start for _, start, _ in shown if start > 0}):
        plot.add_layout(Span(location=at, dimension="height", line_color=_GREY, line_dash=[2, 3], line_alpha=0.8))
    if any(later[1] < earlier[2] for earlier, later in pairwise(shown)):
        # Stages of several workloads at once: their bands and names would lie on each other.
        return
    for place, (name, start, until) in enumerate(shown):
        if place % 2:
            plot.add_layout(BoxAnnotation(left=start, right=until, fill_color=_GREY, fill_alpha=0.08, level="image"))
        # Names only where they fit.
        text = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
        if named and until - start > len(text) * _LETTER * end:
            plot.add_layout(_name_of_stage(text, start))


def _name_of_stage(text: str, at: float) -> Label:
    return Label(
        x=at, y=4, y_units="screen", x_offset=5, text=_plain(text), text_font_size="11px", text_baseline="bottom"
    )


def _plain(text: str) -> str:
    """A label that is never taken for a formula."""
    return text.replace("$$", "$\u200b$").replace("\\", "\\\u200b")


def _histogram(durations: Histogram) -> Any:
    found = bars(durations)
    plot = _figure_of(240, x_axis_type="log", y_range=DataRange1d(start=0, range_padding=0.08))
    plot.xaxis.formatter = NumeralTickFormatter(format="0,0.[0000]")
    source = _source({"left": found.left, "right": found.right, "count": found.counts})
    quads = plot.quad(
        left="left",
        right="right",
        bottom=0,
        top="count",
        source=source,
        fill_color=_BLUE,
        fill_alpha=0.75,
        line_color=None,
    )
    tips = [("from", "@left{0,0.[000]} ms"), ("to", "@right{0,0.[000]} ms"), ("requests", "@count{0,0}")]
    plot.add_tools(HoverTool(renderers=[quads], mode="vline", tooltips=tips))
    for name, q in PERCENTILES.items():
        value = durations.percentile(q)
        if durations.supports(q) and value > 0:
            plot.add_layout(Span(location=value, dimension="height", line_color=_LINES[name], line_width=1.5))
    plot.xaxis.axis_label = "response time in ms, logarithmic"
    return plot


def _curve(durations: Histogram, latency: Histogram | None) -> Any:
    plot = _figure_of(240, y_range=DataRange1d(start=0, range_padding=0.08))
    shown = [("response time", durations, _BLUE), ("from the intended start", latency, _ORANGE)]
    for name, histogram, color in shown:
        if histogram is None:
            continue
        percentiles, values = curve(histogram)
        source = _source({"x": map(curve_place, percentiles), "q": percentiles, "y": values})
        line = plot.line("x", "y", source=source, color=color, line_width=1.8, legend_label=name)
        tips = [(name, "@y{0,0.[00]} ms"), ("percentile", "@q{0.[000]}")]
        plot.add_tools(HoverTool(renderers=[line], mode="vline", tooltips=tips))
    if latency is not None:
        _legend(plot)
    else:
        plot.legend.visible = False
    places = {curve_place(q): text for q, text in CURVE_TICKS.items()}
    plot.xaxis.ticker = FixedTicker(ticks=list(places))
    plot.xaxis.major_label_overrides = places
    plot.xgrid.grid_line_color = "#808080"
    plot.xaxis.axis_label = "percentile"
    return plot
