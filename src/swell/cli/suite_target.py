"""A target that a suite starts: run its command, wait until it answers, end it with all that it started.

Rules: what it prints goes to a log file, of which the end is shown when something is wrong. It runs in a session of its
own, so that Ctrl-C does not reach it while a test still ends in good order. Its stdin is a pipe that closes when
this process is gone.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shlex
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from swell.cli.mistakes import Mistake
from swell.cli.suite_commands import filled
from swell.model.suite import SuiteTarget
from swell.runs.redact import redact_command

__all__ = ["StartedTarget", "started_target"]

_PAUSE = 0.1
_POLITE = 10.0  # seconds it gets to end by itself
_ANSWER = 5.0  # seconds for one question
_LINES = 15
_URL = re.compile(r"https?://[^\s\"'<>()]+(?=.*\n)")


class StartedTarget:
    """A target that answers. `url` is where."""

    def __init__(self, url: str, process: subprocess.Popen[bytes] | None, log: Path) -> None:
        self.url = url
        self._process = process
        self._log = log

    def trouble(self) -> str:
        """What is wrong if it has ended by itself; empty if not."""
        if self._process is None or self._process.poll() is None:
            return ""
        return f"the target ended by itself (exit code {self._process.returncode})\n{_tail(self._log)}".rstrip()


@contextlib.contextmanager
def started_target(
    target: SuiteTarget, *, folder: Path, log: Path, values: Mapping[str, str], stopped: Callable[[], bool], place: str
) -> Generator[StartedTarget]:
    """The target while it runs; one without `start` is only asked whether it answers, if it says where (`ready`).

    `stopped` ends the waiting. Raises Mistake when it cannot be started or does not answer in time.
    """
    if not target.start:
        waiting = _Waiting(target, None, log, stopped, place)
        if target.ready:
            waiting.until_ready(target.url)
        yield StartedTarget(target.url, None, log)
        return
    process = _launch(target, folder, log, values, place)
    try:
        waiting = _Waiting(target, process, log, stopped, place)
        url = target.url or waiting.said_url()
        if url:
            waiting.until_ready(url)
        yield StartedTarget(url, process, log)
    finally:
        _end(process)


def _launch(
    target: SuiteTarget, folder: Path, log: Path, values: Mapping[str, str], place: str
) -> subprocess.Popen[bytes]:
    command = [filled(word, values) for word in target.start]
    # What names {url} cannot be known before the target has said where it is.
    env = {name: filled(text, values) for name, text in target.env.items() if "{url}" not in filled(text, values)}
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("wb") as output:
            return subprocess.Popen(  # noqa: S603 - the project's own command
                command,
                cwd=folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise Mistake(
            f"{place}: the target {target.name!r} cannot be started: {command[0]}: {error.strerror}.",
            f"Its command is: {shlex.join(redact_command(command))} (in {folder})",
        ) from None


class _Waiting:
    """Waits for a target, and says why it did not come up."""

    def __init__(
        self,
        target: SuiteTarget,
        process: subprocess.Popen[bytes] | None,
        log: Path,
        stopped: Callable[[], bool],
        place: str,
    ) -> None:
        self._target = target
        self._process = process
        self._log = log
        self._stopped = stopped
        self._place = place
        self._end = time.monotonic() + target.wait

    def said_url(self) -> str:
        """The first URL that the target prints; empty if the wait was stopped."""
        while True:
            found = _URL.search(self._log.read_text(encoding="utf-8", errors="replace"))
            if found is not None:
                return found[0].rstrip("/.,")
            if not self._again("printed no URL"):
                return ""

    def until_ready(self, url: str) -> None:
        """Until the target answers there: anything, or without an error where `ready` is given."""
        asked = urljoin(f"{url}/", self._target.ready) if self._target.ready else url
        while not _answers(asked, strict=bool(self._target.ready)):
            if not self._again(f"did not answer at {asked}"):
                return

    def _again(self, trouble: str) -> bool:
        """Wait a little; False if there is no need to go on. Raises Mistake if it makes no sense to."""
        name = self._target.name
        if self._process is not None and self._process.poll() is not None:
            raise Mistake(
                f"{self._place}: the target {name!r} ended at once (exit code {self._process.returncode}).",
                _tail(self._log),
            )
        if self._stopped():
            return False
        if time.monotonic() > self._end:
            hint = _tail(self._log) if self._process is not None else "Start it first, or give it a start command."
            raise Mistake(f"{self._place}: the target {name!r} {trouble} in {self._target.wait:g} s.", hint)
        time.sleep(_PAUSE)
        return True


def _answers(url: str, *, strict: bool) -> bool:
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname = False  # the question is whether it answers, not who it is
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=_ANSWER, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_ANSWER)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 400 or not strict
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    if not lines:
        return "It printed nothing."
    return "\n".join([f"The end of what it printed ({log}):", *(f"  {line}" for line in lines[-_LINES:])])


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the target and all that it started."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    _signal(process, signal.SIGTERM)
    try:
        process.wait(_POLITE)
    except subprocess.TimeoutExpired:
        print("the target does not end by itself and is killed", file=sys.stderr)  # noqa: T201 - for people
    _signal(process, signal.SIGKILL)  # what it started may still be there
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
