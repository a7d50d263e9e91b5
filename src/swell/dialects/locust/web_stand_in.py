"""The test in a process of its own, for its routes on the page while no run goes on.

Rules: it loads the test like a worker and fires `init`, but runs no user. Requests come as pickles on one pipe and
answers go on another, one after the other; its end is the end of the pipe. Started when the first such request comes.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

from swell.dialects.locust.web_ui import WebAnswer, WebRequest, WebUI, answer

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["StandIn", "serve"]

_PROGRAM = (
    "import sys; from swell.dialects.locust.web_stand_in import serve; "
    "serve(sys.argv[3:], int(sys.argv[1]), int(sys.argv[2]))"
)


class StandIn:
    """The parent's side. `ask` may be called in any thread; it waits for the answer."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = list(arguments)
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._pipes: tuple[Any, Any] | None = None

    def ask(self, request: WebRequest) -> WebAnswer:
        """The test's answer; 503 where it cannot give one."""
        with self._lock:
            if self._pipes is None:
                self._start()
            assert self._pipes is not None
            asking, answering = self._pipes
            try:
                pickle.dump(request, asking)
                asking.flush()
                return pickle.load(answering)  # noqa: S301 - from our own child
            except (OSError, EOFError, pickle.UnpicklingError):
                self._end()
                return WebAnswer(
                    503,
                    [("Content-Type", "text/plain")],
                    b"the test cannot be loaded to answer this; what it said is where the page was started\n",
                )

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _start(self) -> None:
        their_asking, asking = os.pipe()
        answering, their_answering = os.pipe()
        self._child = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-c", _PROGRAM, str(their_asking), str(their_answering), *self._arguments],
            pass_fds=(their_asking, their_answering),
            stdin=subprocess.DEVNULL,
        )
        os.close(their_asking)
        os.close(their_answering)
        self._pipes = (os.fdopen(asking, "wb"), os.fdopen(answering, "rb"))

    def _end(self) -> None:
        for pipe in self._pipes or ():
            with contextlib.suppress(OSError):
                pipe.close()
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self._pipes = self._child = None


def serve(arguments: Sequence[str], asking: int, answering: int) -> None:
    """The child's side, until the pipe ends."""
    web_ui = _load(arguments)
    with os.fdopen(asking, "rb") as requests, os.fdopen(answering, "wb") as answers:
        while True:
            try:
                request = pickle.load(requests)  # noqa: S301 - from our own parent
            except (EOFError, KeyboardInterrupt):
                return
            try:
                found = answer(web_ui, request)
            except Exception:
                traceback.print_exc()
                found = WebAnswer(500, [("Content-Type", "text/plain")], b"the route failed; its traceback is logged\n")
            pickle.dump(found, answers)
            answers.flush()


def _load(arguments: Sequence[str]) -> WebUI:
    from swell.dialects.locust.runners import LocalRunner  # noqa: PLC0415 - only in the child
    from swell.dialects.locust.testing import load_test  # noqa: PLC0415 - as above
    from swell.dialects.python.exceptions import TestFileError  # noqa: PLC0415 - as above

    try:
        environment = load_test(arguments).make_environment()
    except TestFileError as error:
        sys.stderr.write(f"{error.trace or error.problem}\n")
        sys.exit(1)
    runner = environment.take_runner(LocalRunner(environment))
    web_ui = environment.web_ui = WebUI(environment)
    environment.events.init.fire(environment=environment, runner=runner, web_ui=web_ui)
    return web_ui
