"""`swell report RUN`: the HTML report of a stored run.

Rules: writes one file and says where. A run is named as for `swell runs`.
"""

from __future__ import annotations

from pathlib import Path

import click

from swell.cli.mistakes import Mistake
from swell.report.files import problem

__all__ = ["command"]


@click.command("report", context_settings={"max_content_width": 100})
@click.argument("run", default="last")
@click.option("-o", "--output", default="", metavar="FILE", help="Where to write it. Default: RUN.html.")
@click.option("--open", "show", is_flag=True, help="Open it in a browser.")
@click.option("--store", metavar="URL", help="The store: a path or postgresql://... Default: .swell/runs.db.")
def command(run: str, output: str, store: str | None, *, show: bool) -> None:
    """Write the HTML report of a stored run: an id, or the beginning of one, `last` (the default), `last~1`, a tag."""
    from swell.cli.runs import opened  # noqa: PLC0415 - keeps the help fast
    from swell.report.html import write_report  # noqa: PLC0415 - as above

    with opened(store) as runs:
        found = runs.find(run)
        path = Path(output or f"{found.id}.html")
        if trouble := problem(str(path)):
            raise Mistake(f"{path}: {trouble}.")
        record = runs.run(found)
        with runs.metrics(found) as metrics:
            metrics.finish(record.duration)
            try:
                write_report(record, metrics, path)
            except OSError as error:
                raise Mistake(f"{path} cannot be written: {error.strerror or error}.") from None
    click.echo(str(path))
    if show:
        import webbrowser  # noqa: PLC0415 - rarely wanted

        webbrowser.open(path.resolve().as_uri())
