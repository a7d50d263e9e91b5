"""Processors: the user's own code around requests, in JavaScript or Python, behind one face.

Rules: one processor per worker, shared by its VUs, as Artillery shares the module. What the code throws or hands to its
callback fails the VU under its message. `load_processor` picks the kind by the file's name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.answers import Answer
    from swell.dialects.artillery.flow.request_params import RequestParams
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.dialects.artillery.processors import Runtime
    from swell.runtime.hub import Hub

__all__ = ["Processor", "load_processor"]


class Processor(Protocol):
    """The functions of a processor. All but `has` may block the fiber, and raise VuserFailed, already counted."""

    def has(self, name: str) -> bool:
        """Whether there is a function of this name."""
        ...

    def step(self, vu: Vuser, name: str) -> None:
        """Call `(context, events, done)`."""
        ...

    def before_request(self, vu: Vuser, name: str, params: RequestParams) -> None:
        """Call `(request, context, events, next)`; changes of the request go into `params`."""
        ...

    def after_response(self, vu: Vuser, name: str, params: RequestParams, answer: Answer) -> None:
        """Call `(request, response, context, events, next)`."""
        ...

    def on_error(self, vu: Vuser, name: str, code: str, params: RequestParams) -> None:
        """Call `(error, request, context, events, done)`."""
        ...

    def condition(self, vu: Vuser, name: str) -> bool:
        """`whileTrue`: what `(context, next)` hands to `next`."""
        ...

    def test(self, vu: Vuser, name: str) -> bool:
        """`ifTrue`: what `(vars)` returns."""
        ...

    def connect(self, vu: Vuser, name: str, params: RequestParams) -> None:
        """Of the engine ws: call `(connection, context, done)`; changes of the connection go into `params`."""
        ...

    def call(self, vu: Vuser, name: str, arguments: list[Any]) -> Any:
        """From a template: what the function returns for these arguments; UNDEFINED for nothing."""
        ...

    def release(self, vu: Vuser) -> None:
        """This VU is over."""
        ...

    def close(self) -> None:
        """The worker is over."""
        ...


def load_processor(
    path: Path,
    *,
    hub: Hub | None,
    log: Callable[[str, str], None],
    session_factory: Callable[[], Any] | None = None,
    test_id: str = "",
    runtime: Runtime = "auto",
    note: Callable[[str], object] = lambda _: None,
) -> Processor:
    """Load a processor file for this worker; the code at its top runs now. Call it in a fiber.

    `session_factory` makes the client of `fetch` and of Node's http; `runtime` is what JavaScript runs in, and `note`
    is told if that is Node. Raises ScriptError with the place of a mistake.
    """
    if path.suffix == ".py":
        from swell.dialects.artillery.flow.python_processor import PythonProcessor  # noqa: PLC0415 - one of two

        return PythonProcessor(path, log=log)
    from swell.dialects.artillery.flow.runtimes import load_javascript  # noqa: PLC0415 - the engine is heavy

    return load_javascript(
        path, runtime=runtime, hub=hub, log=log, note=note, session_factory=session_factory, test_id=test_id
    )
