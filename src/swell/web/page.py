"""The live page of a run: an observer of the coordinator, and a desk where a person can stop and steer it.

Rules: whatever reads the store or touches the run is done in the thread that conducts the run: requests that need it
leave a job (`ask`), which `refresh` does while a run goes on and `idle` does between runs. The page is worked out once
a second, and its tables only while somebody looks. Nothing here may end a run that nobody ended.
"""

from __future__ import annotations

import contextlib
import queue
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from swell.web import frame
from swell.web.app import make_app
from swell.web.desk import Desk
from swell.web.guard import is_loopback
from swell.web.server import PageServer
from swell.web.so_far import RunId, SoFar, so_far
from swell.web.state import PageState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.routing import BaseRoute

    from swell.coordinator.companion import Companion
    from swell.coordinator.state import LiveRun
    from swell.coordinator.steering import ArrivalTarget, Steering, SteerTarget
    from swell.metrics.snapshot import Snapshot
    from swell.runs.record import Run
    from swell.web.archive import Archive
    from swell.web.desk import Action
    from swell.web.results import Results

__all__ = ["LivePage"]

T = TypeVar("T")

_MOST_SECONDS = 300  # of points worked out in one go, after a hold-up
_LOOK = 15.0  # seconds that tables are worked out after somebody asked for them
_STOPPED = "stopped on the live page"


