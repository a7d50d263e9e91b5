"""One process's part of a k6 test: the compiled script, its VUs, its metrics, the data that they share.

Rules: made once in each worker, and once without a hub in the process that reads the script's options and calls
handleSummary. VUs are made before the load where the scenarios say how many they need, and are used again by the next
scenario, with their state, as in k6.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swell.dialects.javascript import JsContext, JsProgram, JsThrow, Pulse, Shared
from swell.dialects.k6.execution_segments import part_of
from swell.dialects.k6.host import make_host, make_resolver
from swell.dialects.k6.log import Repeats, make_line
from swell.dialects.k6.modules.http_settings import own_certificates
from swell.dialects.k6.option_values import OptionError
from swell.dialects.k6.vu import K6Vu
from swell.metrics.recorder import MetricError, Recorder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.k6.execution_segments import Part
    from swell.dialects.k6.program import K6Program
    from swell.dialects.k6.settings import K6Test
    from swell.dialects.k6.vu import Phase
    from swell.engine.script import WorkerContext
    from swell.http.session import Session
    from swell.metrics.builtin import Kind
    from swell.runtime.hub import Hub

__all__ = ["Declared", "K6Instance"]

# Modules of ours, at places beside the script that no file has: one imports the script, the other runs before it.
_ENTRY, _FIRST = ".swell-entry.js", ".swell-first.js"


class Declared:
    """A metric that the script made. `is_time`: values are milliseconds."""

    __slots__ = ("is_time", "kind", "name")

    def __init__(self, name: str, kind: Kind, is_time: bool) -> None:
        self.name = name
        self.kind: Kind = kind
        self.is_time = is_time


class K6Instance:
    """One process's part of a test. Raises JsProgramError for a script that cannot be loaded."""

    def __init__(self, test: K6Test, env: Mapping[str, str]) -> None:
        self.test = test
        self.env: dict[str, str] = {**os.environ, **env} if test.system_env else dict(env)
        self.hub: Hub | None = None
        self.recorder: Recorder | None = None
        self.worker: WorkerContext | None = None
        self.program_side: K6Program | None = None
        self.metrics: list[Declared] = []
        self._metric_numbers: dict[str, int] = {}
        self.check_numbers: dict[str, int] = {}
        self.shared = Shared()
        self.keeps_cookies = bool(test.options.get("noCookiesReset"))
        self.opened: dict[str, bytes] = {}
        """What the init code read, by path."""
        self.reading = True
        """Whether files that nobody has opened yet may still be opened."""
        self.secrets: Any = None
        self.redact: Any = None
        self._line = make_line(test.log_style, test.started or time.time())
        self._console_file: Any = None
        self._repeats = Repeats()
        self._pulse: Pulse | None = None
        self._part: Part | None = None
        self.told: dict[str, str] = {}
        self.idle: deque[K6Vu] = deque()
        self.made = 0
        self.active = 0
        self.resolver = make_resolver(test)
        script = test.script
        entry, first = (str(Path(script).parent / name) for name in (_ENTRY, _FIRST))
        texts = {first: "import entry from 'swell:k6/entry';\nentry.begin();\n"}
        if test.source is not None:
            texts[script] = test.source
        self.resolver.files = _WithTexts(self.resolver.files, texts)
        self.program = JsProgram(entry, make_host(self), self.resolver, source=_entry_source(script))

    # The run.

    def join(self, worker: WorkerContext) -> None:
        """The worker's surroundings, before any VU is made."""
        self.worker = worker
        self.hub = worker.hub
        self.recorder = worker.recorder
        self._pulse = Pulse(worker.hub)
        self._part = part_of(self.test.options)
        certificates = own_certificates(self.test.options)
        if certificates:
            from swell.http.client import client_for  # noqa: PLC0415 - few scripts have certificates

            reach = client_for(worker.hub, worker.recorder, worker.plan.http).reach
            assert reach is not None, "plans of k6 have rules for the network"
            reach.present(certificates)

    def new_session(self, number: int) -> Session:
        """An HTTP session with connections and cookies of its own, for the VU with this number."""
        from swell.http.session import Session  # noqa: PLC0415 - only scripts that send requests need the client

        worker = self.worker
        if worker is None:
            raise JsThrow("Error", "requests can be made only while the test runs")
        session = Session(worker.hub, worker.recorder, worker.plan.http)
        reach = session.client.reach
        if reach is not None:
            session.local_address = reach.local_address(max(number - 1, 0))
        return session

    def tell(self, what: str, value: str) -> None:
        """Let the process that conducts the run know; in init code there is none yet."""
        if self.worker is not None:
            self.worker.control.post((what, value))
        self.told[what] = value

    # VUs.

    def new_vu(self, number: int, *, phase: Phase = "vu", own_number: int = 0) -> K6Vu:
        """Run the init code for one more VU, the `own_number`-th (from 1) of this process. Raises JsError."""
        vu = K6Vu(self, number, self.env, own_number)
        context = JsContext(self.program, hub=self.hub, state=vu, shared=self.shared, pulse=self._pulse)
        vu.context = context
        context.load()
        vu.phase = phase
        self.reading = False
        return vu

    def take_vu(self) -> K6Vu:
        """The VU that has been idle longest, or a new one."""
        self.active += 1
        if self.idle:
            return self.idle.popleft()
        self.made += 1
        return self.new_vu(self.number_in_test(self.made - 1) + 1, own_number=self.made)

    def number_in_test(self, own: int) -> int:
        """The number in the whole test, of which other processes and instances run parts, of the `own`-th (from 0)."""
        worker = self.worker
        assert worker is not None
        number = own * worker.count + worker.index
        return number if self._part is None else self._part.own.number(number)

    def give_vu(self, vu: K6Vu) -> None:
        """The scenario needs it no more."""
        self.active -= 1
        vu.retire()
        self.idle.append(vu)

    def prepare_vus(self, count: int) -> None:
        """Make so many VUs before the load begins. In a fiber; others get their turns."""
        made = [self.take_vu() for _ in range(count)]
        self.active -= len(made)
        self.idle.extend(made)

    # Files.

    def find_file(self, path: str, caller: str, what: str) -> str:
        """Where a file is that init code of the module `caller` names. Raises JsThrow if it was not to be opened.

        `what` is the call, for messages.
        """
        found = self.resolver.path(path if path.startswith(("/", "file:", ".")) else f"./{path}", caller)
        if not self.reading and found not in self.opened:
            raise JsThrow("Error", f"{what}: only files that the first run of the init code opened can be opened")
        return found

    def read_file(self, found: str, what: str) -> bytes:
        """The content of a file that `find_file` found. Raises JsThrow."""
        try:
            content = self.shared.read(self.resolver.files, found)
        except IsADirectoryError:
            raise JsThrow("Error", f"{what}: {found} is a folder") from None
        except OSError as error:
            raise JsThrow("Error", f"{what}: cannot read {found}: {error.strerror}") from None
        self.opened[found] = content
        return content

    # Metrics.

    def declare(self, name: str, kind: Kind, *, is_time: bool) -> int:
        """The number of a metric that init code makes. Raises JsThrow for one that cannot be."""
        known = self._metric_numbers.get(name)
        if known is not None:
            metric = self.metrics[known]
            if metric.kind != kind or metric.is_time != is_time:
                raise JsThrow("Error", f"the metric {name!r} is made twice, as {_kind(metric)} and as another kind")
            return known
        try:
            Recorder().series(name, kind, _no_tags(), is_time=is_time)
        except MetricError as error:
            raise JsThrow("Error", str(error)) from None
        self._metric_numbers[name] = len(self.metrics)
        self.metrics.append(Declared(name, kind, is_time))
        return len(self.metrics) - 1

    def declared(self) -> dict[str, Kind]:
        """The script's own metrics."""
        return {metric.name: metric.kind for metric in self.metrics}

    # The log.

    def log(self, level: str, message: str, source: str = "", *, error: str = "") -> None:
        """One line of the log; debug lines only with --verbose. `error` stands beside the message."""
        if level == "debug" and not self.test.verbose:
            return
        if self.redact is not None:
            message, error = self.redact(message), self.redact(error)
        self._write(sys.stdout if self.hub is not None else sys.stderr, self._line(level, message, source, error))

    def console(self, level: str, message: str) -> None:
        """What the script prints."""
        path = self.test.console_output
        if not path:
            self.log(level, message, "console")
            return
        if level == "debug" and not self.test.verbose:
            return
        if self._console_file is None:
            try:
                self._console_file = Path(path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - for the whole test
            except OSError as error:
                raise OptionError("--console-output", f"{path}: {error.strerror}") from None
        if self.redact is not None:
            message = self.redact(message)
        style = "text" if self.test.log_style == "tty" else self.test.log_style
        self._write(self._console_file, make_line(style, 0.0)(level, message, "console"))

    def uncaught(self, message: str) -> None:
        """An error that a script did not catch."""
        shown = self._repeats.shown(message)
        if shown is not None:
            self.log("error", shown, "stacktrace")

    def _write(self, stream: Any, line: str) -> None:
        try:
            stream.write(line + "\n")
            stream.flush()
        except (OSError, ValueError):  # the reader is gone: the test goes on
            return


class _WithTexts:
    """Files, some of which are on no disk: modules of ours, a script from standard input."""

    def __init__(self, files: Any, texts: Mapping[str, str]) -> None:
        self._files = files
        self._texts = texts

    def read(self, path: str) -> bytes:
        """As `JsFiles.read`."""
        text = self._texts.get(path)
        return self._files.read(path) if text is None else text.encode()

    def exists(self, path: str) -> bool:
        """As `JsFiles.exists`."""
        return path in self._texts or self._files.exists(path)


def _entry_source(script: str) -> str:
    """The main module: it joins the script to entry.js, which hides behind a name of ours."""
    import json  # noqa: PLC0415 - once per process

    return (
        f"import './{_FIRST}';\nimport entry from 'swell:k6/entry';\n"
        f"import * as script from {json.dumps(script)};\n"
        "const made = entry.adopt(script);\n"
        "export const iterate = made.iterate, phase = made.phase, prepare = made.prepare, names = made.names,"
        " options = made.options;\n"
    )


def _kind(metric: Declared) -> str:
    return f"a {metric.kind}{' of times' if metric.is_time else ''}"


def _no_tags() -> Any:
    from swell.metrics.tags import EMPTY  # noqa: PLC0415 - only for the check of a name

    return EMPTY
