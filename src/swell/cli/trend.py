"""`swell trend METRIC`: one figure over the stored runs, and where it changed.

Rules: results go to stdout; a change is information, never an exit code: one method on few runs is no judge.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Any

import click

from swell.cli import types
from swell.cli.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from swell.analysis.history import History
    from swell.analysis.measures import Measure
    from swell.runs.record import Run
    from swell.runs.store import RunStore

__all__ = ["command"]

_BAR = 24


@click.command("trend", context_settings={"max_content_width": 100})
@click.argument("metric", default="p95")
@click.option("--endpoint", default="", metavar="NAME", help="Of this endpoint. Default: of all requests.")
@click.option("-n", "most", type=types.whole(2, 500), default=50, metavar="N", help="The newest N runs. Default: 50.")
@click.option("--file", default="", metavar="TEXT", help="Only runs of files with this in their name.")
@click.option("--tag", type=types.PAIR, metavar="K=V", help="Only runs with this tag.")
@click.option("--since", type=types.POSITIVE_DURATION, metavar="TIME", help="Only runs of the last 2h, 7d, ...")
@click.option("--margin", type=types.SHARE, default="5%", metavar="SHARE", help="Smaller changes do not matter.")
@click.option("--force", is_flag=True, help="Also runs of other loads than the newest.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object.")
@click.option("--store", metavar="URL", help="The store: a path or postgresql://... Default: .swell/runs.db.")
def command(metric: str, **values: Any) -> None:
    """Show METRIC over the stored runs, the newest last, and where it changed.

    METRIC is p95 (the default), p50, p99, avg, rate, failures, or the name of a metric, such as
    iteration_duration:p95.

    \b
    swell trend p99 --endpoint /search --since 30d
    """  # noqa: D301 - a backspace is how click keeps lines apart
    from swell.analysis.history import history_of  # noqa: PLC0415 - heavy
    from swell.analysis.measures import MeasureError  # noqa: PLC0415 - as above
    from swell.cli.runs import opened  # noqa: PLC0415 - as above

    with opened(values["store"]) as store:
        try:
            newest = next((run for run, _ in _records(store, values)), None)
            if newest is None:
                raise Mistake(f"no finished run in {store.place} fits.", "`swell runs` lists what is there.")
            history = history_of(
                _records(store, values),
                _measure(metric, newest),
                endpoint=values["endpoint"],
                most=values["most"],
                margin=values["margin"],
                any_load=values["force"],
            )
        except MeasureError as error:
            raise Mistake(f"{error}.") from None
        if not history.points:
            known = ", ".join(f"{each.method} {each.name}".strip() for each in newest.endpoints[:8])
            where = f" of {values['endpoint']}" if values["endpoint"] else ""
            raise Mistake(f"no run has {history.metric}{where}.", f"The newest run has {known}." if known else "")
    if values["as_json"]:
        import msgspec  # noqa: PLC0415 - keeps the help fast

        click.echo(msgspec.json.format(msgspec.json.encode(history), indent=2).decode())
    else:
        _print(history)


def _records(store: RunStore, values: dict[str, Any]) -> Iterator[tuple[Run, str]]:
    """Records of finished runs and their commits, the newest first."""
    since = values["since"]
    found = store.list(
        file=values["file"],
        tag=values["tag"],
        since=None if since is None else time.time() - since,
        limit=20 * values["most"],
    )
    for stored in found:
        if stored.finished:
            yield store.run(stored), stored.commit


def _measure(text: str, newest: Run) -> Measure:
    """The one measure that is meant; of a metric without a statistic the usual one."""
    from swell.analysis.measures import parse_measures  # noqa: PLC0415 - heavy

    kinds = {metric.name: metric for metric in newest.metrics}

    def is_time(name: str) -> bool:
        return name in kinds and kinds[name].unit == "ms"

    found = parse_measures(text, lambda name: kinds[name].type if name in kinds else None, set(kinds), is_time)
    return next((one for one in found if one.statistic == "p95"), found[0])


def _print(history: History) -> None:
    from rich.table import Table  # noqa: PLC0415 - keeps the help fast
    from rich.text import Text  # noqa: PLC0415 - as above

    from swell.report.comparison_words import figure_text  # noqa: PLC0415 - as above
    from swell.report.console import make_console, marks_for  # noqa: PLC0415 - as above
    from swell.report.figures import plural, signed_share  # noqa: PLC0415 - as above

    console = make_console(stderr=False)
    full = marks_for(console).bars[-1]
    console.print(Text(f" {history.metric}", style="bold").append(f"  {history.endpoint or 'the whole run'}", "dim"))
    console.print()
    table = Table(box=None, pad_edge=True, header_style="dim")
    for title in ("run", "started", "commit", "value", "", ""):
        table.add_column(title, no_wrap=True, justify="right" if title == "value" else "left")
    most = max(point.value for point in history.points)
    changes = {change.place: change for change in history.changes}
    for place, point in enumerate(history.points):
        change = changes.get(place)
        remark = Text()
        if change is not None:
            size = signed_share(change.after / change.before - 1) if change.before else "from nothing"
            words = f"{size}: from about {figure_text(history.metric, change.before)}"
            words += f" to {figure_text(history.metric, change.after)} (p = {change.p:.3f})"
            remark = Text(words, style="red" if change.worse else "green")
        table.add_row(
            point.run,
            f"{dt.datetime.fromtimestamp(point.started, dt.UTC).astimezone():%Y-%m-%d %H:%M}",
            point.commit[:8],
            figure_text(history.metric, point.value),
            full * max(round(_BAR * point.value / most), 1) if most > 0 else "",
            remark,
        )
    console.print(table)
    console.print()
    lines = [f"{plural(count, 'run')} left out: {reason}" for reason, count in history.skipped.items()]
    if len(history.points) < 10:
        lines.append("fewer than about ten runs cannot show a change")
    elif not history.changes:
        lines.append("no change")
    for line in lines:
        console.print(Text(f" {line}", style="dim"))
