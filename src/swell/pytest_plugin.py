"""The pytest plugin: a fixture and a marker `swell`, so that a load test can live among other tests.

Rules: pytest loads this module in every project that has Swell installed, so nothing but pytest is imported before a
test asks for the fixture. A load test runs in a process of its own: the process of the tests stays as it was. What the
run prints is shown by pytest as any output of a test.
"""

from __future__ import annotations

import contextlib
import difflib
import sys
import tempfile
from pathlib import Path
from subprocess import TimeoutExpired
from typing import IO, TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.cli.child_run import ChildRun
    from swell.cli.run_result import LoadResult
    from swell.runs.record import Run

__all__ = ["LoadTestError", "LoadTests"]

_MARKER = (
    "swell(**options): a load test; the options are those of `swell.run`, for every run of the test that does not say"
    " otherwise."
)
_NO_STORE = "none"
_PATIENCE = 15.0  # seconds a run gets to end after Ctrl-C


class LoadTestError(RuntimeError):
    """A load test that could not run; the message has the end of what it printed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one setting."""
    help_text = "where runs are kept: a path (from the root folder), a URL, or none. Default: .swell/runs.db"
    parser.addini("swell_store", help_text, default=str(Path(".swell") / "runs.db"))


def pytest_configure(config: pytest.Config) -> None:
    """The marker, also for --strict-markers."""
    config.addinivalue_line("markers", _MARKER)


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses the fixture is a load test: `-m swell` and `-m 'not swell'` find it."""
    for item in items:
        if "swell" in getattr(item, "fixturenames", ()) and item.get_closest_marker("swell") is None:
            item.add_marker("swell")


@pytest.fixture
def swell(request: pytest.FixtureRequest) -> LoadTests:
    """Runs load tests: `result = swell.run("load.py", users=20, duration="10s")`."""
    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("swell"))):
        if marker.args:
            raise pytest.UsageError(f"@pytest.mark.swell takes options by name, such as users=20, not {marker.args!r}")
        options |= marker.kwargs
    if unknown := next((name for name in options if name not in _OPTIONS), ""):
        near = difflib.get_close_matches(unknown, _OPTIONS, 1)
        raise pytest.UsageError(
            f"@pytest.mark.swell has no option {unknown!r}"
            + (f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(_OPTIONS)}")
        )
    return LoadTests(
        folder=request.path.parent,
        root=request.config.rootpath,
        name=request.node.name,
        defaults=options,
        store=_store(request.config),
        captured=request.config.getoption("capture", "fd") != "no",
    )


def _store(config: pytest.Config) -> str | None:
    given = str(config.getini("swell_store"))
    if given == _NO_STORE:
        return None
    return given if "://" in given else str(config.rootpath / given)


class LoadTests:
    """What the fixture `swell` gives. `defaults`: options of the marker."""

    def __init__(
        self,
        *,
        folder: Path,
        root: Path,
        name: str,
        defaults: Mapping[str, Any],
        store: str | None,
        captured: bool,
    ) -> None:
        self._folder = folder
        self._root = root
        self._name = name
        self._defaults = defaults
        self._store = store
        self._captured = captured

    def run(
        self,
        file: str | Path = "",
        *,
        command: Sequence[str] = (),
        args: Sequence[str] = (),
        host: str | None = None,
        users: int | None = None,
        rate: str | float | None = None,
        duration: str | float | None = None,
        profile: str | None = None,
        time_scale: float | None = None,
        load_scale: float | None = None,
        processes: int | str | None = None,
        thresholds: Sequence[str] | None = None,
        threshold_files: Sequence[str | Path] | None = None,
        baseline: str | None = None,
        margin: str | None = None,
        tags: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> LoadResult:
        """Run a test and wait for its end.

        `file` is looked for beside the test, then in pytest's root folder; or `command` gives the words of a Swell
        command, such as ["k6", "run", "script.js"]. `args` are more words. All else means what it means to
        `swell run`; `env` are variables of the environment. Raises LoadTestError if there is no result, ValueError
        for options that make no sense.
        """
        __tracebackhide__ = True
        given = {name: value for name, value in locals().items() if name in _OPTIONS and value is not None}
        words, environment = self._command(str(file), command, args, {**self._defaults, **given})
        return self._run(words, environment)

    def _command(
        self, file: str, command: Sequence[str], args: Sequence[str], options: Mapping[str, Any]
    ) -> tuple[list[str], dict[str, str]]:
        __tracebackhide__ = True
        # Late: see the module's rules.
        from swell.cli.mistakes import Mistake  # noqa: PLC0415
        from swell.cli.suite_commands import Asked, test_command  # noqa: PLC0415
        from swell.model.suite import Suite, SuiteTarget, SuiteTest  # noqa: PLC0415
        from swell.model.units import parse_duration, parse_rate  # noqa: PLC0415

        if bool(file) == bool(command):
            raise ValueError("swell.run needs a test file, or command=[...]")
        rate, duration = options.get("rate"), options.get("duration")
        thresholds = options.get("thresholds", ())
        test = SuiteTest(
            name=self._name,
            file=str(self._find(file)) if file else "",
            command=tuple(map(str, command)),
            args=tuple(map(str, args)),
            profile=options.get("profile", ""),
            users=options.get("users"),
            rate=None if rate is None else parse_rate(rate),
            duration=None if duration is None else parse_duration(duration),
            time_scale=options.get("time_scale"),
            load_scale=options.get("load_scale"),
            processes=str(options.get("processes", "")),
            thresholds=(thresholds,) if isinstance(thresholds, str) else tuple(thresholds),
            threshold_files=tuple(str(self._find(each)) for each in options.get("threshold_files", ())),
            tags=dict(options.get("tags", {})),
            baseline=options.get("baseline", ""),
            margin=options.get("margin", ""),
        )
        host = options.get("host", "")
        target = SuiteTarget(name="host", url=host) if host else None
        suite = Suite(file="swell.run()")
        asked = Asked(store=self._store, no_store=self._store is None)
        try:
            words = test_command(suite, test, target, asked, {"url": host} if host else {})
        except Mistake as mistake:
            raise ValueError(f"{mistake.message} {mistake.hint}".strip()) from None
        return words, dict(options.get("env", {}))

    def _find(self, file: str | Path) -> Path:
        places = [self._folder / file, self._root / file]
        found = next((each for each in places if each.is_file()), None)
        if found is None:
            raise FileNotFoundError(f"there is no file {file} in {' or '.join(str(each.parent) for each in places)}")
        return found

    def _run(self, words: Sequence[str], environment: Mapping[str, str]) -> LoadResult:
        from swell.cli.child_run import ChildRun  # noqa: PLC0415 - see the module's rules
        from swell.cli.run_result import LoadResult  # noqa: PLC0415 - as above

        __tracebackhide__ = True
        said = ""
        with contextlib.ExitStack() as stack:
            output: IO[bytes] | None = stack.enter_context(tempfile.TemporaryFile()) if self._captured else None
            child = stack.enter_context(ChildRun(words, folder=self._folder, environment=environment, output=output))
            code, run = _wait(child)
            if output is not None:
                output.seek(0)
                said = output.read().decode("utf-8", "replace")
                sys.stdout.write(said)
        if run is None:
            lines = "\n".join(said.rstrip().splitlines()[-20:])
            raise LoadTestError(f"the load test did not run (exit code {code})" + (f":\n{lines}" if lines else ""))
        return LoadResult(run, code, store=self._store, output=said)


def _wait(child: ChildRun) -> tuple[int, Run | None]:
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.interrupt()
        with contextlib.suppress(TimeoutExpired):
            child.wait(_PATIENCE)
        raise


_OPTIONS = tuple(name for name in (LoadTests.run.__kwdefaults__ or {}) if name not in {"command", "args"})
