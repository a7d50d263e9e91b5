"""JavaScript processors: one engine context per worker, with an event loop like Node's.

Rules: all VUs of a worker share one context, so that what a processor keeps at its top is shared as in Artillery, and
an arrival costs no new context (1 ms and 220 KB each). A call that ends at once, as most do, is one entry into the
engine from the VU's own fiber. A call that waits (a timer, a fetch, a promise) leaves the engine; its fiber sleeps, and
one pump fiber delivers timers and results to the context until the call is done. So no VU ever waits for another's
waiting, only for its computing. A call that can never end, because nothing is left to wait for, fails.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from greenlet import getcurrent, greenlet

from swell.dialects.artillery.flow.http_exchange import waited
from swell.dialects.artillery.flow.js_hooks import Call, JsHooks
from swell.dialects.artillery.flow.node.host import NEEDED, make_host, make_resolver, needs_node
from swell.dialects.artillery.flow.values import json_text, read_json
from swell.dialects.artillery.mistakes import Place, ScriptError
from swell.dialects.javascript import JsContext, JsError, JsFunction, JsProgram, JsProgramError, JsThrow, Shared
from swell.dialects.javascript.values import is_safe
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from swell.runtime.fiber import Fiber
    from swell.runtime.hub import Hub

__all__ = ["JsProcessor", "NeedsNode"]

_ENDED_KEPT: Final = 1000  # calls of hooks that are over
_ENTRY_NAME: Final = "artillery-entry.mjs"
_ENTRY: Final = """import bridge from "swell:artillery";
import "./artillery-first.mjs";
import * as all from {path};
export const names = JSON.stringify(bridge.take(all));
export const start = bridge.start, tick = bridge.tick, release = bridge.release;
"""


class NeedsNode(ScriptError):
    """A processor that should run in Node.

    `how`: it "imports" what fails only when it is used; it "needs" what cannot be had here at all; it "may" need it, if
    the error is no mistake in the processor.
    """

    def __init__(self, message: str, place: Place, how: Literal["imports", "needs", "may"]) -> None:
        super().__init__(message, place)
        self.how = how


class JsProcessor(JsHooks[str]):
    """As `Processor`. Raises ScriptError for a file that cannot be loaded, NeedsNode if Node may load it.

    `strict`: also for one that imports what only Node has; without it such a module fails when it is used.
    """

    def __init__(
        self,
        path: Path,
        *,
        hub: Hub | None,
        log: Callable[[str, str], None],
        session_factory: Callable[[], Any] | None,
        test_id: str = "",
        strict: bool = False,
    ) -> None:
        super().__init__(hub, log)
        self.session_factory = session_factory
        self.session: Any = None
        self.test_id = test_id
        self.folder = path.parent
        self._owner: greenlet | None = None
        self._depth = 0
        self._queue: deque[Fiber] = deque()
        self._ended: deque[int] = deque()
        self._pumping = self._closed = False
        path = Path(os.path.normpath(path.absolute()))  # a ".." would hide the entry from the resolver
        source = _ENTRY.format(path=json.dumps(str(path)))
        try:
            program = JsProgram(path.parent / _ENTRY_NAME, make_host(path), make_resolver(path), source=source)
            if strict and (found := needs_node(program)) is not None:
                raise NeedsNode(found[0], Place(*found[1:]), "imports")
            self._context = JsContext(program, hub=hub, state=self, shared=Shared())
            self._enter()
            try:
                self._context.load()
            finally:
                self._leave()
        except (JsProgramError, JsError) as error:
            raise _script_error(path, error) from None
        self._start: JsFunction = self._context.export("start")
        self._tick: JsFunction = self._context.export("tick")
        self._release: JsFunction = self._context.export("release")
        self.names = frozenset(json.loads(self._context.export("names")))
        if not self._context.jobs.idle:
            self._keep_pumping()

    def close(self) -> None:
        """As `Processor.close`."""
        self._closed = True
        self._context.jobs.clear()
        self._context.jobs.wake()

    # Calls into the engine.

    def _run(self, call: Call[str]) -> dict[str, Any] | None:
        """As `JsHooks._run`."""
        key, number = self._begin(call)
        text, told = call.text, call.code
        given: tuple[Any, ...] = (key, number, call.style, call.name, text)
        if call.answer is not None and call.params is not None:
            told = call.answer.response.url
            given += (told, call.answer.status, waited(call.answer.response))
        elif told:
            given += (told,)
        jobs = self._context.jobs
        try:
            self._enter()
            try:
                if len(self._gone) > 100:
                    gone, self._gone = self._gone, []
                    self._context.call(self._release, (json.dumps(gone),), wait="now")
                if (text.isascii() or is_safe(text)) and (not told or is_safe(told)):
                    result = self._context.repeat(self._start, *given, wait="now")
                else:
                    result = self._context.call(self._start, given, wait="now")
            finally:
                self._leave()
            if not jobs.idle:
                self._keep_pumping()  # what a function leaves behind goes on: timers, listeners
            if isinstance(result, str):
                call.result = result
            elif call.result is None:
                self._wait(call)
        except JsError as error:
            raise self._failed(call, error.message or error.name, str(error)) from None
        finally:
            if call.answer is None or jobs.idle:
                del self.calls[key]
            else:
                self._keep(key)
        return self._settle(call, call.result) if call.result else None

    def _settle(self, call: Call[str], text: str) -> dict[str, Any] | None:
        if text[0] == "r":
            return {"r": text[1:]}
        result: dict[str, Any] = read_json(text)
        variables = call.vu.variables
        if "d" in result:
            for gone in result["d"]:
                variables.pop(gone, None)
        if "v" in result:
            variables.update(result["v"])
        self._raise_error(call, result)
        return result

    def _keep(self, key: int) -> None:
        """Keep a call of a hook that is over: something that still runs may look at the response."""
        self._ended.append(key)
        if len(self._ended) > _ENDED_KEPT:
            del self.calls[self._ended.popleft()]

    def _wait(self, call: Call[str]) -> None:
        """Sleep until the call is done."""
        hub = self.hub
        if hub is None:
            raise JsError("Error", f"{call.name} waits for something, which it cannot do here")
        call.fiber = current_fiber()
        self._keep_pumping()
        try:
            while call.result is None:
                hub.wait()
        finally:
            call.fiber = None

    def finished(self, key: int, text: str) -> None:
        """From bridge.js: a call that had to wait is done."""
        call = self.calls.get(key)
        if call is None or call.result is not None:
            return
        call.result = text
        if call.fiber is not None and self.hub is not None:
            self.hub.call_soon(call.wake)

    # The event loop.

    def _keep_pumping(self) -> None:
        hub = self.hub
        if hub is None or self._closed:
            return
        if self._pumping:
            self._context.jobs.wake()
            return
        self._pumping = True
        try:
            tags = current_fiber().tags
        except RuntimeError:
            tags = None
        fiber = hub.spawn(self._pump)
        fiber.tags = tags

    def _pump(self) -> None:
        jobs, hub = self._context.jobs, self.hub
        assert hub is not None

        def nothing_due() -> bool:
            if jobs.inbox:
                return False
            due = jobs.next_due()
            return due is None or due > hub.time()

        try:
            while not self._closed:
                if jobs.idle:
                    self._fail_waiting("it never calls its callback")
                    return
                if nothing_due():
                    jobs.wait(current_fiber)
                    continue
                self._enter()
                try:
                    self._context.call(self._tick, (), wait=nothing_due)
                except JsError as error:
                    self.log("error", f"processor: {error}")
                    if jobs.idle:
                        self._fail_waiting(error.message)
                finally:
                    self._leave()
        finally:
            self._pumping = False
            while self._ended:
                del self.calls[self._ended.popleft()]

    def _fail_waiting(self, message: str) -> None:
        """Nothing is left that could end the calls that wait."""
        for key, call in list(self.calls.items()):
            if call.fiber is not None:
                self.finished(key, json_text({"e": f"processor function {call.name}: {message}"}))

    def _enter(self) -> None:
        """One fiber at a time is in the engine, also where a long computation gives the others a turn."""
        hub = self.hub
        if hub is None:
            return
        me = getcurrent()
        if self._owner is me:
            self._depth += 1
            return
        while self._owner is not None:
            me = current_fiber()
            self._queue.append(me)
            try:
                hub.wait()
            except BaseException:
                if me in self._queue:
                    self._queue.remove(me)
                else:
                    self._next()
                raise
        self._owner = me

    def _leave(self) -> None:
        if self._depth:
            self._depth -= 1
            return
        self._owner = None
        if self._queue:
            self._next()

    def _next(self) -> None:
        if self._queue and self.hub is not None:
            self.hub.call_soon(self._queue.popleft().wake)


def _script_error(path: Path, error: JsProgramError | JsError) -> ScriptError:
    frame = error.frames[0] if isinstance(error, JsError) and error.frames else None
    place = Place(frame.file, frame.line) if frame is not None else Place(str(path))
    told = "\n".join(line for line in str(error).splitlines() if _ENTRY_NAME not in line)
    message = f"the processor cannot be loaded: {told}"
    if not _may_need_node(error):
        return ScriptError(message, place)
    return NeedsNode(message, place, "needs" if NEEDED in message else "may")


def _may_need_node(error: JsProgramError | JsError) -> bool:
    """Whether the error may come of what is missing here: a module, a name, a method, a form of the language."""
    if isinstance(error, JsProgramError):
        return True
    return error.name in {"ReferenceError", "TypeError"} or isinstance(error.__cause__, JsThrow)
