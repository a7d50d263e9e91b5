"""The environment: what users, listeners and setup code may know of the run they are part of.

Rules: one per worker and load of the test file. It is the only way from user code to the plan; it starts nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from swell.dialects.python.options import merged_http
from swell.engine.script import AbortRun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.python.events import Events
    from swell.engine.script import WorkerContext
    from swell.http.session import Session
    from swell.model.plan import HttpOptions, Plan

__all__ = ["Environment"]


class Environment:
    """The run, as seen from one worker. `host` is the base URL of the command line, or empty."""

    def __init__(self, context: WorkerContext, events: Events) -> None:
        self.context = context
        self.events = events
        self.host = context.plan.host
        self._http_options: dict[str, HttpOptions] = {}
        self.joining: Any = None
        """The virtual user whose script is being made; None otherwise."""

    @property
    def plan(self) -> Plan:
        """All that this run will do."""
        return self.context.plan

    @property
    def http_options(self) -> HttpOptions:
        """Defaults of every HTTP client."""
        return self.context.plan.http

    @property
    def data(self) -> Any:
        """What `@setup` returned."""
        return self.context.data

    @property
    def worker_index(self) -> int:
        """Number of this worker, from 0."""
        return self.context.index

    @property
    def worker_count(self) -> int:
        """How many workers share the load."""
        return self.context.count

    def abort(self, reason: str = "") -> NoReturn:
        """End the whole run in good order."""
        raise AbortRun(reason)

    def http_options_of(self, own: Mapping[str, Any]) -> HttpOptions:
        """The plan's HTTP options, with `own` where the plan leaves the default."""
        options = self.context.plan.http
        if not own:
            return options
        key = repr(sorted(own.items()))
        found = self._http_options.get(key)
        if found is None:
            found = merged_http(options, own)
            # Kept: clients with the very same options share what is not their own.
            self._http_options[key] = found
        return found

    def new_client(self, host: str, options: HttpOptions) -> Session:
        """An HTTP client with connections and cookies of its own."""
        from swell.http.session import Session  # noqa: PLC0415 - `import swell` must not load the HTTP client

        session = Session(self.context.hub, self.context.recorder, options, host)
        if self.events.request.listeners:
            session.on_request = self.events.request.tell_response
        return session
