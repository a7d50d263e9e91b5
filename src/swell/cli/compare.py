"""`swell compare BASE NEW` says what has become worse, `swell compare --aa FILE` how much this machine varies.

Rules: results go to stdout. A run is named as for `swell runs`, by its name, or by a file that `swell runs export`
wrote. Exit codes: 0, 1 REGRESSED (with --strict also INCONCLUSIVE), 2 wrong use, 3 INVALID.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from swell.cli import types
from swell.cli.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from swell.analysis.comparison import CompareOptions, Comparison
    from swell.analysis.measures import Measure
    from swell.metrics.store import MetricStore
    from swell.runs.record import Run
    from swell.runs.store import RunStore, StoredRun

__all__ = ["command", "find_run", "options_of"]


@click.command("compare", context_settings={"max_content_width": 100})
@click.argument("runs", nargs=-1, metavar="[BASE] [NEW]")
@click.option(
    "--margin", type=types.SHARE, default="5%", metavar="SHARE", help="Smaller changes do not matter. Default: 5%."
)
@click.option(
    "--failure-margin",
    type=types.SHARE,
    default="0.1%",
    metavar="SHARE",
    help="The same for the share of failures, in percentage points. Default: 0.1%.",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME[:STAT]",
    help="Compare this: p99, avg, rate, failures, a metric, http_req_waiting:p95. Repeatable.",
)
@click.option("--endpoint", "endpoints", multiple=True, metavar="NAME", help="Only this endpoint. Repeatable.")
@click.option("--warm-up", type=types.DURATION, metavar="TIME", help="Leave out so much. Default: a tenth of the run.")
@click.option("--block", type=types.POSITIVE_DURATION, metavar="TIME", help="Length of a block. Default: by the runs.")
@click.option("--force", is_flag=True, help="Compare also runs of different loads, machines, or worth.")
@click.option("--strict", is_flag=True, help="Exit with 1 also for INCONCLUSIVE.")
@click.option("--all", "every", is_flag=True, help="Show all figures of a long list.")
@click.option("--json", "json_path", default="", metavar="FILE", help="Write the comparison as JSON; - is stdout.")
@click.option("--markdown", default="", metavar="FILE", help="Write the comparison as Markdown.")
@click.option("--html", default="", metavar="FILE", help="Write the HTML report of NEW with the comparison in it.")
@click.option("--store", metavar="URL", help="The store: a path or postgresql://... Default: .swell/runs.db.")
@click.option("--aa", default="", metavar="FILE", help="Run this test several times and tell how much it varies.")
@click.option("--pairs", type=types.whole(2), default=5, metavar="N", help="With --aa: pairs. Default: 5.")
@click.option("--duration", type=types.POSITIVE_DURATION, metavar="TIME", help="With --aa: how long each run takes.")
def command(runs: tuple[str, ...], aa: str, **values: Any) -> int:
    """Compare the run NEW with the run BASE. By default `last` is compared with `baseline`.

    Runs are ids or beginnings of them, names, tags (`release=2.4`), `baseline`, `last`, `last~1`, or exported
    files. With --aa, options of `swell run` may follow after `--`.

    \b
    swell compare baseline last --margin 10%
    swell compare release=2.3 release=2.4 --markdown summary.md
    swell compare --aa loadtest.py --pairs 5 --duration 1m -- -H https://test.example.org -u 50
    """  # noqa: D301 - a backspace is how click keeps lines apart
    _check_files(values)
    if aa:
        from swell.cli.compare_noise import measure_noise  # noqa: PLC0415 - keeps the help fast

        return measure_noise(aa, runs, values)
    if len(runs) > 2:
        raise Mistake(f"compare takes two runs, not {len(runs)}.", "Options of a run belong to --aa FILE only.")
    base, new = (*runs, *("baseline", "last")[len(runs) :])
    return _compare(base, new, values)


def _compare(base_name: str, new_name: str, values: dict[str, Any]) -> int:
    from swell.analysis.compare import compare  # noqa: PLC0415 - heavy

    with (
        find_run(base_name, values["store"]) as (base_store, base_found),
        find_run(new_name, values["store"]) as (new_store, new_found),
    ):
        base, new = base_store.run(base_found), new_store.run(new_found)
        with base_store.metrics(base_found) as base_metrics, new_store.metrics(new_found) as new_metrics:
            base_metrics.finish(base.duration)
            new_metrics.finish(new.duration)
            options = options_of(values, (new_metrics, base_metrics))
            comparison = compare(base, base_metrics, new, new_metrics, options)
            _write(comparison, new, new_metrics, values)
    return _exit_code(comparison, strict=values["strict"])


def options_of(values: dict[str, Any], stores: Sequence[MetricStore]) -> CompareOptions:
    """The options of a comparison from those of the command. Raises Mistake for unknown metrics."""
    from swell.analysis.comparison import CompareOptions  # noqa: PLC0415 - heavy
    from swell.analysis.measures import DEFAULT_MEASURES  # noqa: PLC0415 - as above

    measures = tuple(_measures(values["metrics"], stores)) or DEFAULT_MEASURES
    return CompareOptions(
        margin=values["margin"],
        share_margin=values["failure_margin"],
        measures=measures,
        endpoints=values["endpoints"],
        warm_up=values["warm_up"],
        block=values["block"],
        force=values["force"],
    )


def _measures(texts: Sequence[str], stores: Sequence[MetricStore]) -> list[Measure]:
    from swell.analysis.measures import MeasureError, parse_measures  # noqa: PLC0415 - heavy

    known = {name for store in stores for name in store.known_metrics()}
    found: dict[Measure, None] = {}
    for text in texts:
        try:
            measures = parse_measures(
                text,
                lambda name: next((kind for store in stores if (kind := store.metric_type(name))), None),
                known,
                lambda name: any(store.is_time(name) for store in stores),
            )
        except MeasureError as error:
            raise Mistake(f"--metric: {error}.") from None
        found.update(dict.fromkeys(measures))
    return list(found)


@contextlib.contextmanager
def find_run(name: str, store: str | None) -> Generator[tuple[RunStore, StoredRun]]:
    """The store and the run that `name` means, in the store or in an exported file. Raises Mistake."""
    from swell.cli.runs import opened  # noqa: PLC0415 - keeps the help fast
    from swell.runs.store import StoreError  # noqa: PLC0415 - as above

    if _is_file(name):
        with opened(name) as runs:
            found = runs.list(limit=2)
            if len(found) != 1:
                raise Mistake(
                    f"{name} holds {'several runs' if found else 'no run'}.",
                    "Export one run into a file: swell runs export RUN FILE.",
                )
            yield runs, found[0]
        return
    with opened(store) as runs:
        try:
            found_run = runs.find(name)
        except StoreError:
            # Not an id and nothing special: the newest run of this name, or the baseline of this name.
            listed = runs.list()
            named = [each for each in listed if each.name == name or name in each.baselines]
            if not named:
                raise
            found_run = named[0]
        yield runs, found_run


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # no name of a file can be so long
        return False


def _check_files(values: dict[str, Any]) -> None:
    from swell.report.files import problem  # noqa: PLC0415 - keeps the help fast

    for option in ("json_path", "markdown", "html"):
        path = values[option]
        if path and path != "-" and (trouble := problem(path)):
            raise Mistake(f"--{option.removesuffix('_path')} {path}: {trouble}.", "Name a file that can be written.")


def _write(comparison: Comparison, new: Run, metrics: MetricStore, values: dict[str, Any]) -> None:
    from swell.report.comparison_console import print_comparison  # noqa: PLC0415 - keeps the help fast
    from swell.report.comparison_json import comparison_json  # noqa: PLC0415 - as above
    from swell.report.comparison_markdown import comparison_markdown  # noqa: PLC0415 - as above
    from swell.report.console import make_console  # noqa: PLC0415 - as above

    to_stdout = values["json_path"] == "-"
    print_comparison(comparison, make_console(stderr=to_stdout), every=values["every"])
    if to_stdout:
        click.echo(comparison_json(comparison), nl=False)
    elif values["json_path"]:
        _to_file(values["json_path"], comparison_json(comparison))
    if values["markdown"]:
        _to_file(values["markdown"], comparison_markdown(comparison))
    if values["html"]:
        from swell.report.html import write_report  # noqa: PLC0415 - heavy

        path = Path(values["html"])
        try:
            write_report(new, metrics, path, comparison=comparison)
        except OSError as error:
            raise Mistake(f"{path} cannot be written: {error.strerror or error}.") from None


def _to_file(path: str, text: str) -> None:
    from swell.report.whole import write_whole  # noqa: PLC0415 - keeps the help fast

    try:
        write_whole(Path(path), text)
    except OSError as error:
        raise Mistake(f"{path} cannot be written: {error.strerror or error}.") from None


def _exit_code(comparison: Comparison, *, strict: bool) -> int:
    from swell.analysis.comparison import Change  # noqa: PLC0415 - keeps the help fast
    from swell.model.verdict import EXIT_FAIL, EXIT_INVALID, EXIT_OK  # noqa: PLC0415 - as above

    match comparison.verdict:
        case Change.REGRESSED:
            return EXIT_FAIL
        case Change.INVALID:
            return EXIT_INVALID
        case Change.INCONCLUSIVE:
            return EXIT_FAIL if strict else EXIT_OK
        case _:
            return EXIT_OK
