"""Loads a test to make its plan, or does what needs no run: lists, task ratios.

Rules: runs in a process of its own where there can be one, since what a test imports may patch whatever it likes.
Messages go to stderr; what the file prints while it is loaded is shown once, by the worker if there will be one.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING, Any, cast

from swell.dialects.locust.argument_parser import get_parser, parse_locustfile_option
from swell.dialects.locust.event import Events
from swell.dialects.locust.locustfiles import FileExitsError
from swell.dialects.locust.page_form import form_of_test
from swell.dialects.locust.prepared import Prepared
from swell.dialects.locust.refusals import refusal
from swell.dialects.locust.testing import ConfigUsersError, LocustTest, load_test
from swell.dialects.python.exceptions import OptionError, TestFileError
from swell.report.files import Files, problem
from swell.runs.keeping import NO_STORE

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["prepare"]

_WRONG_USE = 2
_BROKEN_TEST = 1


def prepare(arguments: Sequence[str]) -> Prepared:
    """Load the test and make the plan, or do what needs no run. Raises SystemExit as argparse does."""
    if parse_locustfile_option(list(arguments)).version:
        parser: Any = get_parser()
        parser.parse_args(["--version"])
    printed = io.StringIO()
    try:
        # What the file prints while it loads is shown by the worker, or below where there is none.
        with contextlib.redirect_stdout(printed):
            try:
                test = load_test(arguments)
            except SystemExit as end:
                (sys.stderr if end.code else sys.__stdout__ or sys.stderr).write(printed.getvalue())
                raise
        if test.options.list_commands:  # names on the command line choose nothing here, as in Locust
            test.options.user_classes = []
        environment = test.make_environment()
    except TestFileError as error:
        sys.stderr.write(f"{printed.getvalue()}{_words(error)}\n")
        return Prepared(error.code if isinstance(error, FileExitsError) else _BROKEN_TEST)
    except ConfigUsersError as error:
        sys.stderr.write(f"{error}\n")
        return Prepared(255)
    shown = _show_only(test, environment)
    if shown is not None:
        sys.stdout.write(printed.getvalue())
        sys.stdout.write(shown)
        sys.stdout.flush()
        return Prepared(0)
    return _planned(test, environment, arguments)


def _words(error: TestFileError) -> str:
    return error.trace or error.problem


def _show_only(test: LocustTest, environment: Any) -> str | None:
    """The output of options that need no run."""
    from swell.dialects.locust.inspectuser import (  # noqa: PLC0415 - rare
        print_task_ratio_json,
        task_ratio_text,
    )

    options = test.options
    if options.list_commands:
        return "Available Users:\n" + "".join(f"    {name}\n" for name in test.files.users)
    classes = environment.user_classes
    if options.show_task_ratio:
        line = "-" * 80
        return (
            f"\n Task ratio per User class\n{line}\n{task_ratio_text(classes, options.num_users, False)}"
            f"\n Total task ratio\n{line}\n{task_ratio_text(classes, options.num_users, True)}"
        )
    if options.show_task_ratio_json:
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            print_task_ratio_json(classes, options.num_users)
        return text.getvalue()
    return None


def _planned(test: LocustTest, environment: Any, arguments: Sequence[str]) -> Prepared:
    from swell.dialects.locust.planning import make_plan  # noqa: PLC0415 - heavy

    options = test.options
    if options.stats_history_enabled and options.csv_prefix is None:
        test.parser.error("'--csv-full-history' requires '--csv'.")
    refused = refusal(options)
    if refused is not None:
        sys.stderr.write(f"swell locust: {refused.message}\n")
        return Prepared(refused.code)
    notes = [*test.notes, *_shape_notes(test)]
    processes = (os.cpu_count() or 1) if options.processes == -1 else options.processes or 1
    files = Files(
        json=options.summary_json,
        html=_html_name(options),
        junit=options.junit,
        markdown=options.markdown,
    )
    written = {"--summary-json" if option == "--json" else option: path for option, path in files.named().items()}
    if options.csv_prefix:
        written["--csv"] = f"{options.csv_prefix}_stats.csv"
    if options.json_file:
        written["--json-file"] = f"{options.json_file}.json"
    if options.logfile:
        written["--logfile"] = options.logfile
    for name, path in written.items():
        if trouble := problem(path):
            sys.stderr.write(f"swell locust: error: {name} {path}: {trouble}\n")
            return Prepared(_WRONG_USE)
    known = {action.dest for action in cast("Any", get_parser(events=Events()))._actions}
    page = None if options.headless else form_of_test(test, environment, known)
    try:
        plan = make_plan(test, environment, arguments, processes=processes)
    except OptionError as error:
        sys.stderr.write(f"swell locust: error: {error}\n")
        return Prepared(_WRONG_USE)
    return Prepared(
        plan=plan,
        notes=notes,
        files=files,
        out=options.out,
        store=NO_STORE if options.no_store else options.store or None,
        strict=options.strict,
        thresholds=bool(options.threshold or options.thresholds),
        baseline=options.baseline,
        margin=options.margin,
        page=page,
    )


def _shape_notes(test: LocustTest) -> list[str]:
    notes: list[str] = []
    shape = test.shape
    if shape is not None and not shape.use_common_options:
        given = [name for name in ("users", "spawn-rate", "run-time") if _given(test.options, name)]
        if given:
            notes.append(
                "--run-time, --users or --spawn-rate have no impact on LoadShapes unless the shape class explicitly "
                f"reads them. The following option(s) will be ignored: {', '.join('--' + name for name in given)}"
            )
    return notes


def _given(options: Any, name: str) -> bool:
    dest = {"users": "num_users", "spawn-rate": "spawn_rate", "run-time": "run_time"}[name]
    return bool(getattr(options, dest))


def _html_name(options: Any) -> str:
    if not options.html_file:
        return ""
    name = str(options.html_file)
    for tag, value in (("u", options.num_users), ("r", options.spawn_rate), ("t", options.run_time)):
        text = f"{value:g}" if isinstance(value, float) else str(value)
        name = name.replace(f"{{{tag}}}", text)
    return name