class LivePage:
    """Shows runs in a browser, one after the other.

    `host` other than loopback needs a `token` (ValueError). `time_metric` is the response time that is shown. `desk`
    says what the start form asks and does. `routes` come before the page's own. `archive`: the stored runs; the page
    closes it.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        token: str | None = None,
        time_metric: str = "http_req_duration",
        desk: Desk | None = None,
        routes: Sequence[BaseRoute] = (),
        archive: Archive | None = None,
        tls: tuple[str, str] | None = None,
        base_path: str = "",
    ) -> None:
        if token is None and not is_loopback(host):
            raise ValueError(f"a page on {host} needs a token: whoever reaches it could start and stop load")
        self.host = host
        self.token = token
        self.time_metric = time_metric
        self.desk = desk or Desk()
        self.archive = archive
        self.base_path = base_path
        self.results: Results | None = None
        """What the newest finished run left to download."""
        self._routes = list(routes)
        self._tls = tls
        self._server = PageServer(host, port, token=token)
        self._state = PageState()
        self._jobs: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self.live: LiveRun | None = None
        """The run that goes on, or the last one."""
        self.running = False
        self._second = -1
        self._phase: str = ""
        self._run_id: RunId | None = None
        self._trouble = ""
        self._looked = 0.0
        self._tables_at = (-1, "")
        self.wanted: dict[str, SteerTarget | ArrivalTarget] = {}
        """What workloads of the run that goes on were steered to."""
        self._end: Callable[[str], None] | None = None
        self._send: Callable[[int, object], None] | None = None

    # Serving

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    @property
    def url(self) -> str:
        """Where a browser finds it, with the token if it needs one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        host = {"0.0.0.0": "localhost", "[::]": "localhost"}.get(host, host)  # noqa: S104 - what was asked for
        scheme = "https" if self._tls else "http"
        query = f"?token={self.token}" if self.token else ""
        return f"{scheme}://{host}:{self.port}{self.base_path}/{query}"

    @property
    def watchers(self) -> int:
        """Browsers that watch now."""
        return 0 if self._server.watchers is None else self._server.watchers.count

    def open(self) -> None:
        """Listen. OSError if the address cannot be used."""
        self._server.open(lambda watchers: make_app(self, watchers, self._routes), tls=self._tls)
        self._put_desk()
        self._publish()

    def shut(self) -> None:
        """Stop serving; what is shown stays in the browsers."""
        self._state.put("server", {"closing": True})
        self._publish()
        self._server.close()
        if self.results is not None:
            self.results.close()
        if self.archive is not None:
            self.archive.close()

    # As an observer of a run

    def refresh(self, live: LiveRun) -> None:
        """As `Observer.refresh`."""
        if live is not self.live:
            self._begin(live)
        self._work()
        if live.seconds != self._second or live.phase.value != self._phase or self._tables_are_late(live):
            self._second, self._phase = live.seconds, live.phase.value
            self._show(live)
        if self._state.dirty:
            self._publish()

    def notice(self, level: str, text: str) -> None:
        """As `Observer.notice`."""
        self._state.log(level, text)

    def output(self, worker: int, line: str) -> None:
        """As `Observer.output`."""
        several = self.live is not None and self.live.workers > 1
        self._state.log("output", f"worker {worker}: {line}" if several else line)

    def close(self) -> None:
        """As `Observer.close`: the run is over, the page stays."""
        self.running = False
        self._end = self._send = None
        if self.live is not None:
            with contextlib.suppress(Exception):
                self._show(self.live, whole=True)
        self._put_desk()
        self._publish()

    def companion(self, inner: Companion | None = None) -> Companion:
        """The companion of a run that the page may end; hands on to `inner`, if the test has one of its own."""
        return _Ending(self, inner)

    # What the front door tells

    def prepare(self, words: str, trouble: str = "") -> None:
        """A run is about to begin: "loading the test"; or cannot, and the form says what the `trouble` is."""
        self._trouble = trouble
        self._state.put("run", {"phase": "starting", "words": words, "name": "", "host": ""})
        self._put_desk()
        self._publish()

    def stored_as(self, run_id: str, command: Sequence[str]) -> None:
        """The run that begins next is stored under this id, where there is an archive."""
        self._run_id = RunId(run_id, tuple(command))

    def finish(self, run: Run, results: Results | None = None) -> None:
        """The verdict of the run that ended, and what it left."""
        self.results, self._run_id = results, None
        self._state.put(
            "verdict",
            {
                "word": run.verdict,
                "reasons": list(run.reasons),
                "warnings": list(run.warnings),
                "final": True,
                "exit_code": run.exit_code,
            },
        )
        self._state.put("criteria", frame.criteria(run.thresholds))
        self._put_desk()
        self._publish()

    def say(self, level: str, text: str) -> None:
        """A line for the log of the page, at once."""
        self._state.log(level, text)
        self._publish()

    # What requests ask for

    def ask(self, job: Callable[[], T]) -> Future[T]:
        """Have `job` done in the thread that conducts the runs; from any thread."""
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(job())
            except Exception as error:
                future.set_exception(error)

        self._jobs.put(work)
        return future

    def look(self) -> None:
        """Somebody wants the tables; they are worked out for a while."""
        self._looked = time.monotonic()

    def stop(self) -> str:
        """End the run in the regular way; an empty text, or why that cannot be. A job for `ask`."""
        if not self.running or self._end is None:
            return "no test is running"
        self._state.log("warning", _STOPPED)
        self._end(_STOPPED)
        return ""

    def send(self, index: int, value: object) -> bool:
        """Send to the program of one worker; False where no run goes on. A job for `ask`."""
        if self._send is None:
            return False
        self._send(index, value)
        return True

    def steer(self, targets: Sequence[SteerTarget | ArrivalTarget]) -> str:
        """Bring workloads of the run to other numbers of users or arrivals; as `stop`. A job for `ask`."""
        if not self.running:
            return "no test is running"
        self.wanted.update({target.workload: target for target in targets})
        return ""

    def act(self, action: Action, values: Mapping[str, Any]) -> str:
        """Do what the form says, as `Desk.start` and `Desk.steer`. A job for `ask`."""
        trouble = action(values)
        self._put_desk()
        return trouble

    def steering(self, inner: Steering | None = None) -> Steering:
        """The steering of a run whose load is changed on the page; `inner` is the test's own and comes first."""
        return inner or _Steered(self)

    def so_far(self) -> SoFar | None:
        """What a report of the run that goes on must know; None if none does, or it is not stored. For `ask`."""
        if self.live is None or self._run_id is None or not self.running:
            return None
        return so_far(self.live, self._run_id)

    def lines(self) -> list[tuple[int, str, str]]:
        """The newest lines of the log. A job for `ask`."""
        return self._state.lines

    def idle(self, until: Callable[[], bool], timeout: float | None = None) -> bool:
        """Do what is asked for until `until()` says so; False if `timeout` seconds pass first."""
        end = None if timeout is None else time.monotonic() + timeout
        while not until():
            wait = 0.25 if end is None else min(0.25, end - time.monotonic())
            if wait <= 0:
                return False
            with contextlib.suppress(queue.Empty):
                self._jobs.get(timeout=wait)()
            if self._state.dirty:
                self._publish()
        return True

    # Within

    def _begin(self, live: LiveRun) -> None:
        if self.results is not None:
            self.results.close()
        self.live, self.running, self.results = live, True, None
        self._second, self._phase = -1, ""
        self._tables_at, self._trouble = (-1, ""), ""
        self.wanted.clear()
        self._state.clear()
        self._put_desk()

    def _work(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._jobs.get_nowait()()

    def _tables_are_late(self, live: LiveRun) -> bool:
        return self._is_watched() and self._tables_at != (live.seconds, live.phase.value)

    def _is_watched(self) -> bool:
        return self.watchers > 0 or time.monotonic() - self._looked < _LOOK

    def _show(self, live: LiveRun, *, whole: bool = False) -> None:
        state, store = self._state, live.store
        first = state.next_second
        last = min(live.seconds, first + _MOST_SECONDS)
        state.add_points(frame.points(store, first, last, self.time_metric))
        state.put("run", frame.head(live) if not whole else {**frame.head(live), "phase": "ended", "words": "done"})
        state.put("now", frame.now(live, self.time_metric))
        state.put("criteria", frame.criteria(live.results))
        state.put("verdict", frame.verdict_so_far(live))
        state.put("generator", frame.generator(live))
        if whole or self._is_watched():
            self._tables_at = (live.seconds, live.phase.value)
            state.put("endpoints", frame.endpoints(live, self.time_metric))
            state.put("errors", frame.errors(store))
            state.put("exceptions", frame.exceptions(store))

    def _put_desk(self) -> None:
        results = self.results
        self._state.put(
            "desk",
            {
                **self.desk.describe(),
                "running": self.running,
                "can_start": self.desk.can_start and not self.running,
                "can_steer": self.desk.can_steer and self.running,
                "can_stop": self.running and self._end is not None,
                "downloads": [] if results is None else results.names(),
                "so_far": self.running and self._run_id is not None and self.archive is not None,
                "archive": self.archive is not None,
                "trouble": self._trouble,
            },
        )

    def opened(self, send: Callable[[int, object], None], end: Callable[[str], None]) -> None:
        """A run can be ended from now on."""
        self._send, self._end, self.running = send, end, True
        self._put_desk()

    def _publish(self) -> None:
        self._server.publish(self._state.frame())


class _Steered:
    """Steers what the page was told to."""

    def __init__(self, page: LivePage) -> None:
        self._page = page

    def tick(self, elapsed: float) -> Sequence[SteerTarget | ArrivalTarget]:
        """As `Steering.tick`."""
        del elapsed
        return list(self._page.wanted.values())


class _Ending:
    """Gives the page the way to end a run."""

    def __init__(self, page: LivePage, inner: Companion | None) -> None:
        self._page = page
        self._inner = inner

    def open(self, send: Callable[[int, object], None], end: Callable[[str], None]) -> None:
        """As `Companion.open`."""
        self._page.opened(send, end)
        if self._inner is not None:
            self._inner.open(send, end)

    def receive(self, index: int, value: object) -> None:
        """As `Companion.receive`."""
        if self._inner is not None:
            self._inner.receive(index, value)

    def measured(self, index: int, snapshot: Snapshot) -> None:
        """As `Companion.measured`."""
        if self._inner is not None:
            self._inner.measured(index, snapshot)
