"""One virtual user: its variables, its HTTP session, its way through a scenario.

Rules: made per arrival, run in the current fiber, blocking it only. Metrics are counted while it runs; a failure is
counted once (`errors.<code>`) and raised as VuserFailed; what follows from that (`vusers.failed`) is the caller's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from swell.dialects.artillery.flow.failures import VuserFailed
from swell.dialects.artillery.flow.test import FlowTest
from swell.dialects.artillery.flow.values import UNDEFINED

if TYPE_CHECKING:
    from random import Random

    from swell.dialects.artillery.flow.ws_connection import WsConnection
    from swell.dialects.artillery.metrics import MetricSink
    from swell.http.session import Session
    from swell.runtime.hub import Hub

__all__ = ["FlowTest", "Vuser", "VuserFailed"]


_environment: dict[str, str] = {}


class Vuser:
    """One virtual user. `variables` become its own; `log(level, text)` takes levels log, info, warn, debug, expect.

    `session_factory` is called at the first request. `scenario` is the one it runs, as the script has it.
    """

    __slots__ = (
        "_factory",
        "_session",
        "default_cookies_set",
        "hub",
        "log",
        "metrics",
        "random",
        "scenario",
        "test",
        "uid",
        "variables",
        "websocket",
    )

    def __init__(
        self,
        test: FlowTest,
        *,
        hub: Hub,
        session_factory: Callable[[], Session],
        metrics: MetricSink,
        random: Random,
        variables: dict[str, Any],
        log: Callable[[str, str], None],
    ) -> None:
        self.test = test
        self.hub = hub
        self.metrics = metrics
        self.random = random
        self.variables = variables
        self.log = log
        self.scenario: Mapping[str, Any] = {}
        self.uid = ""
        self.default_cookies_set = False
        self.websocket: WsConnection | None = None
        """The connection of the engine ws, also after its end."""
        self._factory = session_factory
        self._session: Session | None = None
        if not _environment:
            _environment.update(os.environ)
        variables.setdefault("$processEnvironment", _environment)
        variables.setdefault("$env", _environment)
        variables.setdefault("target", test.defaults.target)

    @property
    def session(self) -> Session:
        """The VU's HTTP client."""
        session = self._session
        if session is None:
            session = self._session = self._factory()
            defaults = self.test.defaults
            session.headers = defaults.session_headers
            session.keep_last_redirect = True
            session.max_redirects = 0
            if session.timeout != defaults.timeout:
                session.timeout = defaults.timeout
        return session

    def run(self, scenario: Mapping[str, Any]) -> None:
        """Go through the scenario's flow. Raises VuserFailed, and ValueError for a scenario that cannot be run.

        `vusers.session_length` is counted for a VU that comes through.
        """
        compiled = self.test.scenario(scenario)
        self.scenario = scenario
        self.uid = self.uid or str(uuid4())
        self.variables.setdefault("$uuid", self.uid)
        start = self.hub.time()
        try:
            for step in compiled.steps:
                step.run(self)
        finally:
            processor = self.test.processor
            if processor is not None:
                processor.release(self)
            if self._session is not None:
                self._session.close()
        self.metrics.histogram("vusers.session_length", round((self.hub.time() - start) * 1000.0, 3))

    def call(self, name: str, arguments: list[Any]) -> Any:
        """For templates: a function of the processor; UNDEFINED if it has none of this name."""
        processor = self.test.processor
        if processor is None or not processor.has(name):
            return UNDEFINED
        return processor.call(self, name, arguments)

    def failure(self, code: str, detail: str = "") -> VuserFailed:
        """Count an error; returns the exception to raise."""
        self.metrics.counter(f"errors.{code}")
        return VuserFailed(code, detail)

    def warn_once(self, text: str) -> None:
        """Tell of something that is wrong in the script, once per worker."""
        told = self.test.told
        if text not in told and len(told) < 1000:
            told.add(text)
            self.log("warn", text)
