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
import re
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from greenlet import getcurrent, greenlet

from swell.dialects.artillery.flow.failures import VuserFailed
from swell.dialects.artillery.flow.node.host import make_host, make_resolver
from swell.dialects.artillery.flow.values import UNDEFINED, json_text, truthy
from swell.dialects.artillery.mistakes import Place, ScriptError
from swell.dialects.javascript import JsContext, JsError, JsFunction, JsProgram, JsProgramError, Shared
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.answers import Answer
    from swell.dialects.artillery.flow.request_params import RequestParams
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.runtime.fiber import Fiber
    from swell.runtime.hub import Hub

__all__ = ["JsProcessor"]

_STEP, _BEFORE, _AFTER, _ON_ERROR, _WHILE, _IF, _TEMPLATE, _CONNECT = range(8)
_ENTRY: Final = """import bridge from "swell:artillery";
import "./artillery-first.mjs";
import * as all from {path};
export const names = JSON.stringify(bridge.take(all));
export const start = bridge.start, tick = bridge.tick, release = bridge.release;
"""
_FRAME: Final = re.compile(r"\(?((?:/|https?:)[^\s()]*:\d+)(?::\d+)?\)?")


def _at_once() -> bool:
    return True


class Call:
    """One call on its way. `text` is its result, None while there is none."""

    __slots__ = ("answer", "fiber", "name", "text", "vu")

    def __init__(self, vu: Vuser, name: str, answer: Answer | None) -> None:
        self.vu = vu
        self.name = name
        self.answer = answer
        self.text: str | None = None
        self.fiber: Fiber | None = None


