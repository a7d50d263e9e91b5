"""One VU of a k6 script as its modules see it: tags, samples, HTTP session, log, what phase of the test it is in.

Rules: it is the `state` of a script's context, and lives as long as that; a scenario joins and leaves it (`activate`,
`retire`). In init code there is no hub, no recorder and no session. Tags of samples are those of the running fiber, so
that what a batch starts has them too; `retag` puts them together anew when a group, a scenario or the script changed
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from swell.dialects.k6.modules.grpc import end_iteration as end_streams
from swell.dialects.k6.modules.redis import close as close_redis
from swell.dialects.k6.modules.ws_state import end_iteration
from swell.metrics.tags import EMPTY, TagSet
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.javascript import JsContext
    from swell.dialects.k6.instance import K6Instance
    from swell.engine.user import VirtualUser
    from swell.http.session import Session
    from swell.metrics.builtin import Kind
    from swell.metrics.recorder import Recorder
    from swell.runtime.hub import Hub

__all__ = ["K6Vu", "Phase"]

Phase = Literal["init", "setup", "vu", "teardown", "summary"]


class K6Vu:
    """One VU. `number` is `__VU`: from 1 over the whole test, 0 outside of VUs; `own_number` counts in this process."""

    __slots__ = (
        "_session",
        "base",
        "check_series",
        "check_tags",
        "context",
        "env",
        "group",
        "iteration",
        "number",
        "own_number",
        "own_tags",
        "phase",
        "scenario_iteration",
        "user",
        "worker",
    )

    def __init__(self, worker: K6Instance, number: int, env: Mapping[str, str], own_number: int = 0) -> None:
        self.worker = worker
        self.number = number
        self.own_number = own_number
        self.env = env
        self.phase: Phase = "init"
        self.context: JsContext | None = None
        self.user: VirtualUser | None = None
        self.iteration = -1
        """`__ITER`: from 0 over all scenarios; -1 before the first."""
        self.scenario_iteration = -1
        self.base: TagSet = EMPTY
        self.own_tags: dict[str, str] = {}
        self.group = ""
        # For the module k6: the series of checks by number, under the tags they were looked up for.
        self.check_tags: TagSet | None = None
        self.check_series: dict[int, int] = {}
        self._session: Session | None = None

    # What modules use.

    @property
    def hub(self) -> Hub:
        """The hub of the worker. Raises RuntimeError where no test runs."""
        hub = self.worker.hub
        if hub is None:
            raise RuntimeError("this works only while the test runs, not in init code")
        return hub

    @property
    def recorder(self) -> Recorder | None:
        """The worker's recorder; None in init code."""
        return self.worker.recorder if self.phase != "init" else None

    @property
    def options(self) -> Mapping[str, Any]:
        """The consolidated options by k6's names."""
        return self.worker.test.options

    @property
    def session(self) -> Session:
        """The VU's own HTTP session, made when it is first asked for."""
        if self._session is None:
            self._session = self.worker.new_session(self.number)
        return self._session

    def tags(self) -> TagSet:
        """The tags of what is measured now."""
        found = current_fiber().tags
        return found if found is not None else EMPTY

    def tags_with(self, extra: Mapping[str, str]) -> TagSet:
        """The tags of what is measured now, with some more."""
        here = self.tags()
        return here.with_tags(**extra) if extra else here

    def sample(
        self,
        metric: str,
        kind: Kind,
        value: float,
        extra_tags: Mapping[str, str] | None = None,
        *,
        is_time: bool = False,
    ) -> None:
        """Record one sample now; nothing in init code."""
        recorder = self.recorder
        if recorder is None:
            return
        tags = self.tags_with(extra_tags) if extra_tags else self.tags()
        known = tags.cache.get(metric)
        if known is None or known[0] is not recorder:
            known = tags.cache[metric] = (recorder, recorder.series(metric, kind, tags, is_time=is_time))
        recorder.add_sample((known[1], self.hub.time(), value))

    def log(self, level: str, message: str, source: str = "", *, error: str = "") -> None:
        """A line of k6's own in the log; `error`: what went wrong, as a field beside the message."""
        self.worker.log(level, message, source, error=error)

    # Tags.

    def retag(self) -> None:
        """Give the running fiber the tags of the scenario, of the script's own assignments and of the group.

        The iteration itself is counted under all but the group, which it is not in.
        """
        extra = dict(self.own_tags)
        if self.user is not None:
            self.user.tags = self.base.with_tags(**extra) if extra else self.base
        if self.group:
            extra["group"] = self.group
        current_fiber().tags = self.base.with_tags(**extra) if extra else self.base

    # Life.

    def activate(self, user: VirtualUser) -> None:
        """A scenario takes the VU."""
        self.user = user
        self.base = user.tags
        self.own_tags.clear()
        self.group = ""
        self.scenario_iteration = -1

    def retire(self) -> None:
        """The scenario gives it back; connections are closed, as nobody may need them for long."""
        self.user = None
        self.close_connections()

    def close_connections(self) -> None:
        """Close the session, WebSockets, gRPC streams, Redis connections; the next request makes another session."""
        end_iteration(self.context)
        end_streams(self.context)
        close_redis(self.context)
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def begin_iteration(self) -> None:
        """What k6 does before an iteration: count it, forget the cookies of the one before."""
        self.iteration += 1
        self.scenario_iteration += 1
        if self.group:
            self.group = ""
            self.retag()
        session = self._session
        if session is not None and not self.worker.keeps_cookies and session.cookies:
            session.cookies.clear()
