"""`swell compare --aa FILE`: runs one test again and again and tells how much its figures vary by themselves.

Rules: each run is a process of its own, as people start them, one after the other; they are stored in a temporary
folder and forgotten. A run that fails its thresholds counts, one that proves nothing does not.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from swell.cli.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.analysis.comparison import CompareOptions, Comparison
    from swell.analysis.noise import Noise
    from swell.runs.store import RunStore

__all__ = ["measure_noise"]

_USELESS = 0.5  # a margin above it is no margin
_GOOD = {0, 1}  # a threshold that fails says nothing about noise


def measure_noise(file: str, options: Sequence[str], values: dict[str, Any]) -> int:
    """Run FILE twice for each pair and tell what differs. Raises Mistake. `options`: more for `swell run`."""
    for name in ("markdown", "html"):
        if values[name]:
            raise Mistake(f"--aa has no --{name}.", "It can write JSON: --json FILE.")
    arguments = [file, *options]
    if values["duration"] is not None:
        arguments += ["-t", f"{values['duration']:g}s"]
    _check(arguments)
    pairs = values["pairs"]
    with tempfile.TemporaryDirectory(prefix="swell-aa-") as folder:
        store = str(Path(folder) / "runs.db")
        for number in range(2 * pairs):
            click.echo(f"run {number + 1} of {2 * pairs}", err=True)
            _run([*arguments, "-q", "--store", store], Path(folder))
        comparisons = _comparisons(store, pairs, values)
    return _tell(comparisons, values)


def _check(arguments: Sequence[str]) -> None:
    """What is wrong with the options of a run is said before anything runs. Raises Mistake."""
    from swell.cli.run import command  # noqa: PLC0415 - keeps the help fast

    try:
        params = command.make_context("swell run", list(arguments)).params
    except click.ClickException as error:
        raise Mistake(error.format_message(), "What stands after -- are options of `swell run`.") from None
    if params["store"] or params["no_store"] or params["json_path"] == "-":
        raise Mistake("--store, --no-store and --json - cannot be given to the runs of --aa.")


def _run(arguments: Sequence[str], folder: Path) -> None:
    log = folder / "run.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", "swell", "run", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            code = process.wait()
        except BaseException:
            # Ctrl-C reached the run as well, and it ends by itself; whatever else happened, nothing stays behind.
            process.terminate()
            process.wait()
            raise
    if code not in _GOOD:
        said = log.read_text(encoding="utf-8", errors="replace").strip()
        raise Mistake(f"a run ended with exit code {code}:\n{said[-2000:]}", "Run it alone: swell run FILE.")


def _comparisons(url: str, pairs: int, values: dict[str, Any]) -> list[Comparison]:
    from swell.cli.compare import options_of  # noqa: PLC0415 - each imports the other
    from swell.cli.runs import opened  # noqa: PLC0415 - heavy

    with opened(url, new=True) as store:
        runs = store.list()[::-1]
        if len(runs) != 2 * pairs:
            raise Mistake(
                f"only {len(runs)} of {2 * pairs} runs were stored.", "Is there room in the temporary folder?"
            )
        couples = zip(runs[::2], runs[1::2], strict=True)
        return [_compared(store, base.id, new.id, values, options_of) for base, new in couples]


def _compared(store: RunStore, base_id: str, new_id: str, values: dict[str, Any], options_of: Any) -> Comparison:
    from swell.analysis.compare import compare  # noqa: PLC0415 - heavy

    base_found, new_found = store.find(base_id), store.find(new_id)
    base, new = store.run(base_found), store.run(new_found)
    with store.metrics(base_found) as base_metrics, store.metrics(new_found) as new_metrics:
        base_metrics.finish(base.duration)
        new_metrics.finish(new.duration)
        options: CompareOptions = options_of(values, (new_metrics, base_metrics))
        return compare(base, base_metrics, new, new_metrics, options)


def _tell(comparisons: Sequence[Comparison], values: dict[str, Any]) -> int:
    import msgspec  # noqa: PLC0415 - keeps the help fast

    from swell.analysis.noise import noise_of  # noqa: PLC0415 - as above
    from swell.model.verdict import EXIT_INVALID, EXIT_OK  # noqa: PLC0415 - as above

    try:
        noise = noise_of(comparisons)
    except ValueError as error:
        reasons = dict.fromkeys(reason for each in comparisons for reason in [*each.reasons, *each.notes])
        click.echo("\n".join([f"Error: {error}.", *reasons]), err=True)
        return EXIT_INVALID
    text = msgspec.json.format(msgspec.json.encode(noise), indent=2).decode()
    _print(noise, stderr=values["json_path"] == "-")
    if values["json_path"] == "-":
        click.echo(text)
    elif values["json_path"]:
        try:
            Path(values["json_path"]).write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise Mistake(f"{values['json_path']} cannot be written: {error.strerror or error}.") from None
    return EXIT_OK


def _print(noise: Noise, *, stderr: bool) -> None:
    from rich.text import Text  # noqa: PLC0415 - keeps the help fast

    from swell.report import tables  # noqa: PLC0415 - as above
    from swell.report.comparison_words import difference_text, metric_text  # noqa: PLC0415 - as above
    from swell.report.console import make_console  # noqa: PLC0415 - as above
    from swell.report.figures import plural  # noqa: PLC0415 - as above

    console = make_console(stderr=stderr)
    table = tables.new_table("Endpoint", "", "largest change", "margin to trust", left=2)
    for row in noise.rows:
        table.add_row(
            Text(row.endpoint),
            metric_text(row.metric),
            difference_text(row.largest, relative=row.relative),
            difference_text(row.margin, relative=row.relative).removeprefix("+"),
        )
    console.print()
    tables.print_fitted(table, console)
    console.print()
    pairs = f"{noise.called} of {plural(noise.pairs, 'pair')} of equal runs"
    console.print(Text(f" with a margin of {noise.tried_margin * 100:g} %, {pairs} would have been told apart", "dim"))
    if noise.margin > _USELESS:
        told = (
            f" no margin below {_USELESS * 100:g} % can be trusted: longer runs, more pairs or a quieter machine help"
        )
        console.print(Text(told, "bold"))
        return
    told = f" smallest margin to trust: {noise.margin * 100:g} %"
    if noise.share_margin:
        told += f", of failures {difference_text(noise.share_margin, relative=False).removeprefix('+')}"
    console.print(Text(told, "bold"))
