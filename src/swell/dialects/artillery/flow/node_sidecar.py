"""JavaScript processors in Node itself: one Node process for a worker, for all its VUs.

Rules: for processors that need what only Node has (`runtimes` decides). A call goes out as a line and its fiber sleeps
until the answer is there, so calls of many VUs are on their way at once. Variables go as differences and are stored
here the moment they come; a VU's `context`, and what JSON cannot carry of its variables, lives in Node until the VU
ends. A Node process that dies or hangs ends the run: nothing that follows would be the test any more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from swell.dialects.artillery.flow.http_exchange import waited
from swell.dialects.artillery.flow.js_hooks import ON_ERROR, Call, JsHooks, place_of
from swell.dialects.artillery.flow.node_process import NodeProcess
from swell.dialects.artillery.flow.node_sidecar_wire import Constants, Mirror, as_line, call_text
from swell.dialects.artillery.flow.values import json_text
from swell.dialects.artillery.mistakes import Place, ScriptError
from swell.engine.script import AbortRun, StopVirtualUser
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.runtime.hub import Hub

__all__ = ["NodeProcessor"]

_SIDECAR: Final = Path(__file__).with_name("node_sidecar.cjs")
_LOAD_LIMIT: Final = 60.0  # seconds for the code at the top of a processor
_PATIENCE: Final = 60.0  # seconds without an answer, even to "are you there?"
_CLOSE_LIMIT: Final = 5.0  # seconds for its end; the coordinator waits longer
_IDLE_LIMIT: Final = 5.0  # seconds that a call may wait while nothing is under way in Node
_NOT_FOUND: Final = re.compile(r"Cannot find (?:module|package) '([^']+)'")
_CRASHED: Final = 11  # Artillery's exit code for a worker that crashed

Result = dict[str, Any]


class NodeProcessor(JsHooks[Result]):
    """As `Processor`. Raises ScriptError for a file that cannot be loaded. Make it in a fiber.

    `command` starts Node.
    """

    def __init__(
        self,
        path: Path,
        *,
        command: list[str],
        hub: Hub,
        log: Callable[[str, str], None],
        test_id: str = "",
    ) -> None:
        super().__init__(hub, log)
        self._path = path.absolute()
        self._constants = Constants()
        self._mirrors: dict[int, Mirror] = {}
        self._greeting: Result | None = None
        self._dead = ""
        self._told = False
        self.version = ""
        """Node's own."""
        self.process = NodeProcess(hub, self, patience=_PATIENCE)
        try:
            self.process.start([*command, str(_SIDECAR), str(self._path), test_id, str(int(_IDLE_LIMIT * 1000))])
        except OSError as error:
            raise ScriptError(f"the processor needs Node, but {command[0]} cannot be started: {error}") from None
        try:
            self._load(hub)
        except BaseException:
            self.process.kill("")
            raise

    def _load(self, hub: Hub) -> None:
        place = Place(str(self._path))
        deadline = hub.time() + _LOAD_LIMIT
        while self._greeting is None and not self._dead:
            if not self.process.wait(deadline) and hub.time() >= deadline:
                raise ScriptError(f"the processor cannot be loaded in Node within {_LOAD_LIMIT:g} s", place)
        greeting = self._greeting
        if greeting is None:
            raise ScriptError(f"the processor cannot be loaded: Node {self._dead}", place)
        if "failed" in greeting:
            self.process.close(_CLOSE_LIMIT)
            file, _, line = place_of(str(greeting["stack"])).rpartition(":")
            if file:
                place = Place(file, int(line))
            raise ScriptError("the processor cannot be loaded in Node: " + _load_error(str(greeting["failed"])), place)
        self.names = frozenset(greeting["ready"])
        self.version = str(greeting["node"])

    def release(self, vu: Vuser) -> None:
        """As `Processor.release`."""
        number = self._numbers.get(vu)
        if number is not None:
            self._mirrors.pop(number, None)
        super().release(vu)

    def close(self) -> None:
        """As `Processor.close`; what Node still says is heard."""
        if not self.process.close(_CLOSE_LIMIT):
            self.log(
                "error",
                f"Error: the processor's Node process did not end within {_CLOSE_LIMIT:g} s and was killed: a function "
                "of the processor still computes",
            )
            self.exit_code = self.exit_code or _CRASHED
        elif self._dead and not self._told:
            self.log("error", f"Error: {self._dead}")

    # Calls.

    def _run(self, call: Call[Result]) -> Result | None:
        """As `JsHooks._run`."""
        if self._dead:
            raise self._over()
        hub = self.hub
        assert hub is not None
        key, number = self._begin(call)
        try:
            text = call.text if call.params is None else call.params.text
            sent = _told_of(call)
            self._send(call.vu, number, call_text(key, number, call.style, call.name, text, sent, self._gone))
            self._gone.clear()
            self.process.expect_answer()
            call.fiber = current_fiber()
            while call.result is None and not self._dead:
                hub.wait()
        finally:
            call.fiber = None
            self.calls.pop(key, None)
            if not self.calls:
                self.process.relax()
        if call.result is None:
            raise self._over()
        self._raise_error(call, call.result)
        return call.result

    def _send(self, vu: Vuser, number: int, text: str) -> None:
        """A call, with what has changed of the VU's variables."""
        mirror = self._mirrors.get(number)
        if mirror is None:
            mirror = self._mirrors[number] = Mirror()
            scenario = self._constants.number(vu.scenario)
            if scenario is None:
                scenario = self._constants.number(vu.scenario, json_text(vu.scenario), small=True)
            text += f',"n":{json_text({"uid": vu.uid, "k": scenario})}'
        if vu.websocket is not None:
            text += ',"h":1'
        text += mirror.changes(vu.variables, self._constants) + "}"
        fresh = self._constants.fresh
        if fresh:
            self.process.write(b"".join(map(as_line, fresh)))
            fresh.clear()
        self.process.write(as_line(text))

    def _over(self) -> Exception:
        """What ends a VU that Node leaves alone: the first says why, and ends the run."""
        if self._told:
            return StopVirtualUser(self._dead)
        self._told = True
        return AbortRun(self._dead)

    # What Node says: `node_process.Listener`.

    def said(self, line: bytes) -> None:
        """A message; anything else was printed by a program that the processor has started."""
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        try:
            self._take(message)
        except (KeyError, TypeError, ValueError):
            self.printed(line.decode(errors="replace"))

    def _take(self, message: Any) -> None:
        if "c" in message:
            self._answered(message)
        elif "m" in message:
            self.measured(*message["m"])
        elif "l" in message:
            level, text = message["l"]
            self.log(level, text)
        elif "x" in message:
            self.exit_code = int(message["x"])
        elif "ready" in message or "failed" in message:
            self._greeting = message

    def printed(self, text: str) -> None:
        """A line of stderr: Node's own warnings, and what native code prints."""
        self.log("log", text)

    def ended(self, how: str) -> None:
        """Node is gone before its time."""
        if self._greeting is None:
            self._dead = how
            return
        self._dead = f"the processor's Node process {how}"
        self.exit_code = _CRASHED
        hub = self.hub
        assert hub is not None
        for call in self.calls.values():
            hub.call_soon(call.wake)

    def _answered(self, message: Result) -> None:
        number = message["u"]
        vu = self.vus.get(number)
        if vu is not None:
            changed, gone = message.get("v", {}), message.get("d", ())
            for name in gone:
                vu.variables.pop(name, None)
            vu.variables.update(changed)
            self._mirrors[number].take(changed, gone)
        call: Call[Result] | None = self.calls.get(message["c"])
        if call is not None and call.result is None:
            call.result = message
            if self.hub is not None:
                self.hub.call_soon(call.wake)


def _told_of(call: Call[Result]) -> dict[str, Any] | None:
    """What Node is told of the response, or of the error."""
    if call.style == ON_ERROR:
        return {"url": call.code}
    answer = call.answer
    if answer is None:
        return None
    return {
        "status": answer.status,
        "url": answer.response.url,
        "time": waited(answer.response),
        "reason": answer.response.reason,
        "headers": answer.all_headers(),
        "body": answer.text,
    }


def _load_error(message: str) -> str:
    """Node's message with advice. What follows the first line repeats where the module was asked for."""
    first = message.split("\n", 1)[0]
    found = _NOT_FOUND.search(first)
    if found is None or found[1].startswith((".", "/", "file:")):
        return first
    parts = found[1].split("/")
    name = "/".join(parts[: 2 if found[1].startswith("@") else 1])
    return f"{first}; install it beside the processor (npm install {name})"
