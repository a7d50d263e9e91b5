"""`swell locust` without --headless: the page with the start form, one run after the other.

Rules: each run is the run of a command line (what was typed, then what the form says), loaded anew in processes of its
own, so that nothing of the run before is left in it. The first Ctrl-C ends a run in order and then the page; the exit
code is that of the last run.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from swell.coordinator.steering import SteerTarget
from swell.dialects.locust.page_form import arguments_of, number
from swell.dialects.locust.page_routes import locust_routes
from swell.dialects.locust.prepared import Prepared
from swell.dialects.locust.request_stats import RequestStats
from swell.dialects.locust.runners import (
    STATE_CLEANUP,
    STATE_INIT,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPED,
    WORKLOAD,
)
from swell.dialects.locust.web_relay import Relay, TestRoutes
from swell.web.archive import archive_of
from swell.web.attach import PageError, token_for
from swell.web.desk import Desk
from swell.web.page import LivePage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.coordinator.state import LiveRun
    from swell.dialects.locust.page_form import PageForm
    from swell.metrics.failures import ErrorGroup

__all__ = ["PageDoor", "serve"]

_SPAWNING = frozenset({"starting", "setup"})


class PageDoor:
    """Between the page and the runs of `swell locust`. Called in the thread that conducts them."""

    def __init__(self, form: PageForm) -> None:
        self.form = form
        self.wanted: dict[str, Any] | None = None
        self.target = 0
        self.page: LivePage = None  # type: ignore[assignment]  # set by `serve`, before anybody asks
        self._stats = RequestStats()
        self._live: LiveRun | None = None

    # As Locust's environment and runner, for its CSV files.

    @property
    def runner(self) -> PageDoor:
        """This stands for the runner."""
        return self

    @property
    def stats(self) -> RequestStats:
        """The statistics of the newest run."""
        from swell.dialects.locust.measured import time_metric_of  # noqa: PLC0415 - heavy

        live = self.page.live
        if live is not None and live is not self._live and live.seconds:
            self._live, self._stats = live, RequestStats()
            self._stats.attach(live.store, time.time() - max(live.elapsed, 0.0), time_metric=time_metric_of(live.plan))
        return self._stats

    @property
    def user_count(self) -> int:
        """Users running now."""
        live = self.page.live
        return live.health.users if live is not None and self.page.running else 0

    @property
    def exceptions(self) -> dict[int, dict[str, Any]]:
        """What the test's own code raised, as the runner has it."""
        live = self.page.live
        found = [] if live is None else live.store.errors()
        raised = [group for group in found if group.kind == "exception"]
        return {
            place: {"count": each.count, "msg": each.message, "traceback": _traceback(each), "nodes": {"local"}}
            for place, each in enumerate(raised)
        }

    @property
    def state(self) -> str:
        """Locust's word for what goes on."""
        live = self.page.live
        if self.wanted is not None:
            return STATE_SPAWNING
        if live is None:
            return STATE_INIT
        if not self.page.running:
            return STATE_STOPPED
        if live.phase.value in _SPAWNING:
            return STATE_SPAWNING
        if live.phase.value == "running":
            return STATE_SPAWNING if self.user_count < self.target else STATE_RUNNING
        return STATE_CLEANUP

    def default(self, name: str) -> Any:
        """What a field of the form holds."""
        return next((field.value for field in self.form.fields if field.name == name), "")

    # What the form does.

    def start(self, values: Mapping[str, Any]) -> str:
        """Have a run begun with these values."""
        if self.page.running or self.wanted is not None:
            return "a test is running"
        try:
            users = number(values, "user_count", 1)
            number(values, "spawn_rate", 1e-9)
            arguments_of(values, self.form)
        except ValueError as error:
            return str(error)
        self.target = int(users or 1)
        self.wanted = dict(values)
        return ""

    def steer(self, values: Mapping[str, Any]) -> str:
        """Change users and spawn rate of the run that goes on."""
        live = self.page.live
        if live is None or not self.page.running:
            return "no test is running"
        if not self.form.steered:
            return "a load shape or profile runs this test: its users cannot be changed"
        try:
            users, rate = number(values, "user_count", 0), number(values, "spawn_rate", 1e-9)
        except ValueError as error:
            return str(error)
        if users is None:
            return "user_count is missing"
        self.target = int(users)
        return self.page.steer([SteerTarget(WORKLOAD, self.target, rate or 1.0)])

    def reset(self) -> None:
        """Start the statistics anew."""
        self.stats.reset_all()


