"""Scripts written into a folder, run on virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.javascript import JsContext, JsHost, JsLimits, JsProgram, Pulse, Resolver, Shared
from swell.runtime.virtual import VirtualHub

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Scripts:
    """A folder of scripts, a host and a virtual hub."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hub = VirtualHub()
        self.pulse = Pulse(self.hub)
        self.shared = Shared()
        self.printed: list[tuple[str, str]] = []

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def program(
        self, source: str, name: str = "main.js", *, resolver: Resolver | None = None, **host: Any
    ) -> JsProgram:
        self.write({name: source})
        host.setdefault("console", lambda _, level, text: self.printed.append((level, text)))
        host.setdefault("limits", JsLimits(run_seconds=30.0))
        return JsProgram(self.folder / name, JsHost(**host), resolver)

    def context(self, program: JsProgram, state: Any = None) -> JsContext:
        context = JsContext(program, hub=self.hub, state=state, shared=self.shared, pulse=self.pulse)
        context.load()
        return context

    def run(self, user: Callable[[], Any]) -> Any:
        """Run one function in a fiber; its result, or its exception."""
        outcome: list[tuple[bool, Any]] = []

        def live() -> None:
            try:
                outcome.append((True, user()))
            except BaseException as error:
                outcome.append((False, error))

        self.hub.spawn(live)
        self.hub.run()
        assert outcome, "the fiber is stuck"
        good, value = outcome[0]
        if not good:
            raise value
        return value

    def call(self, source: str, *arguments: Any, name: str = "main.js", wait: Any = "settled", **host: Any) -> Any:
        """The result of the default export of a script."""
        program = self.program(source, name, **host)
        return self.run(lambda: self.context(program).call("default", arguments, wait=wait))

    def value(self, expression: str, **host: Any) -> Any:
        """The value of one expression."""
        return self.call(f"export default () => ({expression});", **host)


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    """An empty folder for scripts."""
    return Scripts(tmp_path)