class JsProcessor:
    """As `Processor`. Raises ScriptError for a file that cannot be loaded."""

    def __init__(
        self,
        path: Path,
        *,
        hub: Hub | None,
        log: Callable[[str, str], None],
        session_factory: Callable[[], Any] | None,
        test_id: str = "",
    ) -> None:
        self.hub = hub
        self.log = log
        self.session_factory = session_factory
        self.session: Any = None
        self.test_id = test_id
        self.folder = path.parent
        self.exit_code: int | None = None
        """What the processor has set as `artillery.suggestedExitCode`."""
        self.calls: dict[int, Call] = {}
        self.vus: dict[int, Vuser] = {}
        self._numbers: dict[Vuser, int] = {}
        self._last = self._last_call = 0
        self._gone: list[int] = []
        self._owner: greenlet | None = None
        self._depth = 0
        self._queue: deque[Fiber] = deque()
        self._pumping = self._closed = False
        path = Path(os.path.normpath(path.absolute()))  # a ".." would hide the entry from the resolver
        source = _ENTRY.format(path=json.dumps(str(path)))
        try:
            program = JsProgram(
                path.parent / "artillery-entry.mjs", make_host(path), make_resolver(path), source=source
            )
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
        self.names: frozenset[str] = frozenset(json.loads(self._context.export("names")))
        """The functions that the processor has."""
        if not self._context.jobs.idle:
            self._keep_pumping()

    # What flows call.

    def has(self, name: str) -> bool:
        """As `Processor.has`."""
        return name in self.names

    def step(self, vu: Vuser, name: str) -> None:
        """As `Processor.step`."""
        self._run(vu, _STEP, name)

    def before_request(self, vu: Vuser, name: str, params: RequestParams) -> None:
        """As `Processor.before_request`."""
        changed = self._run(vu, _BEFORE, name, params.text)
        if changed is not None and "r" in changed:
            params.replace(_request_of(json.loads(changed["r"])))

    def after_response(self, vu: Vuser, name: str, params: RequestParams, answer: Answer) -> None:
        """As `Processor.after_response`."""
        time = round(answer.response.row[5] * 1000.0, 3)
        self._run(vu, _AFTER, name, params.text, answer.status, params.url, time, answer=answer)

    def connect(self, vu: Vuser, name: str, params: RequestParams) -> None:
        """As `Processor.connect`."""
        changed = self._run(vu, _CONNECT, name, params.text)
        if changed is not None and "r" in changed:
            params.replace(json.loads(changed["r"]))

    def on_error(self, vu: Vuser, name: str, code: str, params: RequestParams) -> None:
        """As `Processor.on_error`."""
        if name in self.names:
            self._run(vu, _ON_ERROR, name, params.text, 0, code, 0)

    def condition(self, vu: Vuser, name: str) -> bool:
        """As `Processor.condition`."""
        result = self._run(vu, _WHILE, name)
        return result is not None and truthy(result.get("b"))

    def test(self, vu: Vuser, name: str) -> bool:
        """As `Processor.test`. A function that throws lets the request be sent."""
        try:
            result = self._run(vu, _IF, name)
        except VuserFailed:
            return True
        return result is not None and truthy(result.get("b"))

    def call(self, vu: Vuser, name: str, arguments: list[Any]) -> Any:
        """As `Processor.call`."""
        result = self._run(vu, _TEMPLATE, name, json_text(arguments))
        return UNDEFINED if result is None else result.get("b", UNDEFINED)

    def release(self, vu: Vuser) -> None:
        """As `Processor.release`."""
        number = self._numbers.pop(vu, None)
        if number is not None:
            self.vus.pop(number, None)
            self._gone.append(number)

    def close(self) -> None:
        """As `Processor.close`."""
        self._closed = True
        self._context.jobs.clear()
        self._context.jobs.wake()

    # Calls into the engine.

    def _run(  # noqa: PLR0917 - the arguments of bridge.js's start
        self,
        vu: Vuser,
        style: int,
        name: str,
        text: str = "",
        status: int = 0,
        url: str = "",
        time: float = 0,
        answer: Answer | None = None,
    ) -> dict[str, Any] | None:
        """What came of a call: changed variables are stored already. Raises VuserFailed."""
        number = self._numbers.get(vu)
        if number is None:
            self._last += 1
            number = self._numbers[vu] = self._last
            self.vus[number] = vu
        self._last_call += 1
        key = self._last_call
        call = self.calls[key] = Call(vu, name, answer)
        try:
            self._enter()
            try:
                if len(self._gone) > 100:
                    gone, self._gone = self._gone, []
                    self._context.call(self._release, (json.dumps(gone),), wait=_at_once)
                result = self._context.call(
                    self._start, (key, number, style, name, text, status, url, time), wait=_at_once
                )
            finally:
                self._leave()
            if isinstance(result, str):
                call.text = result
            elif call.text is None:
                self._wait(call)
        except JsError as error:
            raise self._failed(vu, name, error.message or error.name, str(error)) from None
        finally:
            self.calls.pop(key, None)
        return self._settle(vu, name, call.text or "")

    def _settle(self, vu: Vuser, name: str, text: str) -> dict[str, Any] | None:
        if not text:
            return None
        result = cast("dict[str, Any]", json.loads(text))
        for gone in result.get("d", ()):
            vu.variables.pop(gone, None)
        changed = result.get("v")
        if changed:
            vu.variables.update(changed)
        if "e" in result:
            raise self._failed(vu, name, str(result["e"]), f"{result.get('m') or result['e']}\n{result.get('s', '')}")
        return result

    def _failed(self, vu: Vuser, name: str, code: str, detail: str) -> VuserFailed:
        place = _FRAME.search(detail)
        where = f" ({place[1]})" if place else ""
        first = detail.split("\n", 1)[0]
        vu.warn_once(f"processor function {name}{where}: {first}")
        return vu.failure(code[:500], f"{name}{where}: {first}")

    def _wait(self, call: Call) -> None:
        """Sleep until the call is done."""
        hub = self.hub
        if hub is None:
            raise JsError("Error", f"{call.name} waits for something, which it cannot do here")
        call.fiber = current_fiber()
        self._keep_pumping()
        try:
            while call.text is None:
                hub.wait()
        finally:
            call.fiber = None

    def finished(self, key: int, text: str) -> None:
        """From bridge.js: a call that had to wait is done."""
        call = self.calls.get(key)
        if call is None or call.text is not None:
            return
        call.text = text
        if call.fiber is not None and self.hub is not None:
            self.hub.call_soon(_wake, call)

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


def _wake(call: Call) -> None:
    if call.fiber is not None:
        call.fiber.wake()


def _request_of(spec: dict[str, Any]) -> dict[str, Any]:
    """Request parameters as a hook left them; Node's Buffers are bytes."""
    body = spec.get("body")
    if isinstance(body, dict):
        found = cast("dict[str, Any]", body)
        if found.get("type") == "Buffer" and isinstance(found.get("data"), list):
            spec["body"] = bytes(found["data"])
        elif isinstance(found.get("$form"), dict):
            spec["formData"] = found["$form"]
            del spec["body"]
            headers = cast("dict[str, Any]", spec.get("headers") or {})
            spec["headers"] = {k: v for k, v in headers.items() if k.lower() != "content-type"}
    return spec


def _script_error(path: Path, error: JsProgramError | JsError) -> ScriptError:
    frame = error.frames[0] if isinstance(error, JsError) and error.frames else None
    place = Place(frame.file, frame.line) if frame is not None else Place(str(path))
    return ScriptError(f"the processor cannot be loaded: {error}", place)
