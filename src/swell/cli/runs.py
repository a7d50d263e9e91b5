"""`swell runs`: the runs of a store: list, show, tag, mark as baseline, export and import, prune.

Rules: results go to stdout. A run is named by its id or the beginning of one, `last`, `last~1`, a tag `key=value`, or
`baseline:NAME`. Nothing that is a baseline is pruned.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from swell.cli import types
from swell.cli.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Generator

    from swell.runs.store import RunStore, StoredRun

__all__ = ["command", "opened"]

_DAY = 86_400.0

_store_option = click.option(
    "--store", metavar="URL", help="The store: a path or postgresql://... Default: .swell/runs.db."
)


@contextlib.contextmanager
def opened(url: str | None) -> Generator[RunStore]:
    """An open store; what is wrong with it, or with the name of a run, is a Mistake."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - heavy

    from swell.runs.store import StoreError, open_store  # noqa: PLC0415 - keeps the help fast

    try:
        store = open_store(url)
        try:
            yield store
        finally:
            store.close()
    except StoreError as error:
        raise Mistake(str(error)) from None
    except SQLAlchemyError as error:
        raise Mistake(f"the store failed: {str(getattr(error, 'orig', None) or error).strip()}") from None


@click.group("runs", context_settings={"max_content_width": 100}, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Look at the runs that were stored."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_runs, store=None, file="", verdict="", tag=None, since=None, limit=20, as_json=False)


@command.command("list")
@_store_option
@click.option("--file", default="", metavar="TEXT", help="Only runs of files with this in their name.")
@click.option("--verdict", default="", metavar="VERDICT", help="Only PASS, WARN, FAIL, INVALID or NONE.")
@click.option("--tag", type=types.PAIR, metavar="K=V", help="Only runs with this tag.")
@click.option("--since", type=types.POSITIVE_DURATION, metavar="TIME", help="Only runs of the last 2h, 7d, ...")
@click.option("--limit", type=click.IntRange(min=1), default=20, metavar="N", help="So many at most. Default: 20.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object.")
def list_runs(store: str | None, limit: int, *, as_json: bool, **filters: Any) -> None:
    """List stored runs, the newest first."""
    with opened(store) as runs:
        since: float | None = filters.pop("since")
        found = runs.list(since=None if since is None else time.time() - since, limit=limit, **filters)
        if as_json:
            click.echo(json.dumps({"runs": [_plain(each) for each in found]}, indent=2))
        elif not found:
            click.echo(f"no runs in {runs.place}", err=True)
        else:
            _print_table(found)


@command.command()
@click.argument("run")
@_store_option
def show(run: str, store: str | None) -> None:
    """Print the summary of a run, as it was printed at its end."""
    from swell.report.console import make_console  # noqa: PLC0415 - keeps the help fast
    from swell.report.terminal import print_summary  # noqa: PLC0415 - as above

    with opened(store) as runs:
        print_summary(runs.run(runs.find(run)), make_console(stderr=False))


@command.command()
@click.argument("run")
@click.argument("pairs", nargs=-1, required=True, type=types.PAIR, metavar="K=V...")
@_store_option
def tag(run: str, pairs: tuple[tuple[str, str], ...], store: str | None) -> None:
    """Set tags of a run; `K=` takes one away."""
    with opened(store) as runs:
        runs.tag(runs.find(run).id, dict(pairs))


@command.command()
@click.argument("run")
@click.option("--name", default="default", metavar="NAME", help="Name of the baseline. Default: default.")
@click.option("--remove", is_flag=True, help="Take the baseline RUN away; the run stays.")
@_store_option
def baseline(run: str, name: str, store: str | None, *, remove: bool) -> None:
    """Mark a run as the one that others are measured against."""
    with opened(store) as runs:
        if remove:
            if not runs.remove_baseline(run):
                raise Mistake(f"there is no baseline {run!r} in {runs.place}.")
            return
        found = runs.find(run)
        if not found.finished:
            raise Mistake(f"{found.id} was cut off: it cannot be a baseline.")
        runs.set_baseline(name, found.id)
        click.echo(f"baseline {name}: {found.id}")


@command.command()
@click.argument("run")
@click.argument("file", type=click.Path(dir_okay=False))
@_store_option
def export(run: str, file: str, store: str | None) -> None:
    """Write a run, with all that was measured, to one FILE."""
    if Path(file).exists():
        raise Mistake(f"{file} is there already.", "Name another file.")
    with opened(store) as runs, opened(file) as target:
        found = runs.find(run)
        runs.copy_to(target, found)
        click.echo(f"{found.id} in {file}")


@command.command("import")
@click.argument("file", type=click.Path(dir_okay=False))
@_store_option
def import_runs(file: str, store: str | None) -> None:
    """Read the runs of a FILE that `export` wrote."""
    if not Path(file).is_file():
        raise Mistake(f"there is no file {file}.")
    with opened(file) as source, opened(store) as runs:
        known = {each.id for each in runs.list()}
        for each in reversed(source.list()):
            if each.id in known:
                click.echo(f"{each.id} is there already", err=True)
            else:
                source.copy_to(runs, each)
                click.echo(each.id)


@command.command()
@click.option("--keep", type=click.IntRange(min=0), metavar="N", help="Keep the newest N.")
@click.option("--older-than", type=types.POSITIVE_DURATION, metavar="TIME", help="Only runs older than 30d, 12h, ...")
@_store_option
def prune(keep: int | None, older_than: float | None, store: str | None) -> None:
    """Delete old runs; never baselines."""
    if keep is None and older_than is None:
        raise Mistake("prune what?", "Give --keep N, --older-than TIME, or both.")
    with opened(store) as runs:
        before = time.time() if older_than is None else time.time() - older_than
        old = [each for each in runs.list()[keep or 0 :] if each.started < before and not each.baselines]
        for each in old:
            runs.delete(each.id)
        click.echo(f"{len(old)} runs deleted")


@command.command()
@click.argument("run")
@_store_option
def delete(run: str, store: str | None) -> None:
    """Delete one run."""
    with opened(store) as runs:
        found = runs.find(run)
        if found.baselines:
            raise Mistake(f"{found.id} is the baseline {', '.join(found.baselines)}.", "Remove that first.")
        runs.delete(found.id)


def _print_table(found: list[StoredRun]) -> None:
    from rich.table import Table  # noqa: PLC0415 - keeps the help fast

    from swell.report.console import make_console  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("run", "started", "verdict", "name", "target", "tags"):
        table.add_column(title, overflow="fold", no_wrap=title in {"run", "started", "verdict"})
    for each in found:
        tags = [f"{key}={value}" for key, value in sorted(each.tags.items())]
        marks = [f"baseline:{name}" for name in each.baselines]
        table.add_row(
            each.id,
            f"{dt.datetime.fromtimestamp(each.started, dt.UTC).astimezone():%Y-%m-%d %H:%M}",
            each.verdict or "cut off",
            each.name,
            each.target,
            " ".join([*marks, *tags]),
        )
    make_console(stderr=False).print(table)
    sys.stdout.flush()


def _plain(run: StoredRun) -> dict[str, object]:
    import msgspec  # noqa: PLC0415 - keeps the help fast

    return {**msgspec.to_builtins(run), "finished": run.finished}