def serve(prepared: Prepared, arguments: Sequence[str]) -> int:
    """Open the page and run what it is told to, until Ctrl-C; returns the exit code."""
    form = prepared.page
    assert form is not None
    door = PageDoor(form)
    relay = Relay(lambda: door.page, arguments)
    host = {"": "127.0.0.1", "*": "0.0.0.0", "localhost": "127.0.0.1"}.get(form.host, form.host)  # noqa: S104 - asked for
    try:
        desk = Desk(fields=form.fields, start=door.start, steer=door.steer, title=form.title)
        page = door.page = LivePage(
            host,
            form.port,
            token=token_for(host),
            time_metric="http_req_latency",
            desk=desk,
            routes=[*locust_routes(door), *([TestRoutes(relay, lambda: door.page)] if form.routes else ())],
            archive=archive_of(prepared.store),
            tls=form.tls,
            base_path=form.base_path.rstrip("/"),
        )
        page.open()
    except (PageError, OSError, OverflowError) as error:
        _tell(f"the page cannot be opened on {host}:{form.port}: {error}; use --web-port, or --headless to run without")
        return 1
    _tell(f"the page is at {page.url} (Ctrl-C ends it)")
    try:
        return _runs(door, relay, prepared, arguments)
    except KeyboardInterrupt:
        return 0
    finally:
        relay.close()
        page.shut()


def _runs(door: PageDoor, relay: Relay, prepared: Prepared, arguments: Sequence[str]) -> int:
    from swell.dialects.locust.running import execute  # noqa: PLC0415 - heavy

    page, form, code = door.page, door.form, 0
    ready: Prepared | None = prepared if form.autostart else None
    while True:
        if ready is None:
            try:
                page.idle(lambda: door.wanted is not None)
            except KeyboardInterrupt:
                return code
        typed = list(arguments)
        if ready is None:
            typed += arguments_of(door.wanted or {}, form)
            page.prepare("loading the test")
            quiet = [] if "--print-stats" in typed else ["--only-summary"]
            ready = _prepare_apart(page, [*typed, "--headless", *quiet])
        current, ready = ready, None
        if current.plan is None:
            door.wanted = None
            page.prepare("the test could not be loaded; the log says why")
            continue
        code = execute(current, typed, page=page, relay=relay, on_start=lambda: setattr(door, "wanted", None))
        door.wanted = None
        results = page.results
        if results is not None and results.run.interrupted:
            return code
        if form.autostart and form.autoquit >= 0 and not page.idle(lambda: door.wanted is not None, form.autoquit):
            return code


def _prepare_apart(page: LivePage, arguments: list[str]) -> Prepared:
    """As `preparing.prepare`, in a process of its own: this one has threads, which a fork would not survive."""
    reading, writing = os.pipe()
    program = "import sys; from swell.dialects.locust.main import serve_prepare as s; s(sys.argv[2:], int(sys.argv[1]))"
    child = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-P", "-c", program, str(writing), *arguments],
        pass_fds=(writing,),
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    assert child.stderr is not None
    said = child.stderr.read()
    child.wait()
    if said:
        sys.stderr.write(said)
        page.say("error" if child.returncode else "warning", said.rstrip())
    return pickle.loads(data) if data else Prepared(child.returncode or 1)  # noqa: S301 - from our own child


def _traceback(group: ErrorGroup) -> str:
    example = group.example or {}
    return str(example.get("traceback") or example.get("trace") or "")


def _tell(text: str) -> None:
    print(f"swell locust: {text}", file=sys.stderr)  # noqa: T201 - for people
