"""One user of the engine as a k6 VU: takes a VU, runs the scenario's function, gives it back.

Rules: implements `engine.script.Script`. An iteration is over when the function has returned and nothing it started is
left. The rest of `minIterationDuration` is waited outside of what is measured as the iteration.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from swell.dialects.javascript import JsError
from swell.dialects.k6.inspect_requirements import seconds_of
from swell.dialects.k6.modules.grpc import end_iteration as end_streams
from swell.dialects.k6.modules.ws_state import end_iteration
from swell.engine.script import AbortRun, StopVirtualUser, UserKilled
from swell.model.plan import ArrivalRuns, ArrivalSequence, ArrivalStages

if TYPE_CHECKING:
    from swell.dialects.k6.program import K6Program
    from swell.engine.user import VirtualUser

__all__ = ["K6Script"]

_OPEN = (ArrivalStages, ArrivalRuns, ArrivalSequence)


class K6Script:
    """The script of one user. `behaviour` is the exported function."""

    __slots__ = ("_behaviour", "_closes", "_context", "_iterate", "_least", "_open", "_program", "_rest", "user", "vu")

    def __init__(self, program: K6Program, behaviour: str, user: VirtualUser) -> None:
        self._program = program
        self._behaviour = behaviour
        self.user = user
        options = program.instance.test.options
        self._least = seconds_of(options.get("minIterationDuration"))
        self._closes = bool(options.get("noVUConnectionReuse"))
        self._open = isinstance(user.workload.profile, _OPEN)
        self._rest = 0.0
        self.vu = program.instance.take_vu()
        context = self.vu.context
        assert context is not None
        self._context = context
        self._iterate: Any = None

    def start(self) -> None:
        """As `Script.start`: the VU joins the scenario."""
        vu, user = self.vu, self.user
        vu.activate(user)
        vu.retag()
        env = user.workload.env
        data = user.context.data
        self._context.call("prepare", [data, json.dumps(env) if env else None])
        self._iterate = self._context.export("iterate")

    def warm(self) -> None:
        """As `Script.warm`: nothing, since scripts name their URLs themselves."""

    def iterate(self) -> None:
        """As `Script.iterate`: one call of the scenario's function."""
        vu, user = self.vu, self.user
        vu.begin_iteration()
        self._program.begin_iteration(vu, user.workload.name)
        hub = user.hub
        begun = hub.time()
        if self._least and self._open:
            with user.iteration_scope():
                self._run()
            left = self._least - (hub.time() - begun)
            if left > 0:
                hub.sleep(left)
        else:
            self._run()
            self._rest = self._least - (hub.time() - begun) if self._least else 0.0

    def _run(self) -> None:
        program = self._program
        try:
            self._context.repeat(self._iterate, self._behaviour, self.vu.iteration)
        except JsError as error:
            cause = error.__cause__
            if isinstance(cause, (AbortRun, StopVirtualUser)):
                raise cause from None
            program.completed += 1
            raise
        except UserKilled:
            program.note_interrupted()
            raise
        finally:
            end_iteration(self._context)
            end_streams(self._context)
        program.completed += 1
        if self._closes:
            self.vu.close_connections()

    def pause(self) -> float:
        """As `Script.pause`: what is left of the shortest iteration."""
        return self._rest

    def stop(self) -> None:
        """As `Script.stop`: the VU is free for another scenario."""
        self._program.instance.give_vu(self.vu)
