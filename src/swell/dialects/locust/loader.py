"""The loader of locustfiles in worker processes (`Source.loader`).

Rules: the command line travels as it was typed (`Source.options["argv"]`) and is parsed anew. Blocking calls are made
cooperative before the files run, if they need that.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swell.dialects.locust.asyncio_calls import let_tasks_run_loops
from swell.dialects.locust.log import setup_logging
from swell.dialects.locust.program import LocustProgram
from swell.dialects.locust.testing import load_test
from swell.dialects.locust.users import HttpUser, PytestUser
from swell.runtime import blocking

if TYPE_CHECKING:
    from collections.abc import Iterable

    from swell.dialects.locust.env import Environment
    from swell.dialects.locust.outputs import RunOutputs
    from swell.model.plan import Source

__all__ = ["LOADER", "load", "load_clients", "make_outputs"]

LOADER = "swell.dialects.locust.loader:load"
"""What `Source.loader` says for locustfiles."""


def load(source: Source) -> LocustProgram:
    """Load the test of `source`. Raises TestFileError."""
    # Before imports are watched: what our own client imports says nothing about the test.
    importlib.import_module("swell.dialects.locust.fasthttp")
    options = source.options
    argv = json.loads(options["argv"])
    test = load_test(argv, prepare=_prepare)
    for name, value in json.loads(options.get("overrides", "{}")).items():
        setattr(test.options, name, value)
    if not test.options.skip_log_setup:
        setup_logging(test.options.loglevel, test.options.logfile)
    environment = test.make_environment()
    load_clients(environment.user_classes)
    several = options.get("several") == "yes"
    own = options.get("front", "locust") == "locust"
    if options.get("page") == "yes" and not several:
        from swell.dialects.locust.web_ui import WebUI  # noqa: PLC0415 - only with a page

        environment.web_ui = WebUI(environment)
    return LocustProgram(environment, several=several, make_outputs=make_outputs if own else None)


def _prepare(path: str) -> None:
    file = Path(path)
    # As under Locust, where all of threading is patched: a thread of a user may use the user's client.
    blocking.prepare(file.read_bytes(), file.parent, threads_as_fibers=True)
    let_tasks_run_loops()


def load_clients(users: Iterable[type]) -> None:
    """Before the load, where it runs: users of requests wait in it now and then, and its import takes its time."""
    if any(issubclass(each, (HttpUser, PytestUser)) for each in users):
        blocking.install()
        importlib.import_module("swell.dialects.locust.clients")


def make_outputs(environment: Environment) -> RunOutputs:
    """What the options ask to be written while the test runs and at its end."""
    from swell.dialects.locust.csv_files import StatsCSVFileWriter  # noqa: PLC0415 - heavy
    from swell.dialects.locust.outputs import RunOutputs  # noqa: PLC0415 - as above
    from swell.dialects.locust.tuning import tuned  # noqa: PLC0415 - as above

    options: Any = environment.parsed_options
    csv = None
    if options.csv_prefix:
        Path(options.csv_prefix).parent.mkdir(parents=True, exist_ok=True)
        csv = StatsCSVFileWriter(
            environment,
            tuned().PERCENTILES_TO_REPORT,
            options.csv_prefix,
            options.stats_history_enabled,
        )
    return RunOutputs(
        environment.runner,
        # As in Locust: with a page the table is there, and the log is for what the test says.
        table=not options.only_summary and (options.headless or options.print_stats),
        csv=csv,
        json=options.json,
        json_file=options.json_file,
    )
