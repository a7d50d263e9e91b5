"""`swell suite [NAMES]`: run a project's tests, as swell.toml describes them, with one table and one verdict.

Rules: whatever can be known to be wrong is said before anything runs: names, files, outputs. The table goes to stdout,
what leads to it to stderr. The exit code is that of the worst test.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from swell.cli import types
from swell.cli.mistakes import Mistake, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.cli.suite_commands import Asked
    from swell.cli.suite_result import SuiteResult
    from swell.model.suite import Suite, SuiteTarget, SuiteTest

__all__ = ["command"]

_FILE = "swell.toml"


@click.command("suite", context_settings={"max_content_width": 100})
@click.argument("names", nargs=-1, metavar="[NAMES]...")
@click.option("-c", "--config", default=_FILE, metavar="FILE", help="The suite's file. Default: swell.toml.")
@click.option("--env", "env", default="", metavar="NAME", help="The target. Default: the first, or that of [defaults].")
@click.option("--profile", default="", metavar="NAME", help="A load profile, in place of each test's own load.")
@click.option("--time-scale", type=types.FACTOR, metavar="X", help="Make every plan X times as long, such as 0.1.")
@click.option("--load-scale", type=types.FACTOR, metavar="X", help="Make every load X times as large.")
@click.option("--junit", default="", metavar="FILE", help="Write the criteria of all tests as one JUnit file.")
@click.option("--markdown", default="", metavar="FILE", help="Write the table as Markdown.")
@click.option("--store", metavar="URL", help="Keep the runs there: a path or postgresql://...")
@click.option("--no-store", is_flag=True, help="Do not keep the runs.")
@click.option("-q", "--quiet", is_flag=True, help="No progress of the tests, only their results.")
@click.option("--strict", is_flag=True, help="Exit with 1 also for WARN.")
@click.option("--list", "only_list", is_flag=True, help="Show the tests and their commands, run nothing.")
def command(names: tuple[str, ...], config: str, env: str, **values: Any) -> int:
    """Run the tests of swell.toml in order, or those with these NAMES (of tests or groups).

    Exit codes: 0 all PASS, WARN or without thresholds; 1 FAIL; 2 wrong use or a broken test; 3 INVALID; 130
    interrupted. The worst test decides.

    \b
    swell suite
    swell suite smoke checkout --env staging --junit results.xml
    """  # noqa: D301 - a backspace is how click keeps lines apart
    from swell.cli.suite_commands import Asked  # noqa: PLC0415 - keeps the help fast
    from swell.cli.suite_run import run_suite, skipped  # noqa: PLC0415 - as above

    suite, folder = _read(config)
    tests = _chosen(suite, names)
    target = _target(suite, env)
    asked = Asked(
        profile=values["profile"],
        time_scale=values["time_scale"],
        load_scale=values["load_scale"],
        store=_absolute_store(values["store"]),
        no_store=values["no_store"],
        strict=values["strict"],
        quiet=values["quiet"],
    )
    if values["only_list"]:
        _list(suite, tests, target, asked)
        return 0
    _check_files(suite, tests, folder)
    _check_outputs(values)
    if all(skipped(test, target) for test in tests):
        raise Mistake(f"none of these tests is for {target.name if target else 'no target'}.", "See only_on, or --env.")
    result = run_suite(suite, tests, target, asked, folder)
    _show(result, junit=values["junit"], markdown=values["markdown"])
    outputs = suite.outputs
    if outputs.html or outputs.json or outputs.junit or outputs.markdown:
        click.echo(f"Files of each test are in {folder / outputs.folder}", err=True)
    return result.exit_code


def _read(config: str) -> tuple[Suite, Path]:
    from swell.model.suite import SuiteError, decode_suite  # noqa: PLC0415 - keeps the help fast

    path = Path(config)
    if path.is_dir():
        path /= _FILE
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Mistake(f"there is no file {path}.", "Write one for the tests of this folder with: swell init") from None
    except UnicodeDecodeError:
        raise Mistake(f"{path}: this is no text in UTF-8.") from None
    except OSError as error:
        raise Mistake(f"{path} cannot be read: {error.strerror}.") from None
    try:
        return decode_suite(text, str(path)), path.resolve().parent
    except SuiteError as error:
        raise Mistake(str(error)) from None


def _chosen(suite: Suite, names: Sequence[str]) -> list[SuiteTest]:
    """The tests with these names, and of groups with these names, in the order of the file; all without names."""
    known = [*suite.tests, *suite.groups]
    for name in names:
        if name not in known:
            close = nearest(name, known)
            if Path(name).exists():
                raise Mistake(
                    f"{name} is the name of a file, not of a test.", f"To use it: swell suite --config {name}"
                )
            hint = f"Did you mean {close}?" if close else f"There are: {', '.join(known)}."
            raise Mistake(f"there is no test {name!r} in {suite.file}.", hint)
    wanted = {test for name in names for test in suite.groups.get(name, (name,))}
    return [test for test in suite.tests.values() if not names or test.name in wanted]


def _target(suite: Suite, env: str) -> SuiteTarget | None:
    name = env or suite.target
    if not name:
        return None
    if name not in suite.targets:
        close = nearest(name, suite.targets)
        known = f"There are: {', '.join(suite.targets)}." if suite.targets else "There are no sections [targets.NAME]."
        hint = f"Did you mean {close}?" if close else known
        raise Mistake(f"--env {name}: there is no target of this name in {suite.file}.", hint)
    return suite.targets[name]


def _check_files(suite: Suite, tests: Sequence[SuiteTest], folder: Path) -> None:
    """Refuse files that are not there. Raises Mistake with all of them."""
    missing: list[str] = []
    for test in tests:
        if test.file and not (folder / test.file).is_file():
            names = [each.name for each in (folder / test.file).parent.glob("*")]
            close = nearest(Path(test.file).name, names)
            hint = f" Did you mean {Path(test.file).parent / close}?" if close else ""
            missing.append(f"{suite.place('tests', test.name, 'file')}: there is no file {test.file}.{hint}")
        missing += [
            f"{suite.place('tests', test.name, 'threshold_files')}: there is no file {file}."
            for file in test.threshold_files
            if not (folder / file).is_file()
        ]
    if missing:
        raise Mistake("\n".join(missing))


def _check_outputs(values: dict[str, Any]) -> None:
    from swell.report.files import problem  # noqa: PLC0415 - keeps the help fast

    for name in ("junit", "markdown"):
        if values[name] and (trouble := problem(values[name])):
            raise Mistake(f"--{name} {values[name]}: {trouble}.", "Name a file that can be written.")


def _absolute_store(url: str | None) -> str | None:
    """A store given as a path means a path from here, not from the folder of the suite."""
    if not url or "://" in url:
        return url
    return str(Path(url).resolve())


def _list(suite: Suite, tests: Sequence[SuiteTest], target: SuiteTarget | None, asked: Asked) -> None:
    from swell.cli.suite_commands import test_command, typed  # noqa: PLC0415 - keeps the help fast
    from swell.cli.suite_run import skipped  # noqa: PLC0415 - as above
    from swell.runs.redact import redact_command  # noqa: PLC0415 - as above

    if target is not None:
        others = ", ".join(name for name in suite.targets if name != target.name)
        click.echo(f"Target {target.name}{f' (there are also: {others})' if others else ''}\n")
    values = {"url": target.url} if target is not None and target.url else {}
    for test in tests:
        said = f"only on {', '.join(test.only_on)}" if skipped(test, target) else ""
        words = test_command(suite, test, target, asked, values)
        click.echo(f"{test.name}{f'  ({said})' if said else ''}\n    {typed(redact_command(words))}")


def _show(result: SuiteResult, *, junit: str, markdown: str) -> None:
    from swell.cli.suite_report import print_suite, suite_junit, suite_markdown  # noqa: PLC0415 - keeps the help fast
    from swell.report.console import make_console  # noqa: PLC0415 - as above

    print_suite(result, make_console())
    summary = os.environ.get("GITHUB_STEP_SUMMARY", "")
    for path, text, mode in (
        (junit, suite_junit, "w"),
        (markdown, suite_markdown, "w"),
        (summary, suite_markdown, "a"),
    ):
        if not path:
            continue
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            with Path(path).open(mode, encoding="utf-8") as file:
                file.write(text(result))
        except OSError as error:
            click.echo(f"warning: {path} could not be written: {error}", err=True)
