"""One user of the engine as a VU of Artillery: runs its scenario once, counts how it went.

Rules: implements `engine.script.Script`. Each arrival is a new VU with connections, cookies and variables of its own,
and so is each iteration of a closed model. A VU is completed, or failed at its first error; one that Ctrl-C cut off is
neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.dialects.artillery.flow.failures import VuserFailed
from swell.dialects.artillery.flow.vuser import Vuser

if TYPE_CHECKING:
    from swell.dialects.artillery.program import ArtilleryProgram
    from swell.engine.user import VirtualUser

__all__ = ["VuserScript"]


class VuserScript:
    """The script of one user; `index` is that of its scenario."""

    __slots__ = ("_created", "_index", "_program", "_scenario", "user")

    def __init__(self, program: ArtilleryProgram, index: int, user: VirtualUser) -> None:
        self._program = program
        self._index = index
        self._scenario = program.test.scenarios[index]
        self._created = f"vusers.created_by_name.{self._scenario.get('name') or index}"
        self.user = user

    def start(self) -> None:
        """As `Script.start`: nothing."""

    def warm(self) -> None:
        """As `Script.warm`: nothing."""

    def iterate(self) -> None:
        """As `Script.iterate`: one VU from its creation to its end."""
        program, user = self._program, self.user
        metrics = program.metrics
        metrics.counter(self._created)
        metrics.counter("vusers.created")
        flow = program.flow
        assert flow is not None, "the worker has started"
        vuser = Vuser(
            flow,
            hub=user.hub,
            session_factory=program.session,
            metrics=metrics,
            random=user.random,
            variables=program.variables(user.id - 1 + user.iteration, user.random),
            log=program.log,
        )
        try:
            vuser.run(self._scenario)
        except VuserFailed:
            metrics.counter("vusers.failed")
            return
        metrics.counter("vusers.completed")

    def pause(self) -> float:
        """As `Script.pause`: none; think times are steps."""
        return 0.0

    def stop(self) -> None:
        """As `Script.stop`: nothing."""
