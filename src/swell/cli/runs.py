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
from swell.model.units import plural

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.table import Table

    from swell.runs.store import RunStore, StoredRun

__all__ = ["command", "opened"]

_DAY = 86_400.0

_store_option = click.option(
    "--store", metavar="URL", help="The store: a path or postgresql://... Default: .swell/runs.db."
)


@contextlib.contextmanager
def opened(url: str | None, *, new: bool = False) -> Generator[RunStore]:
    """An open store; what is wrong with it, or with the name of a run, is a Mistake.

    A store that was named must be there, unless it may be `new`: a name with a slip is no empty store.
    """
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - heavy

    from swell.runs.store import StoreError, open_store, sqlite_path  # noqa: PLC0415 - keeps the help fast

    path = sqlite_path(url) if url and not new else None
    if path is not None and not path.exists():
        raise Mistake(f"there is no store {path}.", "The default is .swell/runs.db in the folder of the tests.")
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
@click.option(
    "--verdict",
    type=click.Choice(["PASS", "WARN", "FAIL", "INVALID", "NONE"], case_sensitive=False),
    metavar="VERDICT",
    help="Only PASS, WARN, FAIL, INVALID or NONE.",
)
@click.option("--tag", type=types.PAIR, metavar="K=V", help="Only runs with this tag.")
@click.option("--since", type=types.POSITIVE_DURATION, metavar="TIME", help="Only runs of the last 2h, 7d, ...")
@click.option("--limit", type=types.whole(1), default=20, metavar="N", help="So many at most. Default: 20.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object.")
def list_runs(store: str | None, limit: int, *, as_json: bool, **filters: Any) -> None:
    """List stored runs, the newest first."""
    with opened(store) as runs:
        since: float | None = filters.pop("since")
        verdict = filters.pop("verdict") or ""
        after = None if since is None else time.time() - since
        found = runs.list(since=after, verdict=verdict, limit=limit, **filters)
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
@click.argument("run", required=False)
@click.option("--name", metavar="NAME", help="Name of the baseline. Default: default.")
@click.option("--remove", is_flag=True, help="Take the baseline of this name away; the run stays.")
@_store_option
def baseline(run: str | None, name: str | None, store: str | None, *, remove: bool) -> None:
    """Mark a run as the one that others are measured against."""
    if run is None and not remove:
        raise Mistake("baseline of what?", "Name a run: swell runs baseline last.")
    with opened(store) as runs:
        if remove:
            _remove_baseline(runs, run, name)
            return
        assert run is not None
        found = runs.find(run)
        if not found.finished:
            raise Mistake(f"{found.id} was cut off: it cannot be a baseline.")
        runs.set_baseline(name or "default", found.id)
        click.echo(f"baseline {name or 'default'}: {found.id}")


def _remove_baseline(runs: RunStore, word: str | None, name: str | None) -> None:
    """Take a baseline away: the one of this name, else the one that `word` names, else the default."""
    wanted = name or word or "default"
    if not runs.remove_baseline(wanted):
        known = sorted({mark for each in runs.list() for mark in each.baselines})
        raise Mistake(
            f"there is no baseline {wanted!r} in {runs.place}.",
            f"There is {', '.join(known)}." if known else "There is none at all.",
        )
    click.echo(f"baseline {wanted} taken away")


@command.command()
@click.argument("run")
@click.argument("file", type=click.Path(dir_okay=False))
@_store_option
def export(run: str, file: str, store: str | None) -> None:
    """Write a run, with all that was measured, to one FILE."""
    if Path(file).exists():
        raise Mistake(f"{file} is there already.", "Name another file.")
    with opened(store) as runs:
        found = runs.find(run)  # before the file is there
        with opened(file, new=True) as target:
            runs.copy_to(target, found)
        click.echo(f"{found.id} in {file}")


@command.command("import")
@click.argument("file", type=click.Path(dir_okay=False))
@_store_option
def import_runs(file: str, store: str | None) -> None:
    """Read the runs of a FILE that `export` wrote."""
    if not Path(file).is_file():
        raise Mistake(f"there is no file {file}.")
    if not Path(file).stat().st_size:
        raise Mistake(f"{file} is empty.", "Name a file that `swell runs export` wrote.")
    with opened(file) as source, opened(store, new=True) as runs:
        if not source.list():
            raise Mistake(f"there is no run in {file}.", "Name a file that `swell runs export` wrote.")
        known = {each.id for each in runs.list()}
        for each in reversed(source.list()):
            if each.id in known:
                click.echo(f"{each.id} is there already", err=True)
            else:
                source.copy_to(runs, each)
                click.echo(each.id)


@command.command()
@click.option("--keep", type=types.whole(0), metavar="N", help="Keep the newest N.")
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
        click.echo(f"{plural(len(old), 'run')} deleted")


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
    from swell.report.console import make_console  # noqa: PLC0415 - keeps the help fast
    from swell.report.tables import natural_width, print_whole  # noqa: PLC0415 - as above

    console = make_console(stderr=False)
    table = _table(found, started=True)
    if natural_width(table, console) > console.width:
        table = _table(found, started=False)  # the run's id begins with it
    print_whole(table, console)
    sys.stdout.flush()


def _table(found: list[StoredRun], *, started: bool) -> Table:
    from rich.table import Table  # noqa: PLC0415 - keeps the help fast

    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("run", *(["started"] if started else []), "verdict", "name", "target", "tags"):
        table.add_column(title, no_wrap=True)
    for each in found:
        tags = [f"{key}={value}" for key, value in sorted(each.tags.items())]
        marks = [f"baseline:{name}" for name in each.baselines]
        begun = f"{dt.datetime.fromtimestamp(each.started, dt.UTC).astimezone():%Y-%m-%d %H:%M}"
        table.add_row(
            each.id,
            *([begun] if started else []),
            each.verdict or "cut off",
            each.name,
            each.target,
            " ".join([*marks, *tags]),
        )
    return table


def _plain(run: StoredRun) -> dict[str, object]:
    import msgspec  # noqa: PLC0415 - keeps the help fast

    return {**msgspec.to_builtins(run), "finished": run.finished}
